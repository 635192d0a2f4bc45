#include "lib/sketch/native_histogram_trim.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lib/sketch/native_histogram_quantile.h"
#include "tests/lib/sketch/native_histogram_events.h"

namespace slod {
namespace {

using sketch_test::events;
using sketch_test::expect_near;
using sketch_test::noted;
using sketch_test::observed;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct TrimCase {
  const char* histogram;
  double bound;
  const char* below;  ///< what trim_upper leaves
  const char* above;  ///< what trim_lower leaves
};

TEST(HistogramTrim, KeepsOneSideOfTheBound) {
  constexpr const char* both_signs =
      "{{sum:123.75 count:34 z_bucket:1 z_bucket_w:0.001 buckets:[2 4 8 16] n_buckets:[1 2]}}";
  constexpr const char* with_zero = "{{sum:8 count:12 z_bucket:2 z_bucket_w:0.5 buckets:[10]}}";
  constexpr const char* zero_only = "{{count:5 z_bucket:5 z_bucket_w:0.1}}";
  constexpr const char* custom =
      "{{schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]}}";
  constexpr const char* nothing_custom = "{{schema:-53 custom_values:[5 10 15 20]}}";
  const std::vector<TrimCase> cases = {
      {both_signs, infinity, both_signs, "{{z_bucket_w:0.001}}"},
      {both_signs, -infinity, "{{z_bucket_w:0.001}}", both_signs},
      {both_signs, 2,
       "{{count:10 sum:3.5355339059327373 z_bucket:1 z_bucket_w:0.001 buckets:[2 4] "
       "n_buckets:[1 2]}}",
       "{{count:24 sum:113.13708498984761 z_bucket_w:0.001 offset:2 buckets:[8 16]}}"},
      {both_signs, 0,
       "{{sum:-3.5357839059327377 count:3.5 z_bucket:0.5 z_bucket_w:0.001 n_buckets:[1 2]}}",
       "{{sum:120.20840280171308 count:30.5 z_bucket:0.5 z_bucket_w:0.001 buckets:[2 4 8 16]}}"},
      {with_zero, 0.1, "{{count:0.4 sum:0.02 z_bucket:0.4 z_bucket_w:0.5}}",
       "{{count:11.6 sum:7.551067811865476 z_bucket:1.6 z_bucket_w:0.5 buckets:[10]}}"},
      {zero_only, 0.05, "{{count:3.75 sum:-0.09375 z_bucket:3.75 z_bucket_w:0.1}}",
       "{{count:1.25 sum:0.09375 z_bucket:1.25 z_bucket_w:0.1}}"},
      {custom, 15, "{{schema:-53 count:11 sum:97.5 custom_values:[5 10 15 20] buckets:[1 6 4]}}",
       "{{schema:-53 count:4 sum:72.5 custom_values:[5 10 15 20] offset:3 buckets:[3 1]}}"},
      {custom, 13, "{{schema:-53 count:9.4 sum:75.1 custom_values:[5 10 15 20] buckets:[1 6 2.4]}}",
       "{{schema:-53 count:5.6 sum:94.9 custom_values:[5 10 15 20] offset:2 buckets:[1.6 3 1]}}"},
      {custom, 50, "{{schema:-53 count:14 sum:150 custom_values:[5 10 15 20] buckets:[1 6 4 3]}}",
       "{{schema:-53 count:1 sum:50 custom_values:[5 10 15 20] offset:4 buckets:[1]}}"},
      {custom, 0, nothing_custom, custom},
      {custom, 2, "{{schema:-53 count:0.4 sum:0.4 custom_values:[5 10 15 20] buckets:[0.4]}}",
       "{{schema:-53 count:14.6 sum:169.6 custom_values:[5 10 15 20] buckets:[0.6 6 4 3 1]}}"},
      {"{{schema:-53 sum:9 count:3 custom_values:[-10] buckets:[2 1]}}", -15,
       "{{schema:-53 sum:-30 count:2 custom_values:[-10] buckets:[2]}}",
       "{{schema:-53 sum:-10 count:1 custom_values:[-10] buckets:[0 1]}}"},
      {"{{schema:-53 sum:9 count:3 buckets:[3]}}", 4, "{{schema:-53}}", "{{schema:-53}}"},
  };
  for (const TrimCase& test : cases) {
    SCOPED_TRACE(std::string(test.histogram) + " at " + std::to_string(test.bound));
    NativeHistogram below = noted(test.histogram);
    trim_upper(below, test.bound);
    expect_near(below, noted(test.below));
    NativeHistogram above = noted(test.histogram);
    trim_lower(above, test.bound);
    expect_near(above, noted(test.above));
  }
}

TEST(HistogramTrim, SplitsCountsAsFractionDoes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const NativeHistogram whole =
        observed(events(random, 1 + random() % 200), static_cast<int>(random() % 9), 0.125);
    const double bound = static_cast<double>(random() % 1000) / 100 - 5;
    NativeHistogram below = whole;
    NativeHistogram above = whole;
    trim_upper(below, bound);
    trim_lower(above, bound);
    EXPECT_NEAR(below.count + above.count, whole.count, 1e-9);
    EXPECT_NEAR(below.count / whole.count, fraction(-infinity, bound, whole).value, 1e-9);
  }
}

}  // namespace
}  // namespace slod
