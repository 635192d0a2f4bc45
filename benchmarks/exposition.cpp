// How fast one source's page becomes events, in the steady state: the same series as on the page
// before, with other values. The page is what exporters print: a node exporter, a Go process and
// an HTTP server's histograms, repeated with other labels until it has 10 MB.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/exposition/text.h"
#include "lib/promql/selector.h"
#include "lib/series/demand.h"
#include "lib/series/scraped_source.h"

namespace slod {
namespace {

constexpr std::size_t page_bytes = 10'000'000;
constexpr std::uint64_t reads = 8;  ///< of one process

/// Deterministic values that grow with `read`, of the lengths that counters have.
class Values {
 public:
  explicit Values(std::uint64_t read) : read_(read) {}
  std::uint64_t count() { return next() % 9'000'000 + read_ * 1000; }
  double real() { return static_cast<double>(next() % 900'000'000 + read_ * 1000) / 1000; }

 private:
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 16;
  }

  std::uint64_t read_;
  std::uint64_t state_ = 1;
};

void family(std::string& page, std::string_view name, std::string_view type) {
  fmt::format_to(std::back_inserter(page), "# HELP {0} The {0} of this process.\n# TYPE {0} {1}\n",
                 name, type);
}

void node(std::string& page, int round, Values& values) {
  const auto out = std::back_inserter(page);
  family(page, fmt::format("node{}_cpu_seconds_total", round), "counter");
  for (int cpu = 0; cpu < 16; ++cpu) {
    for (const auto mode :
         {"idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"}) {
      fmt::format_to(out, "node{}_cpu_seconds_total{{cpu=\"{}\",mode=\"{}\"}} {}\n", round, cpu,
                     mode, values.real());
    }
  }
  for (const auto what : {"avail_bytes", "files", "files_free", "free_bytes", "size_bytes"}) {
    family(page, fmt::format("node{}_filesystem_{}", round, what), "gauge");
    for (int disk = 0; disk < 12; ++disk) {
      fmt::format_to(out,
                     "node{}_filesystem_{}{{device=\"/dev/nvme{}n1p1\",fstype=\"ext4\","
                     "mountpoint=\"/var/lib/volumes/{}\"}} {:.6e}\n",
                     round, what, disk, disk, values.real());
    }
  }
}

void go_process(std::string& page, int round, Values& values) {
  const auto out = std::back_inserter(page);
  for (const auto what : {"alloc_bytes_total", "frees_total", "gc_cpu_fraction", "mallocs_total",
                          "lookups_total", "heap_objects", "next_gc_bytes", "sys_bytes"}) {
    const std::string name = fmt::format("go{}_memstats_{}", round, what);
    family(page, name, "counter");
    fmt::format_to(out, "{} {}\n", name, values.count());
  }
}

void http_histogram(std::string& page, std::string_view metric, int round, Values& values) {
  constexpr std::array<std::string_view, 12> bounds{
      "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"};
  const auto out = std::back_inserter(page);
  family(page, metric, "histogram");
  for (const auto method : {"GET", "POST"}) {
    for (const auto code : {"200", "404", "500"}) {
      const std::string labels = fmt::format(
          "code=\"{}\",handler=\"/api/v1/resource-{}/items\",method=\"{}\"", code, round, method);
      std::uint64_t count = values.count();
      for (const auto bound : bounds) {
        count += 17;
        fmt::format_to(out, "{}_bucket{{{},le=\"{}\"}} {}\n", metric, labels, bound, count);
      }
      fmt::format_to(out, "{0}_sum{{{1}}} {2}\n{0}_count{{{1}}} {3}\n", metric, labels,
                     values.real(), count);
    }
  }
}

constexpr std::string_view rare_metric = "demanded_duration_seconds";

std::string make_page(std::uint64_t read) {
  std::string page;
  Values values(read);
  for (int round = 0; page.size() < page_bytes; ++round) {
    node(page, round, values);
    go_process(page, round, values);
    http_histogram(page, "http_request_duration_seconds", round, values);
    http_histogram(page, fmt::format("rpc{}_request_duration_seconds", round), round, values);
    if (round % 23 == 0) http_histogram(page, rare_metric, round, values);
  }
  return page;
}

/// The metrics of a page whose names begin with `prefix`.
std::set<std::string> metrics_of(const std::string& page, std::string_view prefix) {
  std::set<std::string> metrics;
  TextReader reader(page, [&](std::string_view metric) { return metric.starts_with(prefix); });
  TextSample sample;
  while (reader.next({}, sample).value()) metrics.emplace(sample.metric);
  return metrics;
}

void read_pages(benchmark::State& state, std::string_view demanded_prefix) {
  std::vector<std::string> pages;
  for (std::uint64_t read = 0; read < reads; ++read) pages.push_back(make_page(read));
  std::vector<promql::Selector> selectors;
  for (const auto& metric : metrics_of(pages[0], demanded_prefix)) {
    selectors.push_back({.metric = metric, .matchers = {}});
  }
  const auto demand = std::make_shared<const Demand>(std::move(selectors));
  Instant at(std::chrono::hours(24));
  std::optional<ScrapedSource> source;
  BatchResult first;
  // A new process, so that all counters rise from one page to the next.
  const auto begin = [&] {
    source.emplace(
        demand, SourceOptions{.target_labels = {{"instance", "10.0.0.1:9100"}, {"job", "node"}}});
    first = source->record_page(pages[0], at).value();
  };
  std::size_t bytes = 0;
  std::size_t next = pages.size();
  for (auto _ : state) {
    if (next == pages.size()) {
      state.PauseTiming();
      begin();
      next = 1;
      state.ResumeTiming();
    }
    at += std::chrono::seconds(15);
    auto result = source->record_page(pages[next], at);
    benchmark::DoNotOptimize(result);
    bytes += pages[next++].size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["samples"] = static_cast<double>(first.batch.exposed);
  state.counters["demanded"] = static_cast<double>(first.demanded);
}

void BM_OneInHundredDemanded(benchmark::State& state) {
  read_pages(state, rare_metric);
}
BENCHMARK(BM_OneInHundredDemanded)->Unit(benchmark::kMillisecond);

void BM_AllDemanded(benchmark::State& state) {
  read_pages(state, "");
}
BENCHMARK(BM_AllDemanded)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slod
