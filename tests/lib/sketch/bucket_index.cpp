#include "tests/lib/sketch/bucket_index.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lib/sketch/exponential_buckets.h"

namespace slod::sketch_test {

int bucket_index(double magnitude, int schema) {
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);  // in [0.5, 1)
  const auto mantissa = static_cast<std::uint64_t>((fraction * 2 - 1) * 0x1p52);
  const auto* const bound = std::ranges::lower_bound(bound_mantissas, mantissa);
  const auto within = static_cast<int>(bound - bound_mantissas.begin());
  const int finest = (exponent - 1) * 256 + within;
  return static_cast<int>(coarser_index(finest, schema_max - schema));
}

}  // namespace slod::sketch_test
