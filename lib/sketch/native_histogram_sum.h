#pragma once

#include <expected>
#include <string>

#include "lib/sketch/native_histogram.h"
#include "lib/sketch/native_histogram_parts.h"

namespace slod {

// Histograms of different layouts are added in the finest layout that both can have: the coarser
// schema, a zero bucket wide enough for both that ends inside no populated bucket, or those custom
// bounds that are in both. The hint of the result is that of both if they agree, gauge if one is a
// gauge, else unknown. Source: Prometheus 3, model/histogram/float_histogram.go, FloatHistogram.Add
// and KahanAdd. Differs where a histogram is made coarser and has buckets inside the wider zero
// bucket: these count once here, and twice there.

/// A histogram made of two, and what the user should know of it.
struct CombinedHistogram {
  NativeHistogram histogram;
  bool reset_collision = false;    ///< one hint was reset and the other not_reset
  bool bounds_reconciled = false;  ///< custom bounds differed; those in both were kept
};

/// Error: one has exponential and the other custom buckets. Not compacted.
std::expected<CombinedHistogram, std::string> add(const NativeHistogram& one,
                                                  const NativeHistogram& other);

/// As add, with the same rules for the hint: an operator that makes a gauge of the difference sets
/// the hint itself.
std::expected<CombinedHistogram, std::string> subtract(const NativeHistogram& from,
                                                       const NativeHistogram& other);

/// The sum of many histograms, with what rounding lost kept beside each number (Kahan's summation
/// as improved by Neumaier), as sum and sum_over_time need it.
class HistogramSum {
 public:
  explicit HistogramSum(const NativeHistogram& first);

  /// Error, and nothing is changed: one has exponential and the other custom buckets.
  std::expected<void, std::string> add(const NativeHistogram& next);
  /// Error, and nothing is changed: as add.
  std::expected<void, std::string> subtract(const NativeHistogram& next);
  /// Multiplies, or divides, the sum so far. `factor` and `divisor` are above 0.
  void scale(double factor);
  void divide(double divisor);

  /// The sum, not compacted.
  NativeHistogram total() const;
  /// The sum without what rounding lost: what plain additions would have given.
  NativeHistogram uncompensated() const;
  /// Whether a number of the sum became infinite.
  bool has_overflow() const;
  /// Whether hints of the summands contradict each other: one was reset, another not_reset.
  bool reset_collision() const { return reset_seen_ && not_reset_seen_; }
  /// Whether custom bounds had to be dropped.
  bool bounds_reconciled() const { return bounds_reconciled_; }

 private:
  std::expected<void, std::string> combine(HistogramParts next);
  void note_hint(NativeHistogram::ResetHint hint);

  HistogramParts parts_;
  bool reset_seen_ = false;
  bool not_reset_seen_ = false;
  bool bounds_reconciled_ = false;
};

/// The mean of many histograms, as avg and avg_over_time need it: the sum divided once, or, from
/// where the sum would overflow, a mean that is moved with each histogram.
class HistogramMean {
 public:
  explicit HistogramMean(const NativeHistogram& first) : sum_(first) {}

  /// Error: as HistogramSum::add; the mean is of no use then.
  std::expected<void, std::string> add(const NativeHistogram& next);

  /// The mean, not compacted.
  NativeHistogram mean() const;
  bool reset_collision() const { return sum_.reset_collision(); }
  bool bounds_reconciled() const { return sum_.bounds_reconciled(); }

 private:
  HistogramSum sum_;  ///< the mean itself once `moving_`
  double count_ = 1;
  bool moving_ = false;
};

}  // namespace slod
