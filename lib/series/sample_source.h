#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/series/labels.h"
#include "lib/sketch/native_histogram.h"
#include "lib/time/instant.h"

namespace slod {

/// The value that marks the end of a series. A NaN with a meaning: it must be copied bit by bit and
/// never computed with. Source: Prometheus, value.StaleNaN.
inline constexpr std::uint64_t stale_marker_bits = 0x7ff0000000000002;
inline bool is_stale_marker(double value) {
  return std::bit_cast<std::uint64_t>(value) == stale_marker_bits;
}
inline double stale_marker() {
  return std::bit_cast<double>(stale_marker_bits);
}

/// A start of a sample that is not known.
inline constexpr Instant no_start{};

/// A series and its samples in a stretch of time, ascending in time.
struct SampleRun {
  Labels labels;  ///< with __name__
  std::vector<Instant> times;
  std::vector<double> values;  ///< beside `times`; stale markers included; 0 for a histogram
  /// Empty where all samples are floats; else beside `times`, null for a float.
  std::vector<HistogramPtr> histograms;
  /// Since when each sample of a counter has counted. Empty where no sample says so; else beside
  /// `times`, no_start for one that does not.
  std::vector<Instant> starts = {};
};

/// Asked now and then by what may take long: true where its result is not wanted any longer, and it
/// may return what it has. None is never true.
using IsUnwanted = std::function<bool()>;

/// Where samples for queries come from. A source is a snapshot: immutable, and safe to read from
/// any thread while newer samples arrive elsewhere.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  /// The series that satisfy all matchers and their samples with begin < time <= end; series
  /// without a sample there are left out. No two series have the same labels. Any order.
  virtual std::vector<SampleRun> select(std::span<const promql::Matcher> matchers, Interval range,
                                        const IsUnwanted& is_unwanted = {}) const = 0;

  /// The labels (with __name__) of the series that satisfy all matchers and may have a sample in
  /// [begin, end].
  virtual std::vector<Labels> series(std::span<const promql::Matcher> matchers, Interval range,
                                     const IsUnwanted& is_unwanted = {}) const = 0;
};

}  // namespace slod
