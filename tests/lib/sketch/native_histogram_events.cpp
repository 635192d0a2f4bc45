#include "tests/lib/sketch/native_histogram_events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "lib/sketch/exponential_buckets.h"
#include "lib/sketch/native_histogram_notation.h"
#include "tests/lib/sketch/bucket_index.h"

namespace slod::sketch_test {
namespace {

std::vector<NativeHistogram::Bucket> sparse(const std::map<std::int32_t, double>& counts) {
  std::vector<NativeHistogram::Bucket> buckets;
  buckets.reserve(counts.size());
  for (const auto& [index, count] : counts) buckets.push_back({index, count});
  return buckets;
}

void expect_number(const char* what, double one, double other) {
  if (std::isnan(one) && std::isnan(other)) return;
  EXPECT_NEAR(one, other, 1e-9 * (1 + std::fabs(other))) << what;
}

void expect_buckets(const char* what, const std::vector<NativeHistogram::Bucket>& one,
                    const std::vector<NativeHistogram::Bucket>& other) {
  ASSERT_EQ(one.size(), other.size()) << what;
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].index, other[i].index) << what;
    expect_number(what, one[i].count, other[i].count);
  }
}

}  // namespace

NativeHistogram noted(std::string_view text) {
  const auto read = from_notation(text);
  EXPECT_TRUE(read) << text << ": " << read.error();
  return read ? read->histogram : NativeHistogram{};
}

std::vector<double> events(std::mt19937_64& random, std::size_t size) {
  std::lognormal_distribution<double> magnitude(0, 1.5);
  std::vector<double> values;
  for (std::size_t i = 0; i < size; ++i) {
    const auto kind = random() % 10;
    values.push_back(kind == 0 ? 0 : magnitude(random) * (kind < 4 ? -1 : 1));
  }
  return values;
}

NativeHistogram observed(const std::vector<double>& values, int schema, double zero_threshold) {
  NativeHistogram histogram{.schema = schema, .zero_threshold = zero_threshold};
  std::map<std::int32_t, double> positive;
  std::map<std::int32_t, double> negative;
  for (const double value : values) {
    ++histogram.count;
    histogram.sum += value;
    if (std::fabs(value) <= zero_threshold) {
      ++histogram.zero_count;
    } else {
      ++(value > 0 ? positive : negative)[bucket_index(std::fabs(value), schema)];
    }
  }
  histogram.positive = sparse(positive);
  histogram.negative = sparse(negative);
  return histogram;
}

NativeHistogram observed(const std::vector<double>& values, const std::vector<double>& bounds) {
  NativeHistogram histogram{.schema = NativeHistogram::custom_buckets};
  std::map<std::int32_t, double> counts;
  for (const double value : values) {
    ++histogram.count;
    histogram.sum += value;
    std::int32_t index = 0;
    for (const double bound : bounds) index += value > bound ? 1 : 0;
    ++counts[index];
  }
  histogram.positive = sparse(counts);
  histogram.custom_bounds = bounds;
  return histogram;
}

void expect_near(const NativeHistogram& one, const NativeHistogram& other) {
  SCOPED_TRACE(to_text(one) + " against " + to_text(other));
  NativeHistogram first = one;
  NativeHistogram second = other;
  compact(first);
  compact(second);
  EXPECT_EQ(first.schema, second.schema);
  EXPECT_EQ(first.custom_bounds, second.custom_bounds);
  expect_number("zero threshold", first.zero_threshold, second.zero_threshold);
  expect_number("zero count", first.zero_count, second.zero_count);
  expect_number("count", first.count, second.count);
  expect_number("sum", first.sum, second.sum);
  expect_buckets("positive", first.positive, second.positive);
  expect_buckets("negative", first.negative, second.negative);
}

}  // namespace slod::sketch_test
