#pragma once

#include <chrono>
#include <deque>
#include <utility>

#include "lib/time/instant.h"

namespace slod {

/// By how much the engine's steps, due every second or more often, came late within the last
/// minute.
class Lateness {
 public:
  static constexpr Duration span = std::chrono::minutes(1);

  /// A step that began at `now` was due so much earlier. `now` never goes back.
  void add(Instant now, std::chrono::duration<double> late);

  /// Share of the minute before `now` that the steps in it were late by, 0 to 1.
  double ratio(Instant now) const;

 private:
  std::deque<std::pair<Instant, double>> steps_;  ///< when, and seconds late
};

}  // namespace slod
