#include "lib/sketch/bucket_quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/lib/sketch/distributions.h"

namespace slod {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> bounds = {0.1, 0.2, 0.4, 1, infinity};

TEST(BucketQuantile, InterpolatesLinearlyInsideTheBucket) {
  const std::vector<double> cumulative = {50, 90, 98, 100, 100};
  const auto median = bucket_quantile(bounds, cumulative, 0.5);
  EXPECT_EQ(median, quantile_within(0, 0.1, 0.1));
  const auto high = bucket_quantile(bounds, cumulative, 0.94);
  ASSERT_TRUE(high);
  EXPECT_DOUBLE_EQ(high->value, 0.3);
  EXPECT_EQ(high->lower, 0.2);
  EXPECT_EQ(high->upper, 0.4);
  EXPECT_DOUBLE_EQ(high->relative_error.value(), 0.1 / 0.3);
}

struct EdgeCase {
  const char* name;
  std::vector<double> bounds;
  std::vector<double> cumulative;
  double q;
  std::optional<Quantile> expected;
};

TEST(BucketQuantile, AnswersTheEdgeCasesAsPrometheusDoes) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<EdgeCase> cases = {
      {"no buckets", {}, {}, 0.5, std::nullopt},
      {"only +Inf", {infinity}, {5}, 0.5, std::nullopt},
      {"no +Inf", {1, 2}, {5, 6}, 0.5, std::nullopt},
      {"no events", {1, infinity}, {0, 0}, 0.5, std::nullopt},
      {"q too low", {1, infinity}, {1, 1}, -0.1, std::nullopt},
      {"q too high", {1, infinity}, {1, 1}, 1.1, std::nullopt},
      {"q no number", {1, infinity}, {1, 1}, nan, std::nullopt},
      {"counts no numbers", {1, infinity}, {nan, nan}, 0.5, std::nullopt},
      {"counts without end", {1, infinity}, {infinity, infinity}, 0.5, std::nullopt},
      {"in +Inf", {1, 2, infinity}, {1, 2, 10}, 0.9, quantile_within(2, 2, infinity)},
      {"all in +Inf", {1, infinity}, {0, 10}, 0.0, quantile_within(1, 1, infinity)},
      {"first bucket under 0",
       {-1, 2, infinity},
       {9, 10, 10},
       0.5,
       quantile_within(-infinity, -1, -1)},
      {"first bucket at 0", {0, 2, infinity}, {9, 10, 10}, 0.5, quantile_within(-infinity, 0, 0)},
      {"second bucket across 0", {-2, 2, infinity}, {0, 10, 10}, 0.5, quantile_within(-2, 0, 2)},
      {"q = 1", {1, 2, infinity}, {1, 2, 2}, 1.0, quantile_within(1, 2, 2)},
      {"q = 0 skips empty buckets", {1, 2, infinity}, {0, 2, 2}, 0.0, quantile_within(1, 1, 2)},
      {"falling counts", {1, 2, 4, infinity}, {4, 3, 8, 8}, 0.75, quantile_within(2, 3, 4)},
      {"rounding in counts",
       {1, 2, infinity},
       {4, 4 + 1e-12, 4 - 1e-12},
       1.0,
       quantile_within(0, 1, 1)},
      {"huge bounds",
       {-1.5e308, 1.5e308, infinity},
       {0, 4, 4},
       0.5,
       Quantile{.value = 0, .lower = -1.5e308, .upper = 1.5e308, .relative_error = {}}},
  };
  for (const EdgeCase& edge : cases) {
    SCOPED_TRACE(edge.name);
    EXPECT_EQ(bucket_quantile(edge.bounds, edge.cumulative, edge.q), edge.expected);
  }
}

TEST(BucketQuantile, ClaimsNoRelativeErrorWithoutABound) {
  EXPECT_FALSE(bucket_quantile(bounds, std::vector<double>{0, 0, 0, 0, 3}, 0.5)->relative_error);
  EXPECT_FALSE(quantile_within(-1, 0, 1).relative_error);
  EXPECT_FALSE(quantile_within(0, 0, 1).relative_error);
  EXPECT_EQ(quantile_within(0, 0, 0).relative_error, 0);
  EXPECT_EQ(quantile_within(-4, -2, -1).relative_error, 1);
}

TEST(CountAtOrBelow, IsExactAtBoundsAndLinearBetween) {
  const std::vector<double> cumulative = {50, 90, 98, 100, 103};
  EXPECT_EQ(count_at_or_below(bounds, cumulative, 0.2), 90);
  EXPECT_DOUBLE_EQ(count_at_or_below(bounds, cumulative, 0.3), 94);
  EXPECT_DOUBLE_EQ(count_at_or_below(bounds, cumulative, 0.05), 25);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, 0), 0);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, -3), 0);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, -infinity), 0);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, 1), 100);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, 50), 100) << "nothing more is known to be under";
  EXPECT_EQ(count_at_or_below(bounds, cumulative, infinity), 103);
  EXPECT_EQ(count_at_or_below(bounds, cumulative, std::nan("")), 0);
  EXPECT_EQ(count_at_or_below({}, {}, 1), 0);
}

TEST(CountAtOrBelow, KnowsNothingUnderAFirstBoundBelowZero) {
  const std::vector<double> signed_bounds = {-1, 1, infinity};
  const std::vector<double> cumulative = {4, 8, 8};
  EXPECT_EQ(count_at_or_below(signed_bounds, cumulative, -2), 0);
  EXPECT_EQ(count_at_or_below(signed_bounds, cumulative, -1), 4);
  EXPECT_EQ(count_at_or_below(signed_bounds, cumulative, 0), 6);
}

TEST(CountAtOrBelow, RepairsFallingCounts) {
  const std::vector<double> cumulative = {50, 49, 60, 60, 60};
  EXPECT_EQ(count_at_or_below(bounds, cumulative, 0.2), 50);
  EXPECT_DOUBLE_EQ(count_at_or_below(bounds, cumulative, 0.3), 55);
}

TEST(BucketQuantile, HoldsTheExactQuantileOfEveryDistribution) {
  const std::vector<double> le = {-1,   0,   0.001, 0.005, 0.01, 0.025, 0.05,    0.1,
                                  0.25, 0.5, 1,     2.5,   5,    10,    infinity};
  std::uint64_t seed = 300;
  for (const auto& distribution : sketch_test::distributions()) {
    ++seed;
    SCOPED_TRACE(distribution.name + ", seed " + std::to_string(seed));
    auto values = sketch_test::draw(distribution, seed, 2000);
    std::sort(values.begin(), values.end());
    std::vector<double> cumulative;
    for (const double bound : le) {
      const auto above = std::upper_bound(values.begin(), values.end(), bound);
      cumulative.push_back(static_cast<double>(above - values.begin()));
    }
    for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      const auto quantile = bucket_quantile(le, cumulative, q);
      ASSERT_TRUE(quantile);
      const double exact = sketch_test::exact_quantile(values, q);
      EXPECT_LE(quantile->lower, exact) << q;
      EXPECT_GE(quantile->upper, exact) << q;
      EXPECT_LE(quantile->lower, quantile->value) << q;
      EXPECT_GE(quantile->upper, quantile->value) << q;
      if (quantile->relative_error) {
        EXPECT_LE(std::fabs(exact - quantile->value),
                  *quantile->relative_error * std::fabs(quantile->value) * (1 + 1e-12));
      }
    }
    for (std::size_t i = 0; i + 1 < le.size(); ++i) {
      EXPECT_EQ(count_at_or_below(le, cumulative, le[i]), cumulative[i]);
    }
  }
}

}  // namespace
}  // namespace slod
