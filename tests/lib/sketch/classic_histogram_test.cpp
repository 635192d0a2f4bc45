#include "lib/sketch/classic_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/sketch/native_histogram_quantile.h"
#include "tests/lib/sketch/native_histogram_events.h"

namespace slod {
namespace {

using Buckets = std::vector<ClassicBucket>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void expect_same(double found, double expected) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(found)) << found;
  } else if (std::isinf(expected)) {
    EXPECT_EQ(found, expected);
  } else {
    EXPECT_NEAR(found, expected, 1e-12 * (1 + std::fabs(expected)));
  }
}

TEST(ClassicQuantile, IsWhatPrometheusComputes) {
  const Buckets positive = {{0.1, 50}, {0.2, 70}, {1, 110}, {infinity, 120}};
  const Buckets negative = {{-0.2, 10}, {-0.1, 20}, {0.3, 20}, {infinity, 30}};
  struct Case {
    Buckets buckets;
    double q;
    double quantile;
  };
  const std::vector<Case> cases = {
      {positive, 0, 0},
      {positive, 0.2, 0.048},
      {positive, 0.5, 0.15},
      {positive, 0.8, 0.72},
      {positive, 1, 1},
      {negative, 0, -0.2},
      {negative, 0.2, -0.2},
      {negative, 0.5, -0.15},
      {negative, 0.8, 0.3},
      {positive, -0.1, -infinity},
      {positive, 1.01, infinity},
      {positive, not_a_number, not_a_number},
      {{}, 0.5, not_a_number},
      {{}, -1, -infinity},
      {{{infinity, 3}}, 0.5, not_a_number},
      {{{1, 3}, {2, 4}}, 0.5, not_a_number},
      {{{1, 0}, {infinity, 0}}, 0.5, not_a_number},
      {{{infinity, 40}, {0.2, 10}, {0.1, 10}, {0.2, 10}, {0.2, 10}}, 0.5, 0.15},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.q);
    const ClassicQuantile found = classic_quantile(test.q, test.buckets);
    expect_same(found.value, test.quantile);
    EXPECT_FALSE(found.forced_monotonic || found.fixed_precision);
  }
}

TEST(ClassicQuantile, RaisesCountsThatFellAndSaysWhich) {
  const Buckets buckets = {{0.1, 20}, {1, 10}, {10, 50}, {100, 40}, {1000, 90}, {infinity, 80}};
  const std::vector<std::pair<double, double>> quantiles = {
      {0.01, 0.0045}, {0.5, 8.5}, {0.99, 979.75}};
  for (const auto& [q, expected] : quantiles) {
    const ClassicQuantile found = classic_quantile(q, buckets);
    expect_same(found.value, expected);
    EXPECT_TRUE(found.forced_monotonic);
    EXPECT_FALSE(found.fixed_precision);
    EXPECT_EQ(found.min_bucket, 1);
    EXPECT_EQ(found.max_bucket, infinity);
    EXPECT_EQ(found.max_difference, 10);
  }
}

TEST(ClassicQuantile, TakesTinyDifferencesForRounding) {
  const double more = 10 * (1 + 1e-13);
  const ClassicQuantile found = classic_quantile(1, {{1, more}, {2, 10}, {infinity, 10}});
  EXPECT_TRUE(found.fixed_precision);
  EXPECT_FALSE(found.forced_monotonic);
  EXPECT_EQ(found.value, 1);
  const ClassicQuantile rising = classic_quantile(1, {{1, 10}, {2, more}, {infinity, 20}});
  EXPECT_TRUE(rising.fixed_precision);
  EXPECT_TRUE(classic_quantile(1, {{1, 10}, {2, 9.9999}, {infinity, 10}}).forced_monotonic);
}

TEST(ClassicFraction, IsWhatPrometheusComputes) {
  const Buckets positive = {{infinity, 100}, {1, 1}, {2, 3}, {3, 6}};
  const Buckets negative = {{-3, 10}, {-2, 12}, {-1, 15}, {infinity, 100}};
  struct Case {
    Buckets buckets;
    double lower;
    double upper;
    double fraction;
  };
  const std::vector<Case> cases = {
      {positive, 0, 1.5, 0.02},
      {positive, 0.5, 2, 0.025},
      {positive, 1, 3, 0.05},
      {positive, 2, 5, 0.03},
      {positive, 4, 5, 0},
      {positive, 400, infinity, 0.94},
      {positive, -infinity, infinity, 1},
      {positive, -10, -5, 0},
      {positive, 2, 2, 0},
      {positive, 3, 2, 0},
      {positive, not_a_number, 1, not_a_number},
      {positive, 1, not_a_number, not_a_number},
      {negative, -4, -2, 0.02},
      {negative, -infinity, -1.5, 0.135},
      {negative, -infinity, infinity, 1},
      {negative, 0, 1, 0},
      {{{infinity, 100}}, 0, 1, 0},
      {{{1, 0}, {infinity, 0}}, 0, 1, not_a_number},
      {{{1, 1}, {2, 2}}, 0, 1, not_a_number},
      {{}, 0, 1, not_a_number},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(testing::Message() << test.lower << " to " << test.upper);
    expect_same(classic_fraction(test.lower, test.upper, test.buckets), test.fraction);
  }
}

TEST(ClassicHistogram, AgreesWithTheSameBucketsInANativeOne) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::vector<double> values = sketch_test::events(random, 1 + random() % 100);
    const std::vector<double> bounds =
        seed % 2 == 0 ? std::vector{0.5, 1.0, 2.0, 4.0} : std::vector{-1.0, 0.0, 0.25, 1.0};
    Buckets buckets;
    for (const double bound : {bounds[0], bounds[1], bounds[2], bounds[3], infinity}) {
      buckets.push_back({bound, static_cast<double>(std::ranges::count_if(
                                    values, [&](double value) { return value <= bound; }))});
    }
    const NativeHistogram native = sketch_test::observed(values, bounds);
    const double q = static_cast<double>(1 + random() % 998) / 999.5;
    expect_same(classic_quantile(q, buckets).value, quantile(q, native).value);
    const double lower = static_cast<double>(random() % 100) / 10 - 4;
    const double upper = lower + static_cast<double>(random() % 50) / 10;
    expect_same(classic_fraction(lower, upper, buckets), fraction(lower, upper, native).value);
  }
}

}  // namespace
}  // namespace slod
