#include "lib/sketch/native_histogram_sum.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>
#include <vector>

#include "tests/lib/sketch/native_histogram_events.h"

namespace slod {
namespace {

using sketch_test::events;
using sketch_test::expect_near;
using sketch_test::noted;
using sketch_test::observed;
using ResetHint = NativeHistogram::ResetHint;

TEST(HistogramAddition, AddsBucketByBucket) {
  const auto sum = add(noted("{{sum:4 count:4 buckets:[1 2 1]}}"),
                       noted("{{sum:2 count:3 buckets:[1 1] offset:2 n_buckets:[1]}}"));
  ASSERT_TRUE(sum);
  expect_near(sum->histogram, noted("{{sum:6 count:7 buckets:[1 2 2 1] n_buckets:[1]}}"));
  EXPECT_FALSE(sum->reset_collision);
  EXPECT_FALSE(sum->bounds_reconciled);
}

TEST(HistogramAddition, SubtractsBelowZero) {
  const auto difference =
      subtract(noted("{{sum:4 count:4 z_bucket:1 z_bucket_w:0.1 buckets:[1 2]}}"),
               noted("{{sum:5 count:6 z_bucket:3 z_bucket_w:0.1 buckets:[1 1 1]}}"));
  ASSERT_TRUE(difference);
  expect_near(difference->histogram,
              noted("{{sum:-1 count:-2 z_bucket:-2 z_bucket_w:0.1 buckets:[0 1 -1]}}"));
}

TEST(HistogramAddition, RefusesToMixCustomAndExponentialBuckets) {
  const NativeHistogram exponential = noted("{{count:1 buckets:[1]}}");
  const NativeHistogram custom = noted("{{schema:-53 count:1 custom_values:[5] buckets:[1]}}");
  EXPECT_EQ(add(exponential, custom).error(),
            "expected a histogram with exponential buckets, found custom ones");
  EXPECT_EQ(subtract(custom, exponential).error(),
            "expected a histogram with custom buckets, found exponential ones");
  HistogramSum sum(exponential);
  HistogramMean mean(exponential);
  EXPECT_FALSE(sum.add(custom));
  EXPECT_FALSE(mean.add(custom));
  EXPECT_EQ(sum.total(), exponential);
}

TEST(HistogramAddition, KeepsTheBoundsThatBothHave) {
  const auto sum = add(noted("{{schema:-53 count:10 custom_values:[1 2 5] buckets:[1 2 3 4]}}"),
                       noted("{{schema:-53 count:6 custom_values:[2 3 5 9] buckets:[1 0 2 2 1]}}"));
  ASSERT_TRUE(sum);
  EXPECT_TRUE(sum->bounds_reconciled);
  expect_near(sum->histogram, noted("{{schema:-53 count:16 custom_values:[2 5] buckets:[4 5 7]}}"));
  const auto nothing_shared = add(noted("{{schema:-53 count:1 custom_values:[1] buckets:[1]}}"),
                                  noted("{{schema:-53 count:1 custom_values:[2] buckets:[1]}}"));
  ASSERT_TRUE(nothing_shared);
  expect_near(nothing_shared->histogram, noted("{{schema:-53 count:2 buckets:[2]}}"));
}

TEST(HistogramAddition, CombinesHints) {
  struct Case {
    ResetHint one;
    ResetHint other;
    ResetHint combined;
    bool collision;
  };
  using enum ResetHint;
  const std::vector<Case> cases = {
      {unknown, unknown, unknown, false},   {unknown, reset, unknown, false},
      {unknown, not_reset, unknown, false}, {unknown, gauge, gauge, false},
      {reset, reset, reset, false},         {reset, not_reset, unknown, true},
      {reset, gauge, gauge, false},         {not_reset, not_reset, not_reset, false},
      {not_reset, gauge, gauge, false},     {gauge, gauge, gauge, false}};
  for (const Case& test : cases) {
    for (const auto& [one, other] :
         {std::pair(test.one, test.other), std::pair(test.other, test.one)}) {
      for (const auto& combine : {add, subtract}) {
        const auto sum = combine({.hint = one}, {.hint = other});
        ASSERT_TRUE(sum);
        EXPECT_EQ(sum->histogram.hint, test.combined);
        EXPECT_EQ(sum->reset_collision, test.collision);
      }
    }
  }
}

TEST(HistogramSum, RemembersContradictingHintsOfAll) {
  HistogramSum sum({.hint = ResetHint::reset});
  ASSERT_TRUE(sum.add({.hint = ResetHint::unknown}));
  EXPECT_FALSE(sum.reset_collision());
  ASSERT_TRUE(sum.add({.hint = ResetHint::not_reset}));
  EXPECT_TRUE(sum.reset_collision());
  EXPECT_EQ(sum.total().hint, ResetHint::unknown);
}

TEST(HistogramAddition, WidensZeroBucketsUntilNeitherEndsInsideABucket) {
  // 0.75 is inside (0.5, 1], and 1 inside the other's (0.71, 1.41].
  const auto sum = add(noted("{{schema:-1 sum:1 count:3 z_bucket:1 z_bucket_w:0.75 buckets:[2] "
                             "offset:1}}"),
                       noted("{{sum:1 count:5 z_bucket:2 buckets:[1 2]}}"));
  ASSERT_TRUE(sum);
  expect_near(sum->histogram,
              noted("{{schema:-1 sum:2 count:8 z_bucket:4 z_bucket_w:1 buckets:[4] offset:1}}"));
}

TEST(HistogramAddition, EqualsObservingAllEventsInTheSharedLayout) {
  constexpr std::array thresholds{0.0, 0.001, 0.3, 0.5, 1.0, 2.7};
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto histogram_of_some = [&](std::vector<double>& all) {
      const std::vector<double> values = events(random, random() % 60);
      all.insert(all.end(), values.begin(), values.end());
      return observed(values, static_cast<int>(random() % 13) - 4,
                      thresholds[random() % thresholds.size()]);
    };
    std::vector<double> all;
    const NativeHistogram one = histogram_of_some(all);
    const NativeHistogram other = histogram_of_some(all);
    const auto sum = add(one, other);
    ASSERT_TRUE(sum);
    const NativeHistogram& histogram = sum->histogram;
    EXPECT_EQ(histogram.schema, std::min(one.schema, other.schema));
    EXPECT_GE(histogram.zero_threshold, std::max(one.zero_threshold, other.zero_threshold));
    expect_near(histogram, observed(all, histogram.schema, histogram.zero_threshold));
    const auto swapped = add(other, one);
    ASSERT_TRUE(swapped);
    expect_near(swapped->histogram, histogram);
    const auto back = subtract(histogram, other);
    ASSERT_TRUE(back);
    EXPECT_EQ(back->histogram.count, one.count);
  }
}

TEST(HistogramAddition, OfCustomBucketsEqualsObservingAllEvents) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const auto bounds = [&random] {
      std::vector<double> some;
      for (const double bound : {-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0}) {
        if (random() % 3 != 0) some.push_back(bound);
      }
      return some;
    };
    std::vector<double> all = events(random, 50);
    const NativeHistogram one = observed(all, bounds());
    const std::vector<double> more = events(random, 50);
    const NativeHistogram other = observed(more, bounds());
    all.insert(all.end(), more.begin(), more.end());
    const auto sum = add(one, other);
    ASSERT_TRUE(sum);
    std::vector<double> shared;
    std::ranges::set_intersection(one.custom_bounds, other.custom_bounds,
                                  std::back_inserter(shared));
    expect_near(sum->histogram, observed(all, shared));
    EXPECT_EQ(sum->bounds_reconciled, one.custom_bounds != other.custom_bounds);
  }
}

TEST(HistogramSum, KeepsWhatRoundingWouldLose) {
  NativeHistogram great = noted("{{count:1e16 sum:1e16 z_bucket:1e16 buckets:[1e16]}}");
  NativeHistogram small =
      noted("{{schema:1 count:1 sum:1 z_bucket:1 buckets:[0.5 0.5] offset:-1}}");
  HistogramSum sum(great);
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(sum.add(small));
  scale(great, -1);
  ASSERT_TRUE(sum.add(great));
  expect_near(sum.total(), noted("{{count:1000 sum:1000 z_bucket:1000 buckets:[1000]}}"));
  EXPECT_NE(sum.uncompensated().sum, 1000);
  ASSERT_TRUE(sum.subtract(sum.total()));
  expect_near(sum.total(), {});
}

TEST(HistogramMean, IsTheSumDividedOnce) {
  HistogramMean mean(noted("{{count:1 sum:1 buckets:[1]}}"));
  ASSERT_TRUE(mean.add(noted("{{count:4 sum:3 buckets:[2 2]}}")));
  ASSERT_TRUE(mean.add(noted("{{count:4 sum:5 buckets:[0 4]}}")));
  expect_near(mean.mean(), noted("{{count:3 sum:3 buckets:[1 2]}}"));
}

TEST(HistogramMean, MovesWhereTheSumWouldOverflow) {
  constexpr double most = std::numeric_limits<double>::max();
  HistogramMean mean({.count = 2, .sum = most});
  for (const double sum : {most, most, most / 2}) {
    ASSERT_TRUE(mean.add({.count = 6, .sum = sum}));
  }
  EXPECT_NEAR(mean.mean().count, 5, 1e-12);
  EXPECT_NEAR(mean.mean().sum / most, 3.5 / 4, 1e-12);
}

}  // namespace
}  // namespace slod
