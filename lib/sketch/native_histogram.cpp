#include "lib/sketch/native_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <ranges>

#include "lib/sketch/native_histogram_parts.h"
#include "lib/text/number.h"

namespace slod {
namespace {

bool same_bits(double one, double other) {
  return std::bit_cast<std::uint64_t>(one) == std::bit_cast<std::uint64_t>(other);
}

bool same_buckets(const std::vector<NativeHistogram::Bucket>& one,
                  const std::vector<NativeHistogram::Bucket>& other) {
  const auto populated =
      std::views::filter([](const NativeHistogram::Bucket& bucket) { return bucket.count != 0; });
  return std::ranges::equal(one | populated, other | populated, [](const auto& a, const auto& b) {
    return a.index == b.index && same_bits(a.count, b.count);
  });
}

std::string range_text(const NativeHistogram::Range& range) {
  return (range.lower_inclusive ? "[" : "(") + short_number(range.lower) + "," +
         short_number(range.upper) + (range.upper_inclusive ? "]:" : "):") +
         short_number(range.count);
}

template <typename Change>
void change_counts(NativeHistogram& histogram, Change change) {
  change(histogram.zero_count);
  change(histogram.count);
  change(histogram.sum);
  for (NativeHistogram::Bucket& bucket : histogram.positive) change(bucket.count);
  for (NativeHistogram::Bucket& bucket : histogram.negative) change(bucket.count);
}

}  // namespace

void scale(NativeHistogram& histogram, double factor) {
  change_counts(histogram, [factor](double& count) { count *= factor; });
  if (factor < 0) histogram.hint = NativeHistogram::ResetHint::gauge;
}

void divide(NativeHistogram& histogram, double divisor) {
  change_counts(histogram, [divisor](double& count) { count /= divisor; });
  if (divisor == 0) {
    histogram.positive.clear();
    histogram.negative.clear();
  }
  if (divisor < 0) histogram.hint = NativeHistogram::ResetHint::gauge;
}

void compact(NativeHistogram& histogram) {
  const auto empty = [](const NativeHistogram::Bucket& bucket) { return bucket.count == 0; };
  std::erase_if(histogram.positive, empty);
  std::erase_if(histogram.negative, empty);
}

bool equals(const NativeHistogram& one, const NativeHistogram& other) {
  return one.schema == other.schema && one.zero_threshold == other.zero_threshold &&
         same_bits(one.zero_count, other.zero_count) && same_bits(one.count, other.count) &&
         same_bits(one.sum, other.sum) && one.custom_bounds == other.custom_bounds &&
         same_buckets(one.positive, other.positive) && same_buckets(one.negative, other.negative);
}

void reduce_resolution(NativeHistogram& histogram, int to_schema) {
  if (histogram.uses_custom_buckets() || histogram.schema <= to_schema) return;
  HistogramParts parts(histogram);
  coarsen(parts, to_schema);
  histogram = histogram_of(parts, false);
}

NativeHistogram copy_to_schema(const NativeHistogram& histogram, int to_schema) {
  NativeHistogram copy = histogram;
  reduce_resolution(copy, to_schema);
  return copy;
}

bool has_overflow(const NativeHistogram& histogram) {
  const auto infinite = [](double number) { return std::isinf(number); };
  return infinite(histogram.zero_count) || infinite(histogram.count) || infinite(histogram.sum) ||
         std::ranges::any_of(histogram.positive, infinite, &NativeHistogram::Bucket::count) ||
         std::ranges::any_of(histogram.negative, infinite, &NativeHistogram::Bucket::count) ||
         std::ranges::any_of(histogram.custom_bounds, infinite);
}

std::vector<NativeHistogram::Range> ranges(const NativeHistogram& histogram) {
  const double zero_threshold = histogram.zero_threshold;
  std::vector<NativeHistogram::Range> all;
  all.reserve(histogram.negative.size() + 1 + histogram.positive.size());
  for (const NativeHistogram::Bucket& bucket : std::views::reverse(histogram.negative)) {
    if (bucket.count == 0) continue;
    all.push_back(negative_range(histogram, bucket));
    double& upper = all.back().upper;
    if (upper < 0) upper = std::min(upper, -zero_threshold);
  }
  if (histogram.zero_count > 0 && !histogram.uses_custom_buckets()) {
    all.push_back(zero_range(histogram));
  }
  for (const NativeHistogram::Bucket& bucket : histogram.positive) {
    if (bucket.count == 0) continue;
    all.push_back(positive_range(histogram, bucket));
    double& lower = all.back().lower;
    if (lower > 0) lower = std::max(lower, zero_threshold);
  }
  return all;
}

int boundary_rule(const NativeHistogram::Range& range) {
  if (range.lower_inclusive) return range.upper_inclusive ? 3 : 1;
  return range.upper_inclusive ? 0 : 2;
}

std::string to_text(const NativeHistogram& histogram) {
  std::string text =
      "{count:" + short_number(histogram.count) + ", sum:" + short_number(histogram.sum);
  const auto print = [&text](const NativeHistogram::Range& range) {
    if (range.count != 0) text += ", " + range_text(range);
  };
  for (const NativeHistogram::Bucket& bucket : std::views::reverse(histogram.negative)) {
    print(negative_range(histogram, bucket));
  }
  if (!histogram.uses_custom_buckets()) print(zero_range(histogram));
  for (const NativeHistogram::Bucket& bucket : histogram.positive) {
    print(positive_range(histogram, bucket));
  }
  return text + "}";
}

}  // namespace slod
