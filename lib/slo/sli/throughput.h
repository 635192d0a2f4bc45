#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/slo/event_sum.h"
#include "lib/slo/sli/kind.h"

namespace slod {

/// The share of slices of time with at least, or at most, that many events a second.
struct ThroughputSli {
  static constexpr std::string_view kind = "throughput";
  static constexpr RolloutLimit rollout_limit = RolloutLimit::none;

  EventSum total;
  std::optional<double> at_least_per_second;
  std::optional<double> at_most_per_second;  ///< exactly one of the two is set
  Duration slice{};

  std::string fingerprint() const;
  std::vector<Demanded> demands() const;
  std::optional<BucketUse> bucket_use() const { return std::nullopt; }
  BucketCounts slice_events(const PendingCounts& counts) const;
  static std::optional<SliPart> part() { return std::nullopt; }
  /// By events over known seconds. A slice without events has the rate 0, which is bad for at_least
  /// and good for at_most.
  SliceOutcome judge(const SliceCounts& counts) const;
};

/// The same by the value of an expression, which is the rate, at the end of each slice.
struct EvaluatedThroughputSli {
  static constexpr std::string_view kind = ThroughputSli::kind;
  static constexpr RolloutLimit rollout_limit = ThroughputSli::rollout_limit;

  Expression total;
  std::optional<double> at_least_per_second;
  std::optional<double> at_most_per_second;  ///< exactly one of the two is set
  Duration slice{};

  std::string fingerprint() const;
  std::vector<const Expression*> expressions() const { return {&total}; }
  static std::optional<SliPart> part() { return std::nullopt; }
  /// The elements add up to the rate; a sum that is not finite says nothing.
  SliceValue judge(std::span<const ElementValues> values) const;
};

}  // namespace slod
