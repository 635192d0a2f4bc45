#pragma once

#include <cstdint>
#include <limits>

#include "lib/time/instant.h"

namespace slod {

/// What a new sample of one series adds: `events` in (when.begin, when.end].
struct Observation {
  enum class Kind : std::uint8_t {
    baseline,   ///< where counting begins: no events, an empty interval
    continued,  ///< the counter went on: the difference to the last sample
    born,       ///< the counter began at 0 since the last read: its value
    reset,      ///< the counter began again at 0 since the last sample: its value
    dip,        ///< lower, though the counter did not begin again: no events
  };

  std::uint32_t series = 0;  ///< an index: see SeriesBook::series
  Interval when;
  double events = 0;  ///< finite, not negative
  Kind kind = Kind::baseline;

  bool operator==(const Observation&) const = default;
};

/// Where one cumulative counter stands. The functions take a sample's value (finite, not negative)
/// and its time, remember both, and say how many events it stands for. They leave
/// Observation::series to the caller.
struct Counter {
  double value = std::numeric_limits<double>::quiet_NaN();  ///< NaN before the first sample
  Instant sampled{};                                        ///< when `value` was

  bool has_sample() const { return value == value; }

  /// The first sample of a counter that may have counted before.
  Observation baseline(double new_value, Instant at);

  /// The first sample of a counter that began at 0 after `previous`. Where that is not before
  /// `at`, which explicit timestamps make possible, the events lie in the `interval` (> 0) up to
  /// `at`, so that the stretch of time is never empty or reversed.
  Observation born(double new_value, Instant at, Instant previous, Duration interval);

  /// A further sample of a counter that went on. Preconditions: has_sample(), at > sampled,
  /// new_value >= value.
  Observation advance(double new_value, Instant at);

  /// A further sample of a counter that began again at 0 at `start`, however high it has come.
  /// Preconditions: has_sample(), sampled < start < at.
  Observation restart(double new_value, Instant at, Instant start);
};

}  // namespace slod
