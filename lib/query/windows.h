#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/query/frame.h"
#include "lib/query/functions.h"
#include "lib/series/sample_source.h"
#include "lib/time/instant.h"

namespace slod::query {

/// `at - length`, stopping at the first and the last instant there are.
inline Instant earlier(Instant at, Duration length) {
  Duration::rep result = 0;
  if (__builtin_sub_overflow(at.time_since_epoch().count(), length.count(), &result)) {
    return length.count() > 0 ? Instant::min() : Instant::max();
  }
  return Instant(Duration(result));
}

/// When a selector looks, for an evaluation time: its `@` and `offset` resolved.
class Shift {
 public:
  /// `start` and `end` are those of the whole query.
  Shift(const promql::TimeShift& shift, Instant start, Instant end);

  Instant apply(Instant evaluation) const { return earlier(fixed_.value_or(evaluation), offset_); }

 private:
  std::optional<Instant> fixed_;
  Duration offset_;
};

/// One series of a range vector, at all times that the windows of a query reach.
struct WindowedSeries {
  SampleRun samples;  ///< without stale markers
  bool drops_name = false;
};

/// Everything that is needed to look through windows at a range vector.
struct RangeVector {
  std::vector<WindowedSeries> series;
  Shift shift;
  Duration range;
  promql::Edges edges = promql::Edges::plain;
  Duration lookback{};  ///< how far beyond the edges a sample may lie, where they are not plain

  Interval window(Instant evaluation) const {
    const Instant end = shift.apply(evaluation);
    return {earlier(end, range), end};
  }
  /// The window, and what beyond its edges is looked at.
  Interval reach(Instant evaluation) const {
    const Interval inside = window(evaluation);
    if (edges == promql::Edges::plain) return inside;
    const bool is_smoothed = edges == promql::Edges::smoothed;
    return {earlier(inside.begin, lookback),
            is_smoothed ? earlier(inside.end, -lookback) : inside.end};
  }
};

/// Whether the series ended at this sample.
bool is_stale(const SampleRun& run, std::size_t index);
void drop_stale_markers(SampleRun& run);

/// A window that moves forward over the samples of one series. Refers to the series.
class SlidingWindow {
 public:
  explicit SlidingWindow(const SampleRun& run);

  /// Moves to `range`, which begins and ends no earlier than the one before.
  Window move_to(Interval range, Instant evaluation);

 private:
  bool is_reset(std::size_t index) const { return run_.values[index] < run_.values[index - 1]; }

  const SampleRun& run_;
  std::string_view metric_;
  std::vector<std::uint32_t> histograms_before_;  ///< beside the samples; empty without histograms
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t resets_ = 0;  ///< inside the window
};

/// What an instant vector selector takes from a series.
enum class Taken : std::uint8_t {
  value,  ///< the newest sample within the lookback
  time,   ///< its time, in seconds since 1970
};

/// The values of one series at all steps, on the line between the samples around each; after the
/// last sample its value. Only samples within the lookback count, on either side.
/// Neighbours that no line joins, a float and a histogram or histograms of different kinds, are
/// annotated at `position`.
Column smoothed_column(SampleRun run, const Steps& steps, const Shift& shift, Duration lookback,
                       Annotations& annotations, promql::Position position);

/// The values of one series at all steps; empty where there is none.
Column instant_column(SampleRun run, const Steps& steps, const Shift& shift, Duration lookback,
                      Taken taken);

}  // namespace slod::query
