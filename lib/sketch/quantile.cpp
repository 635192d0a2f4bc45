#include "lib/sketch/quantile.h"

#include <algorithm>
#include <cmath>

namespace slod {

Quantile quantile_within(double lower, double value, double upper) {
  Quantile result{.value = value, .lower = lower, .upper = upper, .relative_error = std::nullopt};
  const double distance = std::max(value - lower, upper - value);
  const double error = distance == 0 ? 0 : distance / std::fabs(value);
  if (std::isfinite(error)) result.relative_error = error;
  return result;
}

}  // namespace slod
