#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "lib/sketch/quantile.h"
#include "lib/slo/bucket_counts.h"
#include "lib/slo/cascade.h"
#include "lib/slo/rows.h"
#include "lib/time/instant.h"

namespace slod {

/// As LedgerChanges, for buckets. When the bounds grow, every row is among the changed.
struct BucketChanges {
  std::vector<BucketRow> changed;
  std::vector<Instant> removed;
};

/// How many events of a window may have been taken for good or bad wrongly, because the threshold
/// lies between two bounds of their buckets. 0 at a bound.
struct BucketBlur {
  double good_maybe_bad = 0;
  double bad_maybe_good = 0;
};

/// A histogram over any window up to the retention: the cascade of the ledger, with wider slices
/// (an edge is off by at most 3.2 % of the window), for quantiles to be read, not budgeted.
/// The bounds are those of all layouts seen, at most bounds_max; a layout that lacks some of them
/// is interpolated there, and so are older snapshots when the bounds grow.
class BucketWindow {
 public:
  static constexpr std::size_t bounds_max = 512;

  BucketWindow(Duration resolution, Duration retention);
  /// As Ledger::restore. Each row has as many counts as there are bounds. The bounds ascend and
  /// end in +Inf.
  static BucketWindow restore(Duration resolution, Duration retention, Instant observed_since,
                              std::vector<double> bounds, std::span<const BucketRow> rows);

  void begin(Instant first_read);
  /// As Ledger::record. Bounds beyond bounds_max are interpolated onto those there are.
  void record(Interval when, const BucketCounts& events);
  BucketCounts over(Interval window) const;
  /// nullopt: no events in the window. q in [0, 1]. The interval holds whichever of the events in
  /// the slices that the window's edges cut lie within.
  std::optional<Quantile> quantile(Interval window, double q) const;
  /// What is not known of a threshold that lies inside a bucket. Of all events that may lie within
  /// the window.
  BucketBlur blur_at(Interval window, double threshold) const;

  /// As Ledger::resize.
  void resize(Duration resolution, Duration retention) { cascade_.resize(resolution, retention); }

  std::span<const double> bounds() const { return bounds_; }
  BucketChanges take_changes();
  /// As Ledger::forget_taken.
  void forget_taken() { cascade_.forget_taken(); }

 private:
  /// The counts of one snapshot; shorter than the bounds means zeros at the end.
  struct Counts {
    static constexpr std::size_t extra_boundaries_max = 0;

    std::vector<double> values;

    void add(const Counts& delta, double share);
    static Counts between(const Counts& lower, const Counts& upper, double share);
  };

  BucketWindow(std::vector<double> bounds, Cascade<Counts> cascade);
  void grow(std::span<const double> others);
  /// What came between two snapshots; 0 where it is less.
  std::vector<double> counts_between(const Counts& earlier, const Counts& later) const;

  std::vector<double> bounds_;
  Cascade<Counts> cascade_;
};

}  // namespace slod
