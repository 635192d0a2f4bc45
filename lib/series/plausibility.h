#pragma once

#include <algorithm>

#include "lib/time/instant.h"

namespace slod {

/// How much faster than recently a process may have counted.
inline constexpr double rate_factor = 10;
/// What a counter may count in a second though nothing is known of its process: one of a process
/// that began again, and one that is born in a process that went on.
inline constexpr double restarted_per_second = 1000;
inline constexpr double born_per_second = 100;

/// No counter can have counted more in this time. `rate_per_second`: what its process counted
/// recently; `per_second`: what may come on top of that. Times below a second are taken for one.
inline double most_plausible(double rate_per_second, double per_second, Duration time) {
  return (rate_factor * rate_per_second + per_second) * std::max(seconds(time), 1.0);
}

}  // namespace slod
