#pragma once

#include <vector>

namespace slod {

// Classic histograms as PromQL's functions read them, with all the oddities of Prometheus 3
// (promql/quantile.go). bucket_quantile.h is for slod's own readings, where a quantile carries the
// interval that it is certain to be in.

/// One series of a classic histogram: `upper` is its `le`, not NaN, and `count` is cumulative.
struct ClassicBucket {
  double upper = 0;
  double count = 0;
};

/// What histogram_quantile says, and what the user should know of it.
struct ClassicQuantile {
  double value = 0;
  /// Counts fell from one bound to the next and were raised: between which bounds, and how far at
  /// most.
  bool forced_monotonic = false;
  double min_bucket = 0;
  double max_bucket = 0;
  double max_difference = 0;
  bool fixed_precision = false;  ///< counts differed by rounding only and were made equal
};

/// The quantile q, interpolated linearly in its bucket; the first begins at 0 if its bound is above
/// 0, else the quantile is its bound. In the +Inf bucket it is the highest finite bound. Buckets
/// may come in any order; counts of equal bounds are added up. Relative differences under 1e-12 are
/// taken as rounding. -Inf for q < 0, +Inf for q > 1; NaN for q = NaN, without observations, with
/// fewer than two bounds and without a bound of +Inf.
ClassicQuantile classic_quantile(double q, std::vector<ClassicBucket> buckets);

/// The share of observations between `lower` and `upper`, interpolated likewise. 0 if lower >=
/// upper; NaN for a bound of NaN, without observations and without a bucket of +Inf.
double classic_fraction(double lower, double upper, std::vector<ClassicBucket> buckets);

}  // namespace slod
