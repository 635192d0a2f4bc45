#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace slod {

// The buckets that Prometheus's native histograms and OpenTelemetry's exponential histograms share.
// With base = 2^(2^-schema), bucket i holds (base^(i-1), base^i]. Indices are Prometheus's;
// OpenTelemetry's are one lower. A schema one lower has half as many buckets, each the union of
// two.

inline constexpr int schema_min = -4;
inline constexpr int schema_max = 8;

/// mantissas[k] is floor(2^(k/256) * 2^52) - 2^52 for k in 0..256: the bounds of the finest schema
/// within one power of two, as the mantissa bits of the largest double that is not above the bound.
extern const std::array<std::uint64_t, 257> bound_mantissas;

/// The index of the bucket of a schema `steps` lower that holds bucket `index`: index / 2^steps,
/// rounded up. steps in 0..31.
constexpr std::int64_t coarser_index(std::int64_t index, int steps) {
  return -((-index) >> steps);
}

/// The largest double that is at most base^index: the greatest value that bucket `index` holds, and
/// a strict lower bound of bucket index + 1. 0 where base^index is below every positive double, and
/// the greatest finite double where it is above.
double bucket_upper_bound(int index, int schema);

/// The index of the bucket that holds 2^exponent. schema may be up to 20, OpenTelemetry's finest.
constexpr std::int64_t index_of_power(int exponent, int schema) {
  if (schema < 0) return coarser_index(exponent, -schema);
  return std::int64_t{exponent} * (std::int64_t{1} << schema);
}

/// The lowest and the highest index that a finite double can have.
constexpr std::int64_t index_min(int schema) {
  return index_of_power(-1074, schema);
}
constexpr std::int64_t index_max(int schema) {
  return index_of_power(1024, schema);
}

}  // namespace slod
