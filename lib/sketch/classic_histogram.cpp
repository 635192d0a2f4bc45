#include "lib/sketch/classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "lib/sketch/limits.h"

namespace slod {
namespace {

using Buckets = std::vector<ClassicBucket>;

/// Whether two counts differ by rounding at most: by less than 1e-12 of their sum.
bool nearly_equal(double one, double other) {
  constexpr double tolerance = 1e-12;
  constexpr double least_normal = std::numeric_limits<double>::min();
  constexpr double greatest = std::numeric_limits<double>::max();
  if (one == other || (std::isnan(one) && std::isnan(other))) return true;
  const double magnitudes = std::fabs(one) + std::fabs(other);
  const double difference = std::fabs(one - other);
  if (one == 0 || other == 0 || magnitudes < least_normal) {
    return difference < tolerance * least_normal;
  }
  return difference / std::min(magnitudes, greatest) < tolerance;
}

/// Sorts and unites buckets of equal bounds. Empty where the last bound is not +Inf.
Buckets in_order(Buckets buckets) {
  if (std::ranges::none_of(buckets, [](const auto& b) { return b.upper == infinity; })) return {};
  std::ranges::sort(buckets, {}, &ClassicBucket::upper);
  Buckets united;
  united.reserve(buckets.size());
  for (const ClassicBucket& bucket : buckets) {
    if (united.empty() || united.back().upper != bucket.upper) {
      united.push_back(bucket);
    } else {
      united.back().count += bucket.count;
    }
  }
  return united;
}

/// Makes counts never fall, and says in `notes` what it changed.
void make_monotonic(Buckets& buckets, ClassicQuantile& notes) {
  double highest = buckets.front().count;
  for (ClassicBucket& bucket : buckets) {
    if (bucket.count == highest) continue;
    if (nearly_equal(highest, bucket.count)) {
      notes.fixed_precision = true;
    } else if (bucket.count < highest) {
      if (!notes.forced_monotonic) notes.min_bucket = bucket.upper;
      notes.forced_monotonic = true;
      notes.max_bucket = bucket.upper;
      notes.max_difference = std::max(notes.max_difference, highest - bucket.count);
    } else {
      highest = bucket.count;
    }
    bucket.count = highest;
  }
}

double quantile_of_monotonic(double q, const Buckets& buckets) {
  if (buckets.size() < 2 || buckets.back().count == 0) return not_a_number;
  const double rank = q * buckets.back().count;
  const auto last = buckets.end() - 1;
  const auto found =
      std::partition_point(buckets.begin(), last,
                           [rank](const ClassicBucket& bucket) { return !(bucket.count >= rank); });
  if (found == last) return (last - 1)->upper;
  if (found == buckets.begin()) {
    return found->upper <= 0 ? found->upper : found->upper * (rank / found->count);
  }
  const ClassicBucket& below = *(found - 1);
  return below.upper +
         ((found->upper - below.upper) * ((rank - below.count) / (found->count - below.count)));
}

/// How many observations are under `bound`, from the highest bucket that ends at or under it and
/// the next one.
double rank_of(double bound, const Buckets& buckets) {
  double lower = buckets.front().upper > 0 ? 0 : -infinity;
  double rank = 0;
  for (const auto& [upper, count] : buckets) {
    if (lower >= bound) return rank;
    if (upper > bound) {
      if (lower == -infinity) return count;
      return rank + ((count - rank) * (bound - lower) / (upper - lower));
    }
    rank = count;
    lower = upper;
  }
  return buckets.back().count;
}

}  // namespace

ClassicQuantile classic_quantile(double q, std::vector<ClassicBucket> buckets) {
  if (std::isnan(q)) return {.value = not_a_number};
  if (q < 0) return {.value = -infinity};
  if (q > 1) return {.value = infinity};
  buckets = in_order(std::move(buckets));
  if (buckets.empty()) return {.value = not_a_number};
  ClassicQuantile quantile;
  make_monotonic(buckets, quantile);
  quantile.value = quantile_of_monotonic(q, buckets);
  return quantile;
}

double classic_fraction(double lower, double upper, std::vector<ClassicBucket> buckets) {
  buckets = in_order(std::move(buckets));
  if (buckets.empty()) return not_a_number;
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return not_a_number;
  if (lower >= upper) return 0;
  const auto rank = [&buckets, count](double bound) {
    const double below = rank_of(bound, buckets);
    return below > count ? count : below;
  };
  return (rank(upper) - rank(lower)) / count;
}

}  // namespace slod
