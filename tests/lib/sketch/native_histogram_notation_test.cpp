#include "lib/sketch/native_histogram_notation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace slod {
namespace {

using ResetHint = NativeHistogram::ResetHint;

TEST(HistogramNotation, ReadsEveryKeyInAnyOrder) {
  const auto read = from_notation(
      "{{ schema:1 sum:-3.7 count:23 z_bucket:7 z_bucket_w:5e-3 buckets:[ 8 NaN -2 ] offset:-3 "
      "n_buckets:[4\t+5] n_offset:-5 counter_reset_hint:not_reset }}");
  ASSERT_TRUE(read) << read.error();
  const NativeHistogram& histogram = read->histogram;
  EXPECT_EQ(histogram.schema, 1);
  EXPECT_EQ(histogram.sum, -3.7);
  EXPECT_EQ(histogram.count, 23);
  EXPECT_EQ(histogram.zero_count, 7);
  EXPECT_EQ(histogram.zero_threshold, 0.005);
  ASSERT_EQ(histogram.positive.size(), 3U);
  EXPECT_EQ(histogram.positive[0], (NativeHistogram::Bucket{-3, 8}));
  EXPECT_TRUE(std::isnan(histogram.positive[1].count));
  EXPECT_EQ(histogram.positive[2], (NativeHistogram::Bucket{-1, -2}));
  EXPECT_EQ(histogram.negative, (std::vector<NativeHistogram::Bucket>{{-5, 4}, {-4, 5}}));
  EXPECT_EQ(histogram.hint, ResetHint::not_reset);
  EXPECT_TRUE(read->hint_given);
}

TEST(HistogramNotation, TakesAbsentKeysForNothing) {
  for (const char* text : {"{{}}", "{{ }}", "{{buckets:[]}}", "{{offset:7}}"}) {
    const auto read = from_notation(text);
    ASSERT_TRUE(read) << text << ": " << read.error();
    EXPECT_EQ(read->histogram, NativeHistogram{}) << text;
    EXPECT_FALSE(read->hint_given);
  }
}

TEST(HistogramNotation, ReadsCustomBounds) {
  const auto read =
      from_notation("{{schema:-53 custom_values:[-1 2.5 +Inf] buckets:[1 2] offset:1}}");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->histogram.custom_bounds,
            (std::vector{-1.0, 2.5, std::numeric_limits<double>::infinity()}));
  EXPECT_EQ(read->histogram.positive, (std::vector<NativeHistogram::Bucket>{{1, 1}, {2, 2}}));
}

TEST(HistogramNotation, ReadsEveryHint) {
  const std::vector<std::pair<std::string, ResetHint>> hints = {{"unknown", ResetHint::unknown},
                                                                {"reset", ResetHint::reset},
                                                                {"not_reset", ResetHint::not_reset},
                                                                {"gauge", ResetHint::gauge}};
  for (const auto& [name, hint] : hints) {
    const auto read = from_notation("{{counter_reset_hint:" + name + "}}");
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->histogram.hint, hint);
    EXPECT_TRUE(read->hint_given);
  }
}

TEST(HistogramNotation, SaysWhatItExpectedAndFound) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", "expected '{{' at byte 0, found the end"},
      {"{sum:1}", "expected '{{' at byte 0, found '{s'"},
      {"{{sum:1", "expected '}}' at byte 7, found '1'"},
      {"{{sum:1} }", "expected '}}' or a key and ':' at byte 7, found '} }'"},
      {"{{sum:1}} x", "expected '}}' or a key and ':' at byte 7, found '}} x'"},
      {"{{sum}}", "expected '}}' or a key and ':' at byte 2, found 'sum}}'"},
      {"{{:1}}", "expected '}}' or a key and ':' at byte 2, found ':1}}'"},
      {"{{sum:}}", "expected a number for sum at byte 6, found the end"},
      {"{{sum:1s}}", "expected a number for sum at byte 6, found '1s'"},
      {"{{sum:+-1}}", "expected a number for sum at byte 6, found '+-1'"},
      {"{{sum:1 sum:2}}", "expected each key once, found 'sum' twice"},
      {"{{schema:1.5}}", "expected a whole number for schema at byte 9, found '1.5'"},
      {"{{offset:3e9}}", "expected a whole number for offset at byte 9, found '3e9'"},
      {"{{offset:NaN}}", "expected a whole number for offset at byte 9, found 'NaN'"},
      {"{{buckets:1}}", "expected numbers in '[' and ']' at byte 10, found '1'"},
      {"{{buckets:[1 x]}}", "expected a number at byte 13, found 'x'"},
      {"{{buckets:[1 2}}", "expected ']' at byte 14, found '[1 2}}'"},
      {"{{counter_reset_hint:maybe}}",
       "expected unknown, reset, not_reset or gauge at byte 21, found 'maybe'"},
      {"{{size:1}}",
       "expected one of schema, sum, count, z_bucket, z_bucket_w, buckets, offset, n_buckets, "
       "n_offset, custom_values and counter_reset_hint at byte 2, found 'size'"},
      {"{{schema:9}}", "expected a schema from -4 to 8 or -53, found 9"},
      {"{{custom_values:[1]}}", "expected custom_values with schema -53 only, found them with 0"},
      {"{{z_bucket_w:-1}}", "expected a finite z_bucket_w of at least 0, found -1"},
      {"{{z_bucket_w:NaN}}", "expected a finite z_bucket_w of at least 0, found nan"},
      {"{{schema:-53 custom_values:[2 1]}}",
       "expected custom_values to rise, found some that do not"},
      {"{{schema:-53 custom_values:[1 1]}}",
       "expected custom_values to rise, found some that do not"},
      {"{{schema:-53 custom_values:[NaN]}}",
       "expected custom_values to rise, found some that do not"},
      {"{{schema:-53 z_bucket:1}}",
       "expected custom buckets alone with schema -53, found a zero bucket or negative ones"},
      {"{{schema:-53 custom_values:[1] buckets:[1 2 3]}}",
       "expected at most 2 buckets for 1 custom_values, found indices 0 to 2"},
      {"{{schema:-53 custom_values:[1] buckets:[1] offset:-1}}",
       "expected at most 2 buckets for 1 custom_values, found indices -1 to -1"},
      {"{{buckets:[1 2] offset:2147483646}}",
       "expected bucket indices up to 2147483647, found more"},
  };
  for (const auto& [text, error] : cases) {
    const auto read = from_notation(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error(), error) << text;
  }
}

}  // namespace
}  // namespace slod
