#include "lib/sketch/native_histogram_trim.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/sketch/limits.h"
#include "lib/sketch/native_histogram_parts.h"

namespace slod {
namespace {

using Range = NativeHistogram::Range;

/// What is left of a bucket.
struct Kept {
  double count = 0;
  double middle = 0;  ///< of the values left, as their share of the sum is estimated
};

double middle_between(double lower, double upper, bool linear) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) return lower;
  if (linear) return (lower + upper) / 2;
  const double magnitude = std::sqrt(std::fabs(lower * upper));
  return lower < 0 || upper < 0 ? -magnitude : magnitude;
}

/// The share of the range under `bound`, which lies inside.
double share_below(const Range& range, double bound, bool linear) {
  if (linear) return (bound - range.lower) / (range.upper - range.lower);
  const double log_lower = std::log2(std::fabs(range.lower));
  const double log_upper = std::log2(std::fabs(range.upper));
  return (std::log2(std::fabs(bound)) - log_lower) / (log_upper - log_lower);
}

/// Of a bucket that reaches to an infinity and has `bound` inside.
Kept kept_of_infinite(const Range& range, double bound, bool keep_lower) {
  if (range.lower == -infinity && range.upper == infinity) return {};
  if (range.upper == infinity) return keep_lower ? Kept{} : Kept{range.count, bound};
  if (range.upper <= 0) return keep_lower ? Kept{range.count, bound} : Kept{};
  if (keep_lower) {
    return bound > 0 ? Kept{range.count * bound / range.upper, bound / 2} : Kept{};
  }
  if (bound < 0) return {};
  return {range.count * (1 - (bound / range.upper)), (bound + range.upper) / 2};
}

Kept kept_of(const Range& range, double bound, bool keep_lower, bool linear) {
  if (keep_lower ? range.upper <= bound : range.lower >= bound) {
    return {range.count, middle_between(range.lower, range.upper, linear)};
  }
  if (keep_lower ? !(range.lower < bound) : !(range.upper > bound)) return {};
  if (std::isinf(range.lower) || std::isinf(range.upper)) {
    return kept_of_infinite(range, bound, keep_lower);
  }
  const double below = range.count * share_below(range, bound, linear);
  return keep_lower ? Kept{below, middle_between(range.lower, bound, linear)}
                    : Kept{range.count - below, middle_between(bound, range.upper, linear)};
}

Kept kept_of_zero_bucket(const NativeHistogram& histogram, Range range, double bound,
                         bool keep_lower) {
  const auto populated = [](const std::vector<NativeHistogram::Bucket>& buckets) {
    return std::ranges::any_of(buckets, [](const auto& bucket) { return bucket.count != 0; });
  };
  const bool positive = populated(histogram.positive);
  const bool negative = populated(histogram.negative);
  if (negative && !positive) range.upper = 0;
  if (positive && !negative) range.lower = 0;
  const double middle = (range.lower + range.upper) / 2;
  if (bound <= range.lower) return keep_lower ? Kept{} : Kept{range.count, middle};
  if (bound >= range.upper) return keep_lower ? Kept{range.count, middle} : Kept{};
  const double share = keep_lower ? bound - range.lower : range.upper - bound;
  return {range.count * share / (range.upper - range.lower),
          ((keep_lower ? range.lower : range.upper) + bound) / 2};
}

void trim(NativeHistogram& histogram, double bound, bool keep_lower) {
  double count = 0;
  double sum = 0;
  bool trimmed = false;
  const auto keep = [&](double& bucket_count, const Kept& kept) {
    count += kept.count;
    sum += kept.middle * kept.count;
    trimmed |= bucket_count != kept.count;
    bucket_count = kept.count;
  };
  const bool custom = histogram.uses_custom_buckets();
  const NativeHistogram before = histogram;
  for (NativeHistogram::Bucket& bucket : histogram.positive) {
    if (bucket.count == 0) continue;
    keep(bucket.count, kept_of(positive_range(before, bucket), bound, keep_lower, custom));
  }
  for (NativeHistogram::Bucket& bucket : histogram.negative) {
    if (bucket.count == 0) continue;
    keep(bucket.count, kept_of(negative_range(before, bucket), bound, keep_lower, custom));
  }
  if (histogram.zero_count > 0) {
    keep(histogram.zero_count, kept_of_zero_bucket(before, zero_range(before), bound, keep_lower));
  }
  if (!trimmed) return;
  histogram.count = count;
  histogram.sum = sum;
  compact(histogram);
}

}  // namespace

void trim_upper(NativeHistogram& histogram, double bound) {
  trim(histogram, bound, true);
}

void trim_lower(NativeHistogram& histogram, double bound) {
  trim(histogram, bound, false);
}

}  // namespace slod
