#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// The times of one read of a source: by slod's clock, and by that of the source.
struct ReadTimes {
  Instant sent;                 ///< the request
  Instant received;             ///< the end of the answer
  std::optional<Instant> date;  ///< HTTP's Date: the source's clock, cut to whole seconds
};

/// The timestamps of a batch, as far as they say something of the source's clock.
struct StampedTimes {
  Instant newest;
  bool most_are_ahead = false;  ///< more than half of them are after the end of the read
};

/// How far the clock of one source is ahead of slod's. Each read bounds it: no timestamp is later
/// than the end of the read that brought it, and the source wrote its Date within the read. Where
/// the two contradict each other, a proxy wrote the Date, or a few series have a clock of their
/// own: the majority of the timestamps decides.
///
/// The estimate stays while the bounds of the last minutes allow it, to a second, so that it
/// changes rarely. Without a Date there is no upper bound: the estimate comes down once newer
/// timestamps have not needed it for some minutes.
class SourceClock {
 public:
  /// A larger skew is not taken off: Prometheus's own bound of timestamps ahead.
  static constexpr Duration removed_most = std::chrono::minutes(10);

  void observe(const ReadTimes& times, const std::optional<StampedTimes>& stamped);

  /// Ahead is more than zero; nullopt: no read has said anything of it yet.
  std::optional<Duration> skew() const { return skew_; }
  /// Whether the last read contradicts those before: the clock was set.
  bool was_set() const { return was_set_; }
  /// What is to be taken off its timestamps.
  Duration removed() const;

 private:
  struct Bounds {
    Duration least = Duration::min();
    Duration most = Duration::max();
  };

  static Bounds bounds_of(const ReadTimes& times, std::optional<StampedTimes> stamped);
  static Bounds common(const Bounds& a, const Bounds& b);
  void keep(const Bounds& read, Instant at);
  void estimate();

  std::optional<Duration> skew_;
  std::array<Bounds, 2> recent_;  ///< of the period that runs, and of the one before
  std::optional<Instant> period_began_;
  bool has_whole_period_ = false;
  bool was_set_ = false;
};

/// What is wrong with the clock of a source, and what to do, as a sentence; empty: nothing.
std::string clock_finding(std::string_view source, std::optional<Duration> skew);

}  // namespace slod
