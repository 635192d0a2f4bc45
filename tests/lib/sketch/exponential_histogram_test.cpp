#include "lib/sketch/exponential_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/lib/sketch/distributions.h"

namespace slod {
namespace {

using sketch_test::distributions;
using sketch_test::draw;
using sketch_test::exact_quantile;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double largest = std::numeric_limits<double>::max();
const std::vector<double> quantiles = {0, 0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1};

ExponentialHistogram histogram_of(std::span<const double> values,
                                  ExponentialHistogram empty = ExponentialHistogram()) {
  for (const double value : values) EXPECT_TRUE(empty.insert(value)) << value;
  return empty;
}

/// Equal but for the sum, whose last bits depend on the order of adding.
void expect_same_counts(const ExponentialHistogram& one, const ExponentialHistogram& other) {
  ASSERT_EQ(one.count(), other.count());
  ASSERT_EQ(one.schema(), other.schema());
  ASSERT_EQ(one.buckets(), other.buckets());
  ASSERT_EQ(one.zero_threshold(), other.zero_threshold());
  if (std::isfinite(one.sum()) && std::isfinite(other.sum())) {
    ASSERT_NEAR(one.sum(), other.sum(), 1e-9 * std::max(1.0, std::fabs(one.sum())));
  }
  for (std::uint64_t rank = 1; rank <= 200; ++rank) {
    const double q = static_cast<double>(rank) / 200;
    ASSERT_EQ(one.quantile(q), other.quantile(q)) << q;
  }
}

TEST(ExponentialHistogram, QuantilesHoldTheExactOneWithinTheStatedError) {
  std::uint64_t seed = 100;
  for (const auto& distribution : distributions()) {
    ++seed;
    SCOPED_TRACE(distribution.name + ", seed " + std::to_string(seed));
    auto values = draw(distribution, seed, 5000);
    for (int schema = schema_min; schema <= schema_max; ++schema) {
      const auto histogram = histogram_of(values, ExponentialHistogram(schema));
      std::sort(values.begin(), values.end());
      for (const double q : quantiles) {
        const double exact = exact_quantile(values, q);
        const auto quantile = histogram.quantile(q);
        ASSERT_TRUE(quantile);
        ASSERT_LE(quantile->lower, exact) << schema << ' ' << q;
        ASSERT_GE(quantile->upper, exact) << schema << ' ' << q;
        if (exact == 0) {
          ASSERT_EQ(quantile->value, 0);
          ASSERT_FALSE(quantile->relative_error);
          continue;
        }
        const double error = std::fabs(quantile->value - exact);
        ASSERT_TRUE(quantile->relative_error);
        ASSERT_LE(error, *quantile->relative_error * std::fabs(quantile->value) * (1 + 1e-12));
        const double base = std::exp2(std::exp2(-histogram.schema()));
        ASSERT_LE(*quantile->relative_error, (std::sqrt(base) - 1) * (1 + 1e-9));
        ASSERT_LE(error, (std::sqrt(base) - 1) * (1 + 1e-9) * std::fabs(exact));
      }
    }
  }
}

TEST(ExponentialHistogram, TheDefaultErrorIsAtMost055Percent) {
  const std::uint64_t seed = 1;
  SCOPED_TRACE(seed);
  const auto values =
      draw({"latency",
            [](auto& random) { return std::lognormal_distribution<double>(-3, 1.5)(random); }},
           seed, 10000);
  const auto histogram = histogram_of(values);
  EXPECT_EQ(histogram.schema(), 6);
  for (const double q : quantiles) EXPECT_LE(histogram.quantile(q)->relative_error.value(), 0.0055);
}

TEST(ExponentialHistogram, CountsAndSumsWhatWasInserted) {
  ExponentialHistogram histogram;
  EXPECT_EQ(histogram.quantile(0.5), std::nullopt);
  EXPECT_EQ(histogram.count_below(1).upper, 0U);
  EXPECT_TRUE(histogram.insert(0.5, 3));
  EXPECT_TRUE(histogram.insert(-2));
  EXPECT_TRUE(histogram.insert(-0.0, 5));
  EXPECT_TRUE(histogram.insert(7, 0));
  EXPECT_EQ(histogram.count(), 9U);
  EXPECT_EQ(histogram.sum(), -0.5);
  EXPECT_EQ(histogram.buckets(), 2U);
  EXPECT_EQ(histogram.quantile(-0.1), std::nullopt);
  EXPECT_EQ(histogram.quantile(1.1), std::nullopt);
  EXPECT_EQ(histogram.quantile(std::nan("")), std::nullopt);
}

TEST(ExponentialHistogram, RefusesWhatItCannotCount) {
  ExponentialHistogram histogram;
  EXPECT_TRUE(histogram.insert(1, 4));
  const ExponentialHistogram before = histogram;
  EXPECT_FALSE(histogram.insert(infinity));
  EXPECT_FALSE(histogram.insert(-infinity));
  EXPECT_FALSE(histogram.insert(std::nan("")));
  EXPECT_FALSE(histogram.insert(1, std::numeric_limits<std::uint64_t>::max()));
  EXPECT_FALSE(histogram.insert(1, ExponentialHistogram::count_max - 3));
  EXPECT_EQ(histogram, before);
  EXPECT_TRUE(histogram.insert(1, ExponentialHistogram::count_max - 4));
  EXPECT_FALSE(histogram.merge(before));
  EXPECT_EQ(histogram.count(), ExponentialHistogram::count_max);
  EXPECT_EQ(histogram.quantile(1)->upper, 1);
}

TEST(ExponentialHistogram, HoldsEveryDoubleAndFallsToTheSchemaThatFits) {
  for (const std::size_t buckets_max :
       {ExponentialHistogram::buckets_max_least, ExponentialHistogram::default_buckets_max}) {
    ExponentialHistogram histogram(8, 0, buckets_max);
    const double smallest = std::numeric_limits<double>::denorm_min();
    for (const double value : {1.0, -1.0, largest, -largest, smallest, -smallest, 0.0}) {
      EXPECT_TRUE(histogram.insert(value));
    }
    EXPECT_LE(histogram.buckets(), buckets_max);
    EXPECT_EQ(histogram.schema(), buckets_max == 264 ? -4 : -2);
    EXPECT_EQ(histogram.count_below(-1).lower, 1U) << "-largest";
    EXPECT_EQ(histogram.count_below(-1).upper, 2U) << "-1 is the end of its bucket";
    EXPECT_EQ(histogram.count_below(1).lower, 6U);
    EXPECT_EQ(histogram.count_below(1).upper, 6U);
    EXPECT_EQ(histogram.quantile(0)->lower, -largest);
    EXPECT_EQ(histogram.quantile(1)->upper, largest);
    EXPECT_EQ(histogram.quantile(0.5), quantile_within(0, 0, 0));
    EXPECT_EQ(histogram.quantile(0.65)->lower, 0) << "no double is below the lowest bucket";
    EXPECT_EQ(histogram.quantile(0.65)->relative_error, 1);
  }
}

TEST(ExponentialHistogram, TheSchemaDependsOnTheValuesAndNotOnTheirOrder) {
  const std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  auto values = draw(distributions()[8], seed, 3000);
  const ExponentialHistogram empty(8, 0x1p-128, 300);
  const auto histogram = histogram_of(values, empty);
  EXPECT_LT(histogram.schema(), 0);
  for (int i = 0; i < 20; ++i) {
    std::shuffle(values.begin(), values.end(), random);
    expect_same_counts(histogram_of(values, empty), histogram);
  }
}

TEST(ExponentialHistogram, DownscalingIsInsertingAtTheLowerSchema) {
  std::uint64_t seed = 200;
  for (const auto& distribution : distributions()) {
    ++seed;
    SCOPED_TRACE(distribution.name + ", seed " + std::to_string(seed));
    const auto values = draw(distribution, seed, 1000);
    const auto finest = histogram_of(values, ExponentialHistogram(8));
    for (int schema = finest.schema(); schema >= schema_min; --schema) {
      auto downscaled = finest;
      downscaled.downscale(schema);
      ASSERT_EQ(downscaled, histogram_of(values, ExponentialHistogram(schema)));
      downscaled.downscale(8);
      ASSERT_EQ(downscaled.schema(), schema);
    }
  }
}

TEST(ExponentialHistogram, MergingIsInsertingAllAndCommutesAndAssociates) {
  const auto sources = distributions();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<double> all;
    std::vector<ExponentialHistogram> parts;
    int coarsest = schema_max;
    for (int i = 0; i < 3; ++i) {
      const int schema = static_cast<int>(random() % 13) - 4;
      coarsest = std::min(coarsest, schema);
      const auto values = draw(sources[random() % sources.size()], random(), random() % 300);
      parts.push_back(histogram_of(values, ExponentialHistogram(schema, 0x1p-128, 400)));
      all.insert(all.end(), values.begin(), values.end());
    }
    auto left = parts[0];  // (a + b) + c
    ASSERT_TRUE(left.merge(parts[1]) && left.merge(parts[2]));
    auto inner = parts[2];  // a + (c + b)
    ASSERT_TRUE(inner.merge(parts[1]));
    auto right = parts[0];
    ASSERT_TRUE(right.merge(inner));
    expect_same_counts(left, right);
    expect_same_counts(left, histogram_of(all, ExponentialHistogram(coarsest, 0x1p-128, 400)));
  }
}

TEST(ExponentialHistogram, SubtractingIsTheInverseOfMerging) {
  const auto sources = distributions();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto before = draw(sources[random() % sources.size()], random(), random() % 300);
    const auto since = draw(sources[random() % sources.size()], random(), random() % 300);
    const auto earlier = histogram_of(before);
    auto now = histogram_of(since, earlier);
    ASSERT_TRUE(now.subtract(earlier));
    auto expected = histogram_of(since);
    expected.downscale(now.schema());
    ASSERT_EQ(now.count(), expected.count());
    for (const double q : quantiles) ASSERT_EQ(now.quantile(q), expected.quantile(q));
    if (since.empty()) {
      ASSERT_EQ(now.sum(), 0);
    }
  }
}

TEST(ExponentialHistogram, SubtractsOnlyAnEarlierState) {
  const auto one = histogram_of(std::vector<double>{1, 2, 3, -1, 0});
  const std::vector<ExponentialHistogram> others = {
      histogram_of(std::vector<double>{1, 1}),
      histogram_of(std::vector<double>{-1, -1}),
      histogram_of(std::vector<double>{0, 0}),
      histogram_of(std::vector<double>{4}),
      histogram_of(std::vector<double>{0.5}),
      histogram_of(std::vector<double>{-3}),
      histogram_of(std::vector<double>{1, 1.01}, ExponentialHistogram(2)),
  };
  for (const auto& other : others) {
    auto now = one;
    const auto result = now.subtract(other);
    ASSERT_FALSE(result);
    EXPECT_TRUE(result.error().starts_with("expected an earlier state")) << result.error();
    EXPECT_EQ(now, one);
  }
  auto now = one;
  EXPECT_TRUE(now.subtract(now));
  EXPECT_EQ(now, ExponentialHistogram());
}

TEST(ExponentialHistogram, MergesWithItself) {
  auto histogram = histogram_of(std::vector<double>{1, 2, -3, 0});
  ASSERT_TRUE(histogram.merge(histogram));
  EXPECT_EQ(histogram, histogram_of(std::vector<double>{1, 2, -3, 0, 1, 2, -3, 0}));
}

TEST(ExponentialHistogram, TheWiderZeroBucketTakesInWhatItReaches) {
  const std::vector<double> values = {0.001, 0.3, 0.7, -0.3, 5};
  auto narrow = histogram_of(values);
  auto wide = ExponentialHistogram(6, 0.5);
  EXPECT_TRUE(wide.insert(0.4));
  auto other_way = wide;
  ASSERT_TRUE(narrow.merge(wide));
  EXPECT_EQ(narrow.zero_threshold(), 0.5);
  EXPECT_EQ(narrow.count(), 6U);
  EXPECT_EQ(narrow.count_below(0.5).lower, 4U);
  EXPECT_EQ(narrow.count_below(-0.5).lower, 0U);
  EXPECT_EQ(narrow.count_below(-0.51).upper, 0U);
  ASSERT_TRUE(other_way.merge(histogram_of(values)));
  expect_same_counts(narrow, other_way);

  auto coarse = ExponentialHistogram(0, 0x1p-128);
  EXPECT_TRUE(coarse.insert(0.7));  // shares (0.5, 1] with the threshold below
  ASSERT_TRUE(coarse.merge(ExponentialHistogram(0, 0.6)));
  EXPECT_EQ(coarse.zero_threshold(), 1);
  EXPECT_EQ(coarse.quantile(0.5), quantile_within(-1, 0, 1));
  EXPECT_TRUE(coarse.insert(-0.9));
  EXPECT_EQ(coarse.buckets(), 0U);
}

TEST(ExponentialHistogram, CountsBelowABoundAreExactAndElsewhereAnInterval) {
  std::uint64_t seed = 400;
  for (const auto& distribution : distributions()) {
    ++seed;
    SCOPED_TRACE(distribution.name + ", seed " + std::to_string(seed));
    auto values = draw(distribution, seed, 2000);
    const auto histogram = histogram_of(values, ExponentialHistogram(4));
    std::sort(values.begin(), values.end());
    const auto exact = [&values](double at) {
      const auto above = std::upper_bound(values.begin(), values.end(), at);
      return static_cast<std::uint64_t>(above - values.begin());
    };
    for (std::size_t i = 0; i < values.size(); i += 7) {
      for (const double at : {values[i], values[i] * 1.003, -values[i]}) {
        const CountBelow count = histogram.count_below(at);
        ASSERT_LE(count.lower, exact(at)) << at;
        ASSERT_GE(count.upper, exact(at)) << at;
        ASSERT_LE(static_cast<double>(count.lower), count.estimate) << at;
        ASSERT_GE(static_cast<double>(count.upper), count.estimate) << at;
      }
      if (values[i] <= 0) continue;
      const int index = bucket_index(values[i], histogram.schema());
      const double bound = bucket_upper_bound(index, histogram.schema());
      ASSERT_EQ(histogram.count_below(bound).lower, exact(bound));
      ASSERT_EQ(histogram.count_below(bound).upper, exact(bound));
    }
    EXPECT_EQ(histogram.count_below(infinity).lower, values.size());
    EXPECT_EQ(histogram.count_below(largest).lower, values.size());
    EXPECT_EQ(histogram.count_below(-infinity).upper, 0U);
    EXPECT_EQ(histogram.count_below(std::nan("")).upper, 0U);
  }
}

TEST(ExponentialHistogram, InterpolatesCountsExponentiallyAndLinearlyAroundZero) {
  ExponentialHistogram histogram(0, 0.5);
  EXPECT_TRUE(histogram.insert(3, 100));
  EXPECT_TRUE(histogram.insert(-3, 100));
  EXPECT_TRUE(histogram.insert(0, 10));
  EXPECT_DOUBLE_EQ(histogram.count_below(-2 * std::sqrt(2)).estimate, 50);
  EXPECT_EQ(histogram.count_below(-2).estimate, 100);
  EXPECT_DOUBLE_EQ(histogram.count_below(0).estimate, 105);
  EXPECT_EQ(histogram.count_below(0.5).lower, 110U);
  EXPECT_DOUBLE_EQ(histogram.count_below(2 * std::sqrt(2)).estimate, 160);
  EXPECT_EQ(histogram.count_below(4).lower, 210U);
}

TEST(ExponentialHistogram, KeepsASumThatLeftTheRangeOfDouble) {
  auto histogram = histogram_of(std::vector<double>{largest, largest});
  EXPECT_EQ(histogram.sum(), infinity);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_TRUE(std::isfinite(histogram.quantile(0.5)->value));
}

}  // namespace
}  // namespace slod
