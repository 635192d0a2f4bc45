#include "lib/slo/sli/slice_value.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace slod {

double sum(const ElementValues& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

std::string unusable(const ElementValues& values, std::string_view name) {
  if (values.empty()) return fmt::format("{} has no value", name);
  const double value = sum(values);
  return std::isfinite(value) ? "" : fmt::format("{} is {}", name, value);
}

}  // namespace slod
