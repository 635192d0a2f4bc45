#pragma once

#include "lib/sketch/native_histogram.h"

namespace slod {

// Source of all: Prometheus 3, promql/quantile.go and promql/functions.go. NaN was observed if the
// sum is NaN and the buckets count less than `count`: NaN is in no bucket, and above all values.

/// What histogram_quantile says, and what the user should know of it.
struct HistogramQuantile {
  double value = 0;
  bool nan_result = false;  ///< the quantile falls among observations of NaN, so it is NaN
  bool nan_skew = false;    ///< NaN was observed, so the quantile is higher than of the numbers
};

/// The quantile q. Inside a bucket the values are taken as spread evenly over its logarithm, in the
/// zero bucket and in custom buckets evenly over its width; the zero bucket of a histogram without
/// negative (positive) buckets begins (ends) at 0, and so does a first custom bucket that ends
/// above 0. In custom buckets, a first bucket that ends at or under 0 gives its upper and the last
/// its lower bound. -Inf for q < 0, +Inf for q > 1, NaN for q = NaN and without observations.
HistogramQuantile quantile(double q, const NativeHistogram& histogram);

/// What histogram_fraction says, and what the user should know of it.
struct HistogramFraction {
  double value = 0;
  bool nan_observed = false;  ///< NaN was observed and is in no fraction
};

/// The share of observations between `lower` and `upper`, interpolated as in quantile, without
/// interpolation in buckets that reach to an infinity. 0 if lower >= upper; NaN if a bound is NaN
/// and without observations.
HistogramFraction fraction(double lower, double upper, const NativeHistogram& histogram);

/// sum / count; NaN without observations.
double average(const NativeHistogram& histogram);

/// The mean squared distance of the observations from the average, each taken to be in the
/// geometric middle of its bucket: 0 in the zero bucket, the arithmetic middle in custom buckets.
double variance(const NativeHistogram& histogram);

/// The square root of the variance.
double std_deviation(const NativeHistogram& histogram);

}  // namespace slod
