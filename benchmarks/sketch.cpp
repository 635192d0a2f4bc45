// What counting a value, reading a quantile, and adding or subtracting a window costs.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "lib/sketch/exponential_histogram.h"

namespace slod {
namespace {

/// Latencies around 50 ms, from about 0.1 ms to 30 s: some 1,200 buckets at schema 6.
std::vector<double> latencies(std::uint64_t seed, std::size_t size) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> latency(-3, 1.5);
  std::vector<double> values(size);
  for (double& value : values) value = latency(random);
  return values;
}

ExponentialHistogram histogram_of(std::uint64_t seed) {
  ExponentialHistogram histogram;
  for (const double value : latencies(seed, 100'000)) {
    if (!histogram.insert(value)) std::abort();
  }
  return histogram;
}

void BM_Insert(benchmark::State& state) {
  const std::vector<double> values = latencies(1, 1024);
  ExponentialHistogram histogram;
  for (auto _ : state) {
    bool counted = true;
    for (const double value : values) counted &= histogram.insert(value);
    benchmark::DoNotOptimize(counted);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(values.size()));
}
BENCHMARK(BM_Insert);

void BM_Quantile(benchmark::State& state) {
  const ExponentialHistogram histogram = histogram_of(1);
  const double q = static_cast<double>(state.range(0)) / 1000;
  for (auto _ : state) benchmark::DoNotOptimize(histogram.quantile(q));
  state.counters["buckets"] = static_cast<double>(histogram.buckets());
}
BENCHMARK(BM_Quantile)->ArgName("per_mille")->Arg(10)->Arg(500)->Arg(990)->Arg(999);

void BM_Merge(benchmark::State& state) {
  ExponentialHistogram histogram = histogram_of(1);
  const ExponentialHistogram other = histogram_of(2);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.merge(other));
}
BENCHMARK(BM_Merge);

/// A window as a ledger reads it: a copy of the later state, minus the earlier one.
void BM_Subtract(benchmark::State& state) {
  const ExponentialHistogram earlier = histogram_of(1);
  ExponentialHistogram later = earlier;
  if (!later.merge(histogram_of(2))) std::abort();
  for (auto _ : state) {
    ExponentialHistogram window = later;
    benchmark::DoNotOptimize(window.subtract(earlier));
    benchmark::DoNotOptimize(window);
  }
}
BENCHMARK(BM_Subtract);

}  // namespace
}  // namespace slod
