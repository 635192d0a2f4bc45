#include "lib/sketch/native_histogram_quantile.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lib/sketch/limits.h"
#include "lib/sketch/native_histogram_parts.h"

namespace slod {
namespace {

using Range = NativeHistogram::Range;

bool holds_zero(const Range& range) {
  return range.lower <= 0 && range.upper >= 0;
}

/// The zero bucket of a histogram of one sign only has no values of the other.
Range without_absent_sign(Range range, const NativeHistogram& histogram) {
  if (histogram.negative.empty() && !histogram.positive.empty()) range.lower = 0;
  if (histogram.positive.empty() && !histogram.negative.empty()) range.upper = 0;
  return range;
}

/// Where in the range a share of its count is under, on a logarithmic scale. Both bounds have the
/// same sign.
double exponentially_within(const Range& range, double share) {
  const double log_lower = std::log2(std::fabs(range.lower));
  const double log_upper = std::log2(std::fabs(range.upper));
  if (range.lower > 0) return std::exp2(log_lower + ((log_upper - log_lower) * share));
  return -std::exp2(log_upper + ((log_lower - log_upper) * (1 - share)));
}

/// The share of the range that is under `value`, which lies inside, on a linear scale.
double linear_share(const Range& range, double value) {
  return (value - range.lower) / (range.upper - range.lower);
}

double exponential_share(const Range& range, double value) {
  const double log_lower = std::log2(std::fabs(range.lower));
  const double log_upper = std::log2(std::fabs(range.upper));
  return (std::log2(std::fabs(value)) - log_lower) / (log_upper - log_lower);
}

/// The bucket that a rank falls into.
struct Found {
  Range range;
  double rank = 0;  ///< counted from the end that the search began at
  double seen = 0;  ///< what the buckets up to and with this one count
};

template <typename Ranges>
Found find_rank(const Ranges& ranges, double rank) {
  Found found{.range = {}, .rank = rank, .seen = 0};
  for (const Range& range : ranges) {
    found.range = range;
    found.seen += range.count;
    if (found.seen >= rank) break;
  }
  return found;
}

/// From the end that is nearer, unless NaN was observed: these are in `count` but in no bucket, so
/// that only ranks from below are right.
Found find_quantile(double q, const NativeHistogram& histogram, bool from_below) {
  std::vector<Range> all = ranges(histogram);
  if (from_below) return find_rank(all, q * histogram.count);
  std::ranges::reverse(all);
  return find_rank(all, (1 - q) * histogram.count);
}

double counted_in(const std::vector<Range>& all) {
  double counted = 0;
  for (const Range& range : all) counted += range.count;
  return counted;
}

bool nan_observed(const NativeHistogram& histogram) {
  return std::isnan(histogram.sum) && counted_in(ranges(histogram)) < histogram.count;
}

/// How many observations are under `bound`. Buckets ascend, and the count before each is `rank`.
class RankOfBound {
 public:
  explicit RankOfBound(double bound) : bound_(bound) {}

  void look_into(const Range& range, double rank, bool linear) {
    if (found_) return;
    if (range.lower >= bound_) {
      rank_ = rank;
    } else if (range.upper > bound_) {
      rank_ = interpolated(range, rank, linear);
    } else {
      return;
    }
    found_ = true;
  }

  /// `all` if the bound is above all buckets.
  double rank(double all) const { return !found_ || rank_ > all ? all : rank_; }

 private:
  double interpolated(const Range& range, double rank, bool linear) const {
    if (range.lower == -infinity && linear) return range.count;
    const double share = linear ? linear_share(range, bound_) : exponential_share(range, bound_);
    return rank + (range.count * share);
  }

  double bound_;
  double rank_ = 0;
  bool found_ = false;
};

/// The value that all observations of a bucket are taken to have for the variance.
double middle(const Range& range, bool custom) {
  if (custom) return (range.upper + range.lower) / 2;
  if (holds_zero(range)) return 0;
  const double magnitude = std::sqrt(range.upper * range.lower);
  return range.upper < 0 ? -magnitude : magnitude;
}

}  // namespace

HistogramQuantile quantile(double q, const NativeHistogram& histogram) {
  if (q < 0) return {.value = -infinity};
  if (q > 1) return {.value = infinity};
  if (histogram.count == 0 || std::isnan(q)) return {.value = not_a_number};

  const bool custom = histogram.uses_custom_buckets();
  const bool from_below = std::isnan(histogram.sum) || q < 0.5;
  const Found found = find_quantile(q, histogram, from_below);
  Range range = found.range;
  if (custom) {
    if (range.lower == -infinity) {
      if (range.upper <= 0) return {.value = range.upper};
      range.lower = 0;
    } else if (range.upper == infinity) {
      return {.value = range.lower};
    }
  } else if (range.lower < 0 && range.upper > 0) {
    range = without_absent_sign(range, histogram);
  }

  // Counts of buckets add up to more than `count` by rounding, and to less than the rank if NaN
  // was observed.
  const double seen = std::min(found.seen, histogram.count);
  if (seen < found.rank) {
    if (std::isnan(histogram.sum)) return {.value = not_a_number, .nan_result = true};
    return {.value = range.upper};
  }
  const double rank_inside = from_below ? found.rank - (seen - range.count) : seen - found.rank;
  const double share = rank_inside / range.count;
  const bool linear = custom || holds_zero(range);
  return {.value = linear ? range.lower + ((range.upper - range.lower) * share)
                          : exponentially_within(range, share),
          .nan_skew = nan_observed(histogram)};
}

HistogramFraction fraction(double lower, double upper, const NativeHistogram& histogram) {
  if (histogram.count == 0 || std::isnan(lower) || std::isnan(upper)) {
    return {.value = not_a_number};
  }
  if (lower >= upper) return {.value = 0};

  const bool custom = histogram.uses_custom_buckets();
  const std::vector<Range> all = ranges(histogram);
  RankOfBound below_lower(lower);
  RankOfBound below_upper(upper);
  double rank = 0;
  for (Range range : all) {
    const bool zero_bucket = !custom && holds_zero(range);
    if (zero_bucket) range = without_absent_sign(range, histogram);
    if (custom && range.lower == -infinity && range.upper > 0) range.lower = 0;
    below_lower.look_into(range, rank, custom || zero_bucket);
    below_upper.look_into(range, rank, custom || zero_bucket);
    rank += range.count;
  }
  const double counted = std::isnan(histogram.sum) ? rank : histogram.count;
  return {.value = (below_upper.rank(counted) - below_lower.rank(counted)) / histogram.count,
          .nan_observed = counted < histogram.count};
}

double average(const NativeHistogram& histogram) {
  return histogram.sum / histogram.count;
}

double variance(const NativeHistogram& histogram) {
  const double mean = average(histogram);
  CompensatedSum squares;
  for (const Range& range : ranges(histogram)) {
    const double distance = middle(range, histogram.uses_custom_buckets()) - mean;
    squares.add(range.count * distance * distance);
  }
  return squares.total() / histogram.count;
}

double std_deviation(const NativeHistogram& histogram) {
  return std::sqrt(variance(histogram));
}

}  // namespace slod
