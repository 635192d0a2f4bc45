#pragma once

#include <span>
#include <vector>

namespace slod {

/// Events by upper bound, as a classic histogram counts them: counts[i] events were at most
/// bounds[i]. Bounds ascend strictly and end in +Inf, unless a source left that bucket out.
struct BucketCounts {
  std::vector<double> bounds;
  std::vector<double> counts;

  /// All events: the count at the last bound. 0 without buckets.
  double total() const;
  /// Adds `events` to the count at the bound `le`, which may be new. For filling in one layout,
  /// in any order: the counts at other bounds stay as they are. A bound of NaN is ignored.
  void count(double le, double events);
  /// Adds `share` (0..1) of the other's events. Bounds that only one side has are filled in on the
  /// other by interpolation, as counts_at does.
  void add(const BucketCounts& other, double share);

  bool operator==(const BucketCounts&) const = default;
};

/// The counts of one layout at the bounds of another: exact where they share a bound, linear
/// between; above the highest finite bound its count, since nothing more is known to be under.
/// +Inf keeps the total.
std::vector<double> counts_at(std::span<const double> bounds, const BucketCounts& from);

/// All bounds of both, sorted, each once.
std::vector<double> merged_bounds(std::span<const double> a, std::span<const double> b);

}  // namespace slod
