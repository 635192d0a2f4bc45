#pragma once

#include <cmath>

namespace slod::query {

/// The greater one as PromQL has it: NaN with anything is NaN, except that infinity wins over it.
inline double maximum(double one, double other) {
  if (std::isnan(one)) return std::isinf(other) && other > 0 ? other : one;
  if (std::isnan(other)) return std::isinf(one) && one > 0 ? one : other;
  return one > other ? one : other;
}

/// The smaller one likewise: only -infinity wins over NaN.
inline double minimum(double one, double other) {
  return -maximum(-one, -other);
}

}  // namespace slod::query
