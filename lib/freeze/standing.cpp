#include "lib/freeze/standing.h"

#include <algorithm>
#include <cassert>

namespace slod::freeze {
namespace {

constexpr double rounding = 1e-9;

}  // namespace

bool reached(const Step& step, std::optional<double> spent) {
  const double ratio = spent.value_or(0);
  if (step.spent >= 1) return ratio >= step.spent - rounding;
  return ratio > step.spent + rounding;
}

bool holds(const Step& step, std::optional<double> spent, double thaw_margin) {
  return spent.value_or(0) >= step.spent - thaw_margin - rounding;
}

Standing next(const Standing& standing, const Policy& policy,
              std::span<const std::optional<double>> spent_per_step, Instant now) {
  assert(spent_per_step.size() == policy.ladder.size());
  Level level = Level::open;
  for (std::size_t i = 0; i < policy.ladder.size(); ++i) {
    const Step& step = policy.ladder[i];
    const bool in_force = step.level <= standing.level;
    if (reached(step, spent_per_step[i]) ||
        (in_force && holds(step, spent_per_step[i], policy.thaw_margin))) {
      level = std::max(level, step.level);
    }
  }
  if (level == standing.level) return standing;
  return {level, now};
}

}  // namespace slod::freeze
