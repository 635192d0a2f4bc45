#pragma once

#include "lib/time/instant.h"

namespace slod {

/// Parts of a slice add up to it, and fractions of events to a bound, but for rounding.
inline constexpr double slice_rounding = 1e-9;

/// Whether at least half of a slice's time was read, which is what judging it takes.
inline bool is_measured(double measured_seconds, Duration slice) {
  return measured_seconds >= 0.5 * seconds(slice) * (1 - slice_rounding);
}

}  // namespace slod
