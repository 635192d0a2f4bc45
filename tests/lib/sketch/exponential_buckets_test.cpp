#include "lib/sketch/exponential_buckets.h"

#include <gtest/gtest.h>

#include <boost/multiprecision/cpp_int.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "tests/lib/sketch/bucket_index.h"

namespace slod {
namespace {

using boost::multiprecision::cpp_int;
using sketch_test::bucket_index;

constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(ExponentialBuckets, BoundsAreTheLargestDoublesNotAboveTheRoots) {
  // (2^52 + m) / 2^52 <= 2^(k/256) < (2^52 + m + 1) / 2^52, raised to the power of 256.
  for (unsigned k = 0; k < bound_mantissas.size(); ++k) {
    const cpp_int bound = (cpp_int(1) << 52) + bound_mantissas[k];
    const cpp_int root = cpp_int(1) << (52 * 256 + k);
    EXPECT_LE(pow(bound, 256), root) << k;
    EXPECT_LT(root, pow(bound + 1, 256)) << k;
  }
}

TEST(ExponentialBuckets, BoundsAreUpperInclusiveToTheLastBit) {
  for (int schema = schema_min; schema <= schema_max; ++schema) {
    const auto first = static_cast<int>(index_of_power(-1022, schema));
    for (int index = first; index < index_max(schema); ++index) {
      const double bound = bucket_upper_bound(index, schema);
      if (bound < 0x1p-1022) continue;
      ASSERT_EQ(bucket_index(std::nextafter(bound, 0), schema), index) << schema;
      ASSERT_EQ(bucket_index(bound, schema), index) << schema;
      ASSERT_EQ(bucket_index(std::nextafter(bound, infinity), schema), index + 1) << schema;
    }
  }
}

TEST(ExponentialBuckets, APowerOfTwoIsTheUpperBoundOfItsBucket) {
  for (int schema = schema_min; schema <= schema_max; ++schema) {
    for (int exponent = -1074; exponent < 1024; ++exponent) {
      const double power = std::ldexp(1.0, exponent);
      const auto index = static_cast<int>(index_of_power(exponent, schema));
      ASSERT_EQ(bucket_index(power, schema), index) << schema << ' ' << exponent;
      const bool is_bound = schema >= 0 || exponent % (1 << -schema) == 0;
      if (is_bound) {
        ASSERT_EQ(bucket_upper_bound(index, schema), power) << schema;
        if (exponent >= -1022) {
          ASSERT_EQ(bucket_index(std::nextafter(power, infinity), schema), index + 1) << schema;
        }
      }
    }
  }
}

TEST(ExponentialBuckets, ExtremesHaveTheExtremeIndices) {
  constexpr double largest = std::numeric_limits<double>::max();
  constexpr double smallest = std::numeric_limits<double>::denorm_min();
  for (int schema = schema_min; schema <= schema_max; ++schema) {
    EXPECT_EQ(bucket_index(largest, schema), index_max(schema));
    EXPECT_EQ(bucket_index(smallest, schema), index_min(schema));
    EXPECT_EQ(bucket_upper_bound(static_cast<int>(index_max(schema)), schema), largest);
    EXPECT_EQ(bucket_upper_bound(static_cast<int>(index_min(schema)) - 1, schema), 0);
  }
  EXPECT_EQ(index_min(-4), -67);
  EXPECT_EQ(index_max(-4), 64);
}

/// base^(index-1) < value <= base^index, by the 2^schema-th power of the value's 53 bits.
bool exactly_inside(double value, int index, int schema) {
  int exponent = 0;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(std::frexp(value, &exponent), 53));
  const int powers = 1 << schema;
  const cpp_int power = pow(cpp_int(mantissa), static_cast<unsigned>(powers));
  const auto at_most = [&](int bound) {  // value^powers <= 2^bound
    const int shift = bound - (exponent - 53) * powers;
    return shift >= 0 && power <= (cpp_int(1) << static_cast<unsigned>(shift));
  };
  return at_most(index) && !at_most(index - 1);
}

TEST(ExponentialBuckets, IndicesAreTheRationalOraclesOnRandomBits) {
  const std::uint64_t seed = 20261;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t bits = random() >> 1;
    const double value = std::bit_cast<double>(i % 10 == 0 ? bits >> 12 : bits);  // some subnormal
    if (!std::isfinite(value) || value == 0) continue;
    const int schema = i % (schema_max + 1);
    ASSERT_TRUE(exactly_inside(value, bucket_index(value, schema), schema)) << value;
  }
}

TEST(ExponentialBuckets, CoarserSchemasUniteWholeBuckets) {
  const std::uint64_t seed = 20262;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random() >> 1);
    if (!std::isfinite(value) || value == 0) continue;
    for (int schema = schema_min; schema < schema_max; ++schema) {
      ASSERT_EQ(coarser_index(bucket_index(value, schema + 1), 1), bucket_index(value, schema));
    }
  }
}

}  // namespace
}  // namespace slod
