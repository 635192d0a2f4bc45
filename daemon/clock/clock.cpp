#include "daemon/clock/clock.h"

#include <algorithm>

namespace slod {
namespace {

Instant wall_now() {
  return std::chrono::floor<Duration>(std::chrono::system_clock::now());
}

}  // namespace

Clock::Clock() : Clock(wall_now(), std::chrono::steady_clock::now()) {}

Clock::Clock(Instant wall, Steady steady) : last_(wall), last_steady_(steady) {}

Instant Clock::wall() {
  return wall_now();
}

Instant Clock::now() {
  return at(wall_now(), std::chrono::steady_clock::now());
}

Instant Clock::at(Instant wall, Steady steady) {
  const auto half = std::chrono::floor<Duration>((steady - last_steady_) / 2);
  // What is cut off here counts at the next call.
  last_steady_ += 2 * half;
  last_ = std::max(wall, last_ + half);
  ahead_ = last_ - wall;
  return last_;
}

}  // namespace slod
