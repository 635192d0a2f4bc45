#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/slo/sli/kind.h"

namespace slod {

/// The share of events that took at most `below`, from a classic histogram.
struct LatencySli {
  static constexpr std::string_view kind = "latency";
  static constexpr RolloutLimit rollout_limit = RolloutLimit::latency;

  promql::Selector histogram;  ///< without _bucket, as written in the configuration
  double below_seconds = 0;    ///< > 0

  std::string fingerprint() const;
  std::vector<Demanded> demands() const;
  std::optional<BucketUse> bucket_use() const {
    return BucketUse{histogram.metric, below_seconds, 0.99, below_seconds};
  }
  static std::optional<SliPart> part() { return std::nullopt; }
  /// Good events are interpolated where the threshold lies inside a bucket.
  Events events(const PendingCounts& counts) const;
};

/// The share of slices of time in which a quantile of a classic histogram was below a bound.
struct LatencySliceSli {
  static constexpr std::string_view kind = LatencySli::kind;
  static constexpr RolloutLimit rollout_limit = LatencySli::rollout_limit;

  promql::Selector histogram;
  double quantile = 0.99;    ///< in (0, 1)
  double below_seconds = 0;  ///< > 0
  Duration slice{};

  std::string fingerprint() const;
  std::vector<Demanded> demands() const;
  std::optional<BucketUse> bucket_use() const {
    return BucketUse{histogram.metric, below_seconds, quantile, std::nullopt};
  }
  static std::optional<SliPart> part() { return std::nullopt; }
  BucketCounts slice_events(const PendingCounts& counts) const { return counts.buckets; }
  /// Idle without events. Bad where the events lie in no finite bucket: nothing is known to be
  /// under the bound.
  SliceOutcome judge(const SliceCounts& counts) const;
};

}  // namespace slod
