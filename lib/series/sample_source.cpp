#include "lib/series/sample_source.h"

#include <bit>
#include <cstdint>

namespace slod {

bool is_stale_marker(double value) {
  return std::bit_cast<std::uint64_t>(value) == stale_marker_bits;
}

double stale_marker() {
  return std::bit_cast<double>(stale_marker_bits);
}

}  // namespace slod
