#pragma once

#include <optional>
#include <span>

#include "lib/freeze/policy.h"
#include "lib/time/instant.h"

namespace slod::freeze {

/// The freeze level of one SLO, and since when it has it.
struct Standing {
  Level level = Level::open;
  Instant since;

  bool operator==(const Standing&) const = default;
};

/// Whether `spent` brings the step's level: more than its threshold, or for a threshold of 100 %
/// and above, at least it: half a budget spent is no freeze yet, a whole one is gone. Differences
/// up to 1e-9 are rounding. No events (nullopt) spend nothing.
bool reached(const Step& step, std::optional<double> spent);

/// Whether a step holds a level that is already in force: until spent < threshold - margin.
bool holds(const Step& step, std::optional<double> spent, double thaw_margin);

/// The level at `now`: the highest one that a step brings, or that a step holds up to the
/// level in force. `spent_per_step` has one ratio of the whole budget for each step of the ladder,
/// in its order; nullopt where there were no events. `since` moves only when the level changes.
Standing next(const Standing& standing, const Policy& policy,
              std::span<const std::optional<double>> spent_per_step, Instant now);

}  // namespace slod::freeze
