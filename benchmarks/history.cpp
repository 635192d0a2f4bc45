// What a panel over 30 days costs whose samples are on the disk: the share of the error budget
// that is spent, of 100 SLOs, at a step of 30 minutes. And how large 30 days of their history are.

#include "lib/engine/history.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/api/recorded_samples.h"
#include "daemon/store/sqlite/sqlite_database.h"
#include "daemon/store/store.h"
#include "lib/promql/parser.h"
#include "lib/promql/walk.h"
#include "lib/query/evaluate.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr int slos = 100;
constexpr Instant begin{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr Instant end = begin + days(30);

/// The series of one SLO: what /metrics shows of it.
struct Slo {
  std::string name;
  double good = 0;
  double bad = 0;
  std::vector<double> burn = std::vector<double>(7, 1);
  double spent = 0;

  /// Five minutes with much traffic, some errors, and a burn rate for each window that wanders.
  void live(std::mt19937_64& random) {
    const double share = static_cast<double>(random() % 1000) / 1e6;
    good += static_cast<double>(20'000 + random() % 5'000);
    bad += std::floor(share * 20'000);
    double step = 0.5;
    for (double& rate : burn) {
      rate += step * (share * 2000 - rate);
      step /= 3;
    }
    spent += share / 10;
  }

  void show(std::vector<LabelledSample>& samples) const {
    const auto add = [&](const std::string& metric, double value, Labels labels = {}) {
      labels.set("__name__", metric);
      labels.set("service", "shop");
      labels.set("slo", name);
      samples.push_back({std::move(labels), value});
    };
    add("slod_slo_objective_ratio", 0.999);
    add("slod_slo_sli_ratio", good / (good + bad), Labels{{"window", "30d"}});
    add("slod_slo_budget_spent_ratio", spent);
    add("slod_slo_coverage_ratio", 1);
    add("slod_slo_events_total", good, Labels{{"outcome", "good"}});
    add("slod_slo_events_total", bad, Labels{{"outcome", "bad"}});
    for (std::size_t i = 0; i < burn.size(); ++i) {
      add("slod_slo_burn_rate", burn[i], Labels{{"window", fmt::format("{}h", i)}});
    }
  }
};

/// A state directory with the history of 30 days, removed at the end.
class State {
 public:
  State() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slod-history-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
    auto database = open_sqlite(directory_ / "slod.db");
    if (!database) return;
    std::vector<Slo> all(slos);
    for (int i = 0; i < slos; ++i) all[static_cast<std::size_t>(i)].name = fmt::format("slo{}", i);
    std::mt19937_64 random(1);
    History history;
    for (Instant at = begin; at < end; at += History::step) {
      std::vector<LabelledSample> samples;
      for (Slo& slo : all) {
        slo.live(random);
        slo.show(samples);
      }
      history.add(samples, at);
      // As often as the daemon does it, less what only bounds the loss.
      if ((at - begin) % std::chrono::hours(6) == Duration(0)) {
        is_good_ = (*database)->append(history.take_due(Instant::max())).has_value();
      }
    }
    is_good_ = is_good_ && (*database)->append(history.take_due(Instant::max())).has_value();
    store_ = std::make_unique<Store>(std::move(*database), [](const std::function<void()>&) {});
  }
  ~State() {
    if (store_) store_->close(std::chrono::seconds(30));
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool is_good() const { return is_good_; }
  Store& store() { return *store_; }
  double bytes() const { return static_cast<double>(file_size(directory_ / "slod.db")); }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Store> store_;
  bool is_good_ = false;
};

void panel(benchmark::State& state, const std::string& query, Duration step) {
  State stored;
  if (!stored.is_good()) return state.SkipWithError("cannot write the history");
  Engine engine(config::Config{}, Restored{}, end);
  RecordedSamples samples(engine, stored.store());
  std::size_t points = 0;
  for (auto _ : state) {
    const auto expr = promql::parse(query).value();
    std::vector<std::vector<promql::Matcher>> selections;
    for (const auto* selector : promql::selectors(*expr)) selections.push_back(selector->matchers);
    const auto source = samples.open(selections, {begin - minutes(5), end})({});
    const auto result = query::range(*expr, query, begin, end, step, *source, {});
    points = 0;
    for (const SampleRun& run : result->series) points += run.times.size();
    benchmark::DoNotOptimize(points);
  }
  state.counters["points"] = static_cast<double>(points);
  state.counters["bytes_per_slo_and_day"] = stored.bytes() / slos / 30;
}

void BM_Panel30d(benchmark::State& state) {
  panel(state, "slod_slo_budget_spent_ratio", minutes(30));
}
BENCHMARK(BM_Panel30d)->Unit(benchmark::kMillisecond);

void BM_Panel30dOfOneSlo(benchmark::State& state) {
  panel(state, "slod_slo_budget_spent_ratio{slo=\"slo7\"}", minutes(30));
}
BENCHMARK(BM_Panel30dOfOneSlo)->Unit(benchmark::kMillisecond);

void BM_Panel30dOfBurnRates(benchmark::State& state) {
  panel(state, "max by (slo) (slod_slo_burn_rate)", minutes(30));
}
BENCHMARK(BM_Panel30dOfBurnRates)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod
