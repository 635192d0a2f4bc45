#include "lib/sketch/native_histogram_quantile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/lib/sketch/distributions.h"
#include "tests/lib/sketch/native_histogram_events.h"

namespace slod {
namespace {

using sketch_test::events;
using sketch_test::exact_quantile;
using sketch_test::noted;
using sketch_test::observed;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

void expect_same(double found, double expected) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(found)) << found;
  } else if (std::isinf(expected)) {
    EXPECT_EQ(found, expected);
  } else {
    EXPECT_NEAR(found, expected, 1e-9 * (1 + std::fabs(expected)));
  }
}

struct QuantileCase {
  const char* histogram;
  double q;
  double quantile;
};

TEST(HistogramQuantile, IsWhatPrometheusComputes) {
  constexpr const char* positive =
      "{{schema:-53 count:12 custom_values:[0.1 0.2 1] "
      "buckets:[5 2 4 1]}}";
  constexpr const char* negative =
      "{{schema:-53 count:3 custom_values:[-0.2 -0.1 0.3] buckets:[1 1 0 1]}}";
  const std::vector<QuantileCase> cases = {
      {"{{count:4 sum:5 buckets:[1 2 1]}}", 0.5, std::sqrt(2)},
      {"{{count:4 sum:-5 n_buckets:[1 2 1]}}", 0.5, -std::sqrt(2)},
      {"{{count:4 sum:5 buckets:[1 2 1]}}", -0.1, -infinity},
      {"{{count:4 sum:5 buckets:[1 2 1]}}", 1.1, infinity},
      {"{{count:4 sum:5 buckets:[1 2 1]}}", not_a_number, not_a_number},
      {"{{count:4 sum:5 buckets:[1 2 1]}}", 0, 0.5},
      {"{{count:4 sum:5 buckets:[1 2 1]}}", 1, 4},
      {"{{}}", 0.5, not_a_number},
      {"{{sum:1 count:1}}", 0.9, 0},
      {"{{sum:1 count:1}}", 0, not_a_number},
      {"{{count:8 buckets:[1 2 1] n_buckets:[1 2 1]}}", 0.5, 0.5},
      {"{{z_bucket:1 z_bucket_w:0.5 count:1}}", 0.5, 0},
      {"{{z_bucket:4 z_bucket_w:0.5 count:8 buckets:[4] offset:1}}", 0.25, 0.25},
      {"{{z_bucket:4 z_bucket_w:0.5 count:8 n_buckets:[4] n_offset:1}}", 0.75, -0.25},
      {positive, 0, 0},
      {positive, 0.2, 0.048},
      {positive, 0.5, 0.15},
      {positive, 0.8, 0.72},
      {positive, 1, 1},
      {negative, 0, -0.2},
      {negative, 0.2, -0.2},
      {negative, 0.5, -0.15},
      {negative, 0.8, 0.3},
      {"{{schema:-53 count:3 buckets:[3]}}", 0.5, infinity},
  };
  for (const QuantileCase& test : cases) {
    SCOPED_TRACE(std::string(test.histogram) + " at " + std::to_string(test.q));
    const HistogramQuantile found = quantile(test.q, noted(test.histogram));
    expect_same(found.value, test.quantile);
    EXPECT_FALSE(found.nan_result || found.nan_skew);
  }
}

TEST(HistogramQuantile, SaysWhenObservationsOfNaNMatter) {
  const NativeHistogram histogram = noted("{{count:4 sum:NaN buckets:[1 2]}}");
  const HistogramQuantile skewed = quantile(0.5, histogram);
  expect_same(skewed.value, std::sqrt(2));
  EXPECT_TRUE(skewed.nan_skew && !skewed.nan_result);
  const HistogramQuantile above = quantile(0.9, histogram);
  expect_same(above.value, not_a_number);
  EXPECT_TRUE(above.nan_result && !above.nan_skew);
  // A sum of NaN alone may come from infinities of both signs.
  const HistogramQuantile infinities = quantile(0.9, noted("{{count:3 sum:NaN buckets:[1 2]}}"));
  expect_same(infinities.value, std::exp2(0.85));
  EXPECT_FALSE(infinities.nan_result || infinities.nan_skew);
}

TEST(HistogramQuantile, LiesInTheBucketOfTheExactQuantile) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<double> values = events(random, 1 + random() % 300);
    const NativeHistogram histogram =
        observed(values, static_cast<int>(random() % 13) - 4, random() % 2 == 0 ? 0.001 : 0.5);
    std::ranges::sort(values);
    const double q = static_cast<double>(1 + random() % 999) / 1000;
    const double exact = exact_quantile(values, q);
    const double found = quantile(q, histogram).value;
    const auto all = ranges(histogram);
    const auto holds = std::ranges::find_if(all, [&](const NativeHistogram::Range& range) {
      return exact <= range.upper && (exact > range.lower || range.lower_inclusive);
    });
    ASSERT_NE(holds, all.end());
    EXPECT_GE(found, holds->lower - 1e-9 * std::fabs(holds->lower));
    EXPECT_LE(found, holds->upper + 1e-9 * std::fabs(holds->upper));
  }
}

TEST(HistogramFraction, IsWhatPrometheusComputes) {
  constexpr const char* exponential = "{{count:4 sum:5 buckets:[1 2 1]}}";
  constexpr const char* custom =
      "{{schema:-53 count:100 custom_values:[1 2 3] buckets:[1 2 3 94]}}";
  constexpr const char* below_zero =
      "{{schema:-53 count:100 custom_values:[-3 -2 -1] buckets:[10 2 3 85]}}";
  struct Case {
    const char* histogram;
    double lower;
    double upper;
    double fraction;
  };
  const std::vector<Case> cases = {
      {exponential, 1, 2, 0.5},
      {exponential, 0, 8, 1},
      {exponential, 1, std::sqrt(2), 0.25},
      {exponential, 2, 1, 0},
      {exponential, not_a_number, 1, not_a_number},
      {"{{}}", 0, 8, not_a_number},
      {"{{count:4 sum:-5 n_buckets:[1 2 1]}}", -std::sqrt(2), -1, 0.25},
      {"{{z_bucket:1 z_bucket_w:0.5 count:1}}", -0.5, 0, 0.5},
      {"{{z_bucket:4 z_bucket_w:0.5 count:8 buckets:[4] offset:1}}", -1, 0.25, 0.25},
      {"{{z_bucket:4 z_bucket_w:0.5 count:8 n_buckets:[4] n_offset:1}}", -0.25, 1, 0.25},
      {custom, 0, 1.5, 0.02},
      {custom, 2, 5, 0.03},
      {custom, 4, 5, 0},
      {custom, 400, infinity, 0.94},
      {custom, -infinity, infinity, 1},
      {custom, 0.5, 2, 0.025},
      {below_zero, -4, -2, 0.02},
      {below_zero, -infinity, -1.5, 0.135},
      {below_zero, 0, 1, 0},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(std::string(test.histogram) + " from " + std::to_string(test.lower));
    const HistogramFraction found = fraction(test.lower, test.upper, noted(test.histogram));
    expect_same(found.value, test.fraction);
    EXPECT_FALSE(found.nan_observed);
  }
}

TEST(HistogramFraction, LeavesOutObservationsOfNaNAndSaysSo) {
  const HistogramFraction found =
      fraction(-infinity, infinity, noted("{{count:4 sum:NaN buckets:[1 2]}}"));
  EXPECT_EQ(found.value, 0.75);
  EXPECT_TRUE(found.nan_observed);
  EXPECT_FALSE(fraction(0, 1, noted("{{count:3 sum:NaN buckets:[1 2]}}")).nan_observed);
}

TEST(HistogramFraction, IsExactBetweenBounds) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::vector<double> values = events(random, 1 + random() % 300);
    const NativeHistogram histogram = observed(values, static_cast<int>(random() % 9), 0.125);
    const double lower = std::exp2(static_cast<double>(random() % 8) - 3);
    const double upper = std::exp2(static_cast<double>(random() % 8) - 3);
    const auto inside = std::ranges::count_if(
        values, [&](double value) { return value > lower && value <= upper; });
    EXPECT_NEAR(fraction(lower, upper, histogram).value,
                static_cast<double>(inside) / histogram.count, 1e-12);
  }
}

TEST(HistogramVariance, IsWhatPrometheusComputes) {
  const NativeHistogram one_to_four =
      noted("{{schema:2 count:4 sum:10 buckets:[1 0 0 0 1 0 0 1 1]}}");
  EXPECT_EQ(average(one_to_four), 2.5);
  expect_same(variance(one_to_four), 1.163807968526718);
  expect_same(std_deviation(one_to_four), 1.0787993180043811);
  expect_same(variance(noted("{{count:10 sum:-100 n_buckets:[0 0 0 0 10]}}")), 1.725830020304794);
  expect_same(variance(noted("{{schema:-53 sum:330 count:110 custom_values:[0 0.1 0.2 1] "
                             "buckets:[0 50 20 40]}}")),
              7.527045454545455);
  expect_same(variance(noted("{{z_bucket:2 z_bucket_w:1 count:2 sum:2}}")), 1);
  expect_same(variance({}), not_a_number);
  expect_same(average({}), not_a_number);
}

}  // namespace
}  // namespace slod
