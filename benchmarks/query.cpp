// What dashboards ask for, from compressed samples of the last hours: an hour at 15-second steps.

#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "lib/promql/parser.h"
#include "lib/promql/walk.h"
#include "lib/query/evaluate.h"
#include "lib/query/json.h"
#include "lib/series/recent_samples.h"

namespace slod {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration interval = seconds(15);
const Instant beginning(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24));
const Instant end = beginning + hours(2);

/// 1,000 counters over 20 pods and 10 paths, and 100 classic histograms of 11 buckets.
RecentSamples samples() {
  RecentSamples store({.retention = hours(6), .bytes_max = std::size_t{1} << 30});
  std::mt19937_64 random(1);
  struct Counter {
    SampleSeries series;
    double value;
    double rate;
  };
  std::vector<Counter> counters;
  for (int i = 0; i < 1000; ++i) {
    const Labels labels{{"__name__", "http_requests_total"},
                        {"code", std::to_string(200 + (i / 20 % 5) * 100)},
                        {"instance", "10.0.0." + std::to_string(i % 20) + ":8080"},
                        {"job", "shop"},
                        {"path", "/api/v1/path-" + std::to_string(i / 100)}};
    counters.push_back({store.series(labels), 1000, 1.0 + static_cast<double>(i % 50)});
  }
  constexpr double bounds[] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10};
  for (int i = 0; i < 100; ++i) {
    for (int bucket = 0; bucket < 11; ++bucket) {
      const std::string le = bucket == 10 ? "+Inf" : std::to_string(bounds[bucket]);
      const Labels labels{{"__name__", "http_request_duration_seconds_bucket"},
                          {"instance", "10.0.0." + std::to_string(i) + ":8080"},
                          {"job", "shop"},
                          {"le", le}};
      counters.push_back({store.series(labels), 0, 2.0 * (bucket + 1)});
    }
  }
  for (Instant at = beginning; at <= end; at += interval) {
    for (Counter& counter : counters) {
      store.append(counter.series, at, counter.value);
      std::poisson_distribution<int> events(counter.rate * 15);
      counter.value += events(random);
    }
  }
  return store;
}

const RecentSamples& store() {
  static const RecentSamples made = samples();
  return made;
}

/// Parses, takes a view, evaluates and, if asked to, prints, as the API does for each request.
void ask(benchmark::State& state, const std::string& text, bool prints = false) {
  std::size_t series = 0;
  std::size_t read = 0;
  store();  // made outside of what is measured
  for (auto _ : state) {
    const auto expr = promql::parse(text);
    if (!expr) std::abort();
    std::vector<std::vector<promql::Matcher>> selections;
    for (const auto* selector : promql::selectors(**expr)) {
      selections.push_back(selector->matchers);
    }
    const auto view = store().view(selections, {end - hours(1) - promql::reach(**expr), end});
    auto result =
        query::range(**expr, text, end - hours(1), end, interval, *view, query::Options{});
    if (!result) std::abort();
    series = result->series.size();
    read = result->samples_read;
    benchmark::DoNotOptimize(result);
    std::string json;
    if (prints) query::append_open(json, *result, end);
    benchmark::DoNotOptimize(json);
  }
  state.counters["series"] = static_cast<double>(series);
  state.counters["samples"] = static_cast<double>(read);
}

void BM_Select(benchmark::State& state) {
  ask(state, "http_requests_total");
}
BENCHMARK(BM_Select)->Unit(benchmark::kMillisecond);

void BM_Rate(benchmark::State& state) {
  ask(state, "rate(http_requests_total[5m])");
}
BENCHMARK(BM_Rate)->Unit(benchmark::kMillisecond);

void BM_RateAsJson(benchmark::State& state) {
  ask(state, "rate(http_requests_total[5m])", true);
}
BENCHMARK(BM_RateAsJson)->Unit(benchmark::kMillisecond);

void BM_SumBy(benchmark::State& state) {
  ask(state, "sum by (path, code) (rate(http_requests_total[5m]))");
}
BENCHMARK(BM_SumBy)->Unit(benchmark::kMillisecond);

void BM_Ratio(benchmark::State& state) {
  ask(state,
      "sum by (path) (rate(http_requests_total{code=~\"5..\"}[5m])) / "
      "sum by (path) (rate(http_requests_total[5m]))");
}
BENCHMARK(BM_Ratio)->Unit(benchmark::kMillisecond);

void BM_HistogramQuantile(benchmark::State& state) {
  ask(state,
      "histogram_quantile(0.99, sum by (instance, le) "
      "(rate(http_request_duration_seconds_bucket[5m])))");
}
BENCHMARK(BM_HistogramQuantile)->Unit(benchmark::kMillisecond);

void BM_AvgOverTime(benchmark::State& state) {
  ask(state, "avg_over_time(http_requests_total[5m])");
}
BENCHMARK(BM_AvgOverTime)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod
