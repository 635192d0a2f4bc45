#pragma once

#include <chrono>

#include "lib/time/instant.h"

namespace slod {

/// The time that slod uses for all that it counts, decides and stores: the wall clock's, except
/// that it never runs backwards. Two things use the wall clock itself, since other machines compare
/// them with theirs: the lines of the log, and the dates of HTTP (Date, Retry-After).
///
/// It follows the steady clock and is corrected by the wall clock. When the wall clock steps ahead
/// (a suspended machine, a first synchronisation) it steps along, which the ledgers see as a gap.
/// When the wall clock steps back it runs at half speed until the two agree, since time that was
/// recorded once cannot be recorded again.
class Clock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  Clock();
  Clock(Instant wall, Steady steady);

  Instant now();
  /// The wall clock's time, which a rhythm follows: this clock's seconds may be two of them.
  static Instant wall();
  /// The time, given what the machine's clocks say. Exposed for tests.
  Instant at(Instant wall, Steady steady);
  /// How far this clock is ahead of the wall clock; more than zero after that stepped back.
  Duration ahead() const { return ahead_; }

 private:
  Instant last_;
  Steady last_steady_;
  Duration ahead_{0};
};

}  // namespace slod
