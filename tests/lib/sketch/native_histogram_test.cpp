#include "lib/sketch/native_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
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

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

TEST(NativeHistogram, IsScaledInEveryCountAndTheSum) {
  NativeHistogram histogram = noted(
      "{{sum:6 count:9 z_bucket:2 z_bucket_w:0.001 buckets:[1 2] n_buckets:[4] "
      "counter_reset_hint:reset}}");
  const NativeHistogram before = histogram;
  scale(histogram, 0.5);
  expect_near(histogram, noted("{{sum:3 count:4.5 z_bucket:1 z_bucket_w:0.001 buckets:[0.5 1] "
                               "n_buckets:[2]}}"));
  EXPECT_EQ(histogram.hint, ResetHint::reset);
  divide(histogram, 0.5);
  EXPECT_EQ(histogram, before);
}

TEST(NativeHistogram, BecomesAGaugeByANegativeFactor) {
  NativeHistogram scaled = noted("{{sum:6 count:3 buckets:[1 2]}}");
  NativeHistogram divided = scaled;
  scale(scaled, -2);
  expect_near(scaled, noted("{{sum:-12 count:-6 buckets:[-2 -4]}}"));
  EXPECT_EQ(scaled.hint, ResetHint::gauge);
  divide(divided, -2);
  expect_near(divided, noted("{{sum:-3 count:-1.5 buckets:[-0.5 -1]}}"));
  EXPECT_EQ(divided.hint, ResetHint::gauge);
}

TEST(NativeHistogram, LosesItsBucketsWhenDividedByZero) {
  NativeHistogram histogram = noted("{{sum:-6 count:3 buckets:[1 2] n_buckets:[1]}}");
  divide(histogram, 0);
  EXPECT_EQ(histogram.count, infinity);
  EXPECT_EQ(histogram.sum, -infinity);
  EXPECT_TRUE(std::isnan(histogram.zero_count));
  EXPECT_TRUE(histogram.positive.empty());
  EXPECT_TRUE(histogram.negative.empty());
  EXPECT_EQ(histogram.hint, ResetHint::unknown);
  EXPECT_TRUE(has_overflow(histogram));
}

TEST(NativeHistogram, OverflowsWhereAnyNumberIsInfinite) {
  EXPECT_FALSE(has_overflow(noted("{{sum:NaN count:3 z_bucket:1 buckets:[1 2] n_buckets:[1]}}")));
  for (const char* text :
       {"{{sum:-Inf}}", "{{count:Inf}}", "{{z_bucket:Inf}}", "{{buckets:[1 Inf]}}",
        "{{n_buckets:[-Inf]}}", "{{schema:-53 custom_values:[1 Inf]}}"}) {
    EXPECT_TRUE(has_overflow(noted(text))) << text;
  }
}

TEST(NativeHistogram, EqualsWhatCountsTheSameToTheBit) {
  const NativeHistogram histogram = noted("{{schema:1 sum:NaN count:3 buckets:[1 0 2]}}");
  NativeHistogram other = histogram;
  other.hint = ResetHint::gauge;
  compact(other);
  EXPECT_EQ(other.positive.size(), 2U);
  EXPECT_TRUE(equals(histogram, other));
  for (const char* text : {"{{schema:2 sum:NaN count:3 buckets:[1 0 2]}}",
                           "{{schema:1 sum:1 count:3 buckets:[1 0 2]}}",
                           "{{schema:1 sum:NaN count:4 buckets:[1 0 2]}}",
                           "{{schema:1 sum:NaN count:3 buckets:[1 2]}}",
                           "{{schema:1 sum:NaN count:3 buckets:[1 0 3]}}",
                           "{{schema:1 sum:NaN count:3 buckets:[1 0 2] n_buckets:[1]}}",
                           "{{schema:1 sum:NaN count:3 z_bucket:1 buckets:[1 0 2]}}",
                           "{{schema:1 sum:NaN count:3 z_bucket_w:1 buckets:[1 0 2]}}"}) {
    EXPECT_FALSE(equals(histogram, noted(text))) << text;
  }
  EXPECT_FALSE(
      equals(noted("{{schema:-53 custom_values:[1]}}"), noted("{{schema:-53 custom_values:[2]}}")));
}

TEST(NativeHistogram, ReducedIsWhatACoarserOneWouldHaveObserved) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::vector<double> values = events(random, 200);
    const int schema = static_cast<int>(random() % 13) - 4;
    const int coarser = static_cast<int>(random() % 13) - 4;
    expect_near(copy_to_schema(observed(values, schema, 0), coarser),
                observed(values, std::min(schema, coarser), 0));
  }
  const NativeHistogram custom = noted("{{schema:-53 custom_values:[1] buckets:[1 2]}}");
  EXPECT_EQ(copy_to_schema(custom, -4), custom);
}

TEST(NativeHistogram, HasItsPopulatedBucketsAscending) {
  const auto all = ranges(
      noted("{{count:12 z_bucket:2 z_bucket_w:0.75 buckets:[1 0 2] n_buckets:[3 4] n_offset:1}}"));
  ASSERT_EQ(all.size(), 5U);
  const std::vector<std::vector<double>> expected = {
      {-4, -2, 4, 1}, {-2, -1, 3, 1}, {-0.75, 0.75, 2, 3}, {0.75, 1, 1, 0}, {2, 4, 2, 0}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(all[i].lower, expected[i][0]);
    EXPECT_EQ(all[i].upper, expected[i][1]);
    EXPECT_EQ(all[i].count, expected[i][2]);
    EXPECT_EQ(boundary_rule(all[i]), expected[i][3]);
  }
}

TEST(NativeHistogram, HasCustomBucketsFromInfinityToInfinity) {
  const auto all = ranges(noted("{{schema:-53 custom_values:[-1 5] buckets:[1 2 3]}}"));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].lower, -infinity);
  EXPECT_EQ(all[0].upper, -1);
  EXPECT_EQ(boundary_rule(all[0]), 3);
  EXPECT_EQ(all[1].lower, -1);
  EXPECT_EQ(boundary_rule(all[1]), 0);
  EXPECT_EQ(all[2].upper, infinity);
  EXPECT_EQ(boundary_rule({.lower = 1, .upper = 2}), 2);
}

TEST(NativeHistogram, HasABucketForInfinitiesAboveTheGreatestNumber) {
  const auto all = ranges(noted("{{buckets:[1 2] offset:1024}}"));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].upper, std::numeric_limits<double>::max());
  EXPECT_EQ(all[1].lower, std::numeric_limits<double>::max());
  EXPECT_EQ(all[1].upper, infinity);
  for (const char* text : {"{{schema:8 buckets:[1] offset:2147483646}}",
                           "{{schema:-4 n_buckets:[1] n_offset:-2147483647}}"}) {
    EXPECT_EQ(ranges(noted(text)).size(), 1U) << text;
  }
}

TEST(NativeHistogram, IsPrintedAsPrometheusDoes) {
  EXPECT_EQ(to_text({}), "{count:0, sum:0}");
  EXPECT_EQ(to_text(noted("{{sum:20 count:10 z_bucket:1 z_bucket_w:0.001 buckets:[7 0] offset:1 "
                          "n_buckets:[2] n_offset:2}}")),
            "{count:10, sum:20, [-4,-2):2, [-0.001,0.001]:1, (1,2]:7}");
  EXPECT_EQ(to_text(noted("{{schema:-53 sum:NaN count:1e6 custom_values:[0.00001 123456.5] "
                          "buckets:[1 1.5 1e21]}}")),
            "{count:1e+06, sum:NaN, [-Inf,1e-05]:1, (1e-05,123456.5]:1.5, (123456.5,+Inf]:1e+21}");
  EXPECT_EQ(to_text(noted("{{sum:-Inf z_bucket:-2}}")), "{count:0, sum:-Inf, [-0,0]:-2}");
}

struct ResetCase {
  const char* name;
  const char* previous;
  const char* current;
  bool reset;
};

TEST(CounterReset, IsSeenInWhatHasFallen) {
  const std::vector<ResetCase> cases = {
      {"same", "{{count:3 buckets:[1 2]}}", "{{count:3 buckets:[1 2]}}", false},
      {"grown", "{{count:3 buckets:[1 2]}}", "{{count:5 buckets:[1 2 2]}}", false},
      {"count", "{{count:3 buckets:[1 2]}}", "{{count:2 buckets:[1 2]}}", true},
      {"the sum may fall", "{{sum:9 count:1 buckets:[1]}}", "{{sum:1 count:2 buckets:[2]}}", false},
      {"bucket", "{{count:3 buckets:[1 2]}}", "{{count:3 buckets:[2 1]}}", true},
      {"bucket gone", "{{count:3 buckets:[1 2]}}", "{{count:3 buckets:[3]}}", true},
      {"empty bucket gone", "{{count:3 buckets:[3 0]}}", "{{count:3 buckets:[3]}}", false},
      {"negative bucket", "{{count:3 n_buckets:[1 2]}}", "{{count:3 n_buckets:[0 3]}}", true},
      {"zero bucket", "{{count:3 z_bucket:2 buckets:[1]}}", "{{count:3 z_bucket:1 buckets:[2]}}",
       true},
      {"finer", "{{count:1 buckets:[1]}}", "{{schema:1 count:1 buckets:[1]}}", true},
      {"coarser", "{{schema:1 count:3 buckets:[1 2] offset:1}}", "{{count:3 buckets:[3] offset:1}}",
       false},
      {"coarser and fallen", "{{schema:1 count:3 buckets:[1 2] offset:1}}",
       "{{count:3 buckets:[2 1] offset:1}}", true},
      {"narrower zero", "{{count:1 z_bucket:1 z_bucket_w:1}}",
       "{{count:1 z_bucket:1 z_bucket_w:0.5}}", true},
      {"wider zero", "{{count:3 z_bucket:1 buckets:[2]}}", "{{count:3 z_bucket:3 z_bucket_w:1}}",
       false},
      {"wider zero that counts too little", "{{count:3 z_bucket:1 buckets:[2]}}",
       "{{count:3 z_bucket:2 z_bucket_w:1 buckets:[1] offset:1}}", true},
      {"wider zero ending in a bucket", "{{count:3 z_bucket:1 buckets:[2]}}",
       "{{count:3 z_bucket:3 z_bucket_w:0.75}}", true},
      {"wider zero ending in an empty bucket", "{{count:3 z_bucket:3 buckets:[0]}}",
       "{{count:3 z_bucket:3 z_bucket_w:0.75}}", false},
      {"custom after exponential", "{{count:1 buckets:[1]}}",
       "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}", true},
      {"exponential after custom", "{{schema:-53 count:1 custom_values:[1] buckets:[1]}}",
       "{{count:1 buckets:[1]}}", true},
      {"custom", "{{schema:-53 count:3 custom_values:[1] buckets:[1 2]}}",
       "{{schema:-53 count:3 custom_values:[1] buckets:[2 1]}}", true},
      {"a new bound", "{{schema:-53 count:15 custom_values:[2 4 6] buckets:[1 2 5 7]}}",
       "{{schema:-53 count:15 custom_values:[2 3 4 6] buckets:[1 0 2 5 7]}}", false},
      {"a new bound, fallen", "{{schema:-53 count:15 custom_values:[2 4 6] buckets:[1 2 5 7]}}",
       "{{schema:-53 count:15 custom_values:[2 3 4 6] buckets:[1 0 1 5 8]}}", true},
      {"hint says so", "{{count:1 buckets:[1]}}",
       "{{count:2 buckets:[2] counter_reset_hint:reset}}", true},
      {"hint says not", "{{count:3 buckets:[3]}}",
       "{{count:2 buckets:[2] counter_reset_hint:not_reset}}", false},
      {"a gauge is compared", "{{count:3 buckets:[3]}}",
       "{{count:2 buckets:[2] counter_reset_hint:gauge}}", true},
  };
  for (const ResetCase& test : cases) {
    EXPECT_EQ(detect_reset(noted(test.current), noted(test.previous)), test.reset) << test.name;
  }
}

TEST(CounterReset, IsNotSeenInACounterThatOnlyObserves) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<double> values = events(random, 100);
    const int schema = static_cast<int>(random() % 12) - 3;
    const NativeHistogram previous = observed(values, schema, 0.25);
    for (const double value : events(random, random() % 50)) values.push_back(value);
    const int coarser = std::max(-4, schema - static_cast<int>(random() % 3));
    EXPECT_FALSE(detect_reset(observed(values, coarser, 0.25), previous));
    values.erase(values.begin());
    EXPECT_EQ(detect_reset(observed(values, schema, 0.25), observed({values[0]}, schema, 0.25)),
              false);
    EXPECT_TRUE(detect_reset(observed({values[0]}, schema, 0.25), observed(values, schema, 0.25)));
  }
}

TEST(CounterReset, ComparesNothingWithNaN) {
  NativeHistogram histogram = noted("{{count:3 buckets:[1 2]}}");
  histogram.positive[0].count = not_a_number;
  EXPECT_FALSE(detect_reset(histogram, noted("{{count:3 buckets:[1 2]}}")));
}

}  // namespace
}  // namespace slod
