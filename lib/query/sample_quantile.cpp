#include "lib/query/sample_quantile.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "lib/sketch/limits.h"

namespace slod::query {

double sample_quantile(double q, std::span<double> values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -infinity;
  if (q > 1) return infinity;
  std::ranges::sort(values,
                    [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(rank);
  const std::size_t upper = std::min(values.size() - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

}  // namespace slod::query
