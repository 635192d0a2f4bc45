#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

namespace slod {

/// A length of time in whole milliseconds: the resolution of Prometheus's timestamps.
using Duration = std::chrono::milliseconds;

/// A point in time in whole milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
using Instant = std::chrono::sys_time<Duration>;

/// The half-open stretch of time (begin, end].
struct Interval {
  Instant begin;
  Instant end;

  Duration length() const { return end - begin; }
  bool operator==(const Interval&) const = default;
};

inline double seconds(Duration duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}
inline double unix_seconds(Instant at) {
  return seconds(at.time_since_epoch());
}

/// Rounded down, before 1970 too. `by` > 0.
constexpr std::int64_t floor_divided(Duration value, Duration by) {
  const std::int64_t quotient = value / by;
  return value % by < Duration::zero() ? quotient - 1 : quotient;
}

/// Rounds to the nearest millisecond. `value` must be finite and within +-292 million years.
Duration duration_from_seconds(double value);

/// Reads Prometheus's duration syntax: units y, w, d, h, m, s, ms, each at most once and in this
/// order ("1h30m", "500ms", "0"). 1y is 365d. On error: one sentence that says what was expected.
std::expected<Duration, std::string> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads back: "30d", "1h30m", "0s".
std::string format_duration(Duration duration);

/// RFC 3339 in UTC, with milliseconds only where they are not zero: "2026-11-24T10:00:00Z".
std::string format_instant(Instant at);

/// Reads RFC 3339 with any offset ("2026-11-24T10:00:00.5+01:00"); fractions beyond milliseconds
/// are cut off.
std::expected<Instant, std::string> parse_instant(std::string_view text);

}  // namespace slod
