// What counting a scrape, reading a 30-day window and working out a budget cost, and how much
// memory 30 days take at one scrape every 15 seconds.

#include "lib/slo/ledger.h"

#include <benchmark/benchmark.h>

#include "lib/slo/budget.h"

namespace slod {
namespace {

constexpr Instant first_read{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr Duration interval = std::chrono::seconds(15);
constexpr Duration window = std::chrono::days(30);

/// Reads that do not fall on the grid, as in life.
void scrape(Ledger& ledger, Instant at) {
  ledger.record({at, at + interval}, {1000, 1});
  ledger.account({at, at + interval}, 1, 0);
}

/// A ledger with more than 30 days behind it.
Ledger full_ledger() {
  Ledger ledger(interval, window);
  const Instant begin = first_read + std::chrono::seconds(4);
  ledger.begin(begin);
  for (int i = 0; i < 200'000; ++i) scrape(ledger, begin + i * interval);
  return ledger;
}

/// One scrape: its events and its time.
void BM_RecordScrape(benchmark::State& state) {
  Ledger ledger = full_ledger();
  Instant at = *ledger.observed_until();
  for (auto _ : state) {
    scrape(ledger, at);
    at += interval;
  }
  state.counters["memory_bytes"] = static_cast<double>(ledger.memory_bytes());
}
BENCHMARK(BM_RecordScrape);

/// One scrape, and taking out what it changed for the store.
void BM_RecordScrapeAndTakeChanges(benchmark::State& state) {
  Ledger ledger = full_ledger();
  Instant at = *ledger.observed_until();
  for (auto _ : state) {
    scrape(ledger, at);
    benchmark::DoNotOptimize(ledger.take_changes());
    at += interval;
  }
}
BENCHMARK(BM_RecordScrapeAndTakeChanges);

void BM_Window30d(benchmark::State& state) {
  const Ledger ledger = full_ledger();
  const Instant now = *ledger.observed_until();
  for (auto _ : state) benchmark::DoNotOptimize(ledger.over({now - window, now}));
}
BENCHMARK(BM_Window30d);

void BM_Budget(benchmark::State& state) {
  const Ledger ledger = full_ledger();
  const Instant now = *ledger.observed_until();
  const SloDefinition definition;
  for (auto _ : state) benchmark::DoNotOptimize(budget(ledger, definition, now));
}
BENCHMARK(BM_Budget);

void BM_EarliestBelow(benchmark::State& state) {
  const Ledger ledger = full_ledger();
  const Instant now = *ledger.observed_until();
  const SloDefinition definition;
  for (auto _ : state) {
    benchmark::DoNotOptimize(earliest_below(ledger, definition, 0.5, std::nullopt, now));
  }
}
BENCHMARK(BM_EarliestBelow);

}  // namespace
}  // namespace slod
