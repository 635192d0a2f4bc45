#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "lib/sketch/native_histogram.h"

namespace slod {

/// A sum of doubles, and what rounding lost of it. Source: Neumaier's variant of Kahan's summation;
/// as Prometheus has it, the loss is forgotten when the sum becomes infinite.
struct CompensatedSum {
  double value = 0;
  double lost = 0;

  void add(double summand) {
    const double next = value + summand;
    // What was taken of the summand, and of the value: Knuth's TwoSum, which needs no branch.
    const double taken = next - value;
    const double error = (value - (next - taken)) + (summand - taken);
    lost = std::isinf(next) ? 0 : lost + error;
    value = next;
  }
  void add(CompensatedSum summand);
  double total() const { return value + lost; }
};

/// A native histogram taken apart for adding: the same fields, with compensated sums for counts.
struct HistogramParts {
  struct Bucket {
    std::int32_t index = 0;
    CompensatedSum count = {};
  };
  using Buckets = std::vector<Bucket>;

  explicit HistogramParts(const NativeHistogram& histogram);
  bool uses_custom_buckets() const { return schema == NativeHistogram::custom_buckets; }

  int schema;
  double zero_threshold;
  CompensatedSum zero_count;
  CompensatedSum count;
  CompensatedSum sum;
  Buckets positive;
  Buckets negative;
  std::vector<double> custom_bounds;
  NativeHistogram::ResetHint hint;
};

/// Puts the parts together: without `compensated` what rounding lost is left out.
NativeHistogram histogram_of(const HistogramParts& parts, bool compensated);

/// The upper bound of the magnitudes in bucket `index` of an exponential schema: the greatest
/// finite double for the last bucket of finite values, infinity above, 0 where base^index is below
/// every double.
double exponential_bound(std::int64_t index, int schema);

/// A bucket with its bounds as the layout has them, even where the zero bucket overlaps.
NativeHistogram::Range positive_range(const NativeHistogram& histogram,
                                      NativeHistogram::Bucket bucket);
NativeHistogram::Range negative_range(const NativeHistogram& histogram,
                                      NativeHistogram::Bucket bucket);
/// The zero bucket of exponential buckets, whatever it counts.
NativeHistogram::Range zero_range(const NativeHistogram& histogram);

/// Makes the zero bucket at least as wide as `threshold`, and wider if that lies inside a populated
/// bucket: up to that bucket's bound. Buckets inside move into it; those of count 0 are dropped.
/// Nothing is done where it is as wide already. `threshold` is at least the present one;
/// exponential buckets only.
void widen_zero_bucket(HistogramParts& parts, double threshold);

/// Unites buckets down to `to_schema`, at most the present one; exponential buckets only.
void coarsen(HistogramParts& parts, int to_schema);

/// Gives both, of custom buckets, the bounds that are in both, and drops buckets of count 0.
void keep_common_bounds(HistogramParts& one, HistogramParts& other);

}  // namespace slod
