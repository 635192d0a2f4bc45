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
  /// nullopt: no events in the window. q in [0, 1].
  std::optional<Quantile> quantile(Interval window, double q) const;

  /// As Ledger::resize.
  void resize(Duration resolution, Duration retention) { cascade_.resize(resolution, retention); }

  std::span<const double> bounds() const { return bounds_; }
  BucketChanges take_changes();

 private:
  /// The counts of one snapshot; shorter than the bounds means zeros at the end.
  struct Counts {
    std::vector<double> values;

    void add(const Counts& delta, double share);
    static Counts between(const Counts& lower, const Counts& upper, double share);
  };

  BucketWindow(std::vector<double> bounds, Cascade<Counts> cascade);
  void grow(std::span<const double> others);

  std::vector<double> bounds_;
  Cascade<Counts> cascade_;
};

}  // namespace slod
