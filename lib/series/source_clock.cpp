#include "lib/series/source_clock.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace slod {
namespace {

using std::chrono::minutes;

/// For how long a read bounds the estimate, at least.
constexpr Duration period = minutes(5);
/// A clock this near is as good as slod's own.
constexpr Duration tolerance = std::chrono::seconds(1);
/// Without an upper bound: how far the estimate may be above what timestamps have needed.
constexpr Duration excess_most = std::chrono::seconds(5);

}  // namespace

SourceClock::Bounds SourceClock::bounds_of(const ReadTimes& times,
                                           std::optional<StampedTimes> stamped) {
  Bounds bounds;
  if (stamped) bounds.least = stamped->newest - times.received;
  if (!times.date) return bounds;
  const Duration most = *times.date + std::chrono::seconds(1) - times.sent;
  if (bounds.least > most) {
    if (stamped->most_are_ahead) return bounds;
    bounds.least = Duration::min();
  }
  return {std::max(bounds.least, *times.date - times.received), most};
}

SourceClock::Bounds SourceClock::common(const Bounds& a, const Bounds& b) {
  return {std::max(a.least, b.least), std::min(a.most, b.most)};
}

void SourceClock::observe(const ReadTimes& times, const std::optional<StampedTimes>& stamped) {
  if (!stamped && !times.date) return;
  keep(bounds_of(times, stamped), times.received);
  estimate();
}

void SourceClock::keep(const Bounds& read, Instant at) {
  const Bounds all = common(common(recent_[0], recent_[1]), read);
  was_set_ = all.least > all.most;
  if (was_set_) {
    recent_ = {};
    period_began_.reset();
    has_whole_period_ = false;
  }
  if (!period_began_) {
    period_began_ = at;
  } else if (at - *period_began_ >= period) {
    recent_[1] = std::exchange(recent_[0], {});
    period_began_ = at;
    has_whole_period_ = true;
  }
  recent_[0] = common(recent_[0], read);
}

void SourceClock::estimate() {
  const Bounds bounds = common(recent_[0], recent_[1]);
  const Duration current = skew_.value_or(Duration::zero());
  const bool has_most = bounds.most != Duration::max();
  const bool is_short = bounds.least != Duration::min() && current < bounds.least - tolerance;
  const bool is_long = has_most && current > bounds.most + tolerance;
  skew_ = current;
  if (is_short || is_long) {
    skew_ = has_most && bounds.least != Duration::min()
                ? bounds.least + (bounds.most - bounds.least) / 2
                : (is_short ? bounds.least : bounds.most);
    return;
  }
  const Duration needed = std::max(bounds.least, Duration::zero());
  if (!has_most && has_whole_period_ && current > needed + excess_most) skew_ = needed;
}

Duration SourceClock::removed() const {
  const Duration skew = skew_.value_or(Duration::zero());
  return skew > removed_most || skew < -removed_most ? Duration::zero() : skew;
}

std::string clock_finding(std::string_view source, std::optional<Duration> skew) {
  if (!skew || (*skew <= SourceClock::removed_most && *skew >= -SourceClock::removed_most)) {
    return {};
  }
  const bool is_ahead = *skew > Duration::zero();
  const Duration by = std::chrono::round<std::chrono::seconds>(is_ahead ? *skew : -*skew);
  return fmt::format(
      "the clock of {} is {} {} that of slod, more than the {} that slod takes off: {}; "
      "synchronise the clocks",
      source, format_duration(by), is_ahead ? "ahead of" : "behind",
      format_duration(SourceClock::removed_most),
      is_ahead ? "its timestamps are not used" : "its samples look that old");
}

}  // namespace slod
