#include "lib/series/sample_times.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace slod {
namespace {

/// A server shows no sample that is older than its lookback, so what is further ahead of the others
/// has another clock.
constexpr Duration spread_most = std::chrono::minutes(5);

}  // namespace

void ignore_timestamps(SampleBatch& batch) {
  for (BatchSample& sample : batch.samples) {
    sample.has_timestamp = false;
    sample.at = batch.at;
  }
}

std::optional<Instant> newest_timestamp(const SampleBatch& batch) {
  std::optional<Instant> newest;
  for (const BatchSample& sample : batch.samples) {
    if (sample.has_timestamp) newest = std::max(newest.value_or(sample.at), sample.at);
  }
  return newest;
}

std::optional<StampedTimes> stamped_times(const SampleBatch& batch, Instant received) {
  const std::optional<Instant> newest = newest_timestamp(batch);
  if (!newest) return std::nullopt;
  if (*newest <= received) return StampedTimes{.newest = *newest};
  std::vector<Instant> times;
  for (const BatchSample& sample : batch.samples) {
    if (sample.has_timestamp) times.push_back(sample.at);
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>((times.size() - 1) / 2);
  std::ranges::nth_element(times, middle);
  const Instant most = *middle + spread_most;
  StampedTimes stamped{.newest = *middle, .most_are_ahead = *middle > received};
  for (const Instant at : times) {
    if (at <= most) stamped.newest = std::max(stamped.newest, at);
  }
  return stamped;
}

void remove_skew(SampleBatch& batch, Duration skew, Instant received) {
  for (BatchSample& sample : batch.samples) {
    if (!sample.has_timestamp) continue;
    sample.at -= skew;
    if (sample.start != no_start) sample.start -= skew;
    const bool is_ahead = sample.at > received;
    if (is_ahead && sample.at - received <= SourceClock::removed_most) sample.at = received;
  }
}

}  // namespace slod
