#include "lib/slo/sli/latency.h"

#include <fmt/format.h>

#include <utility>

#include "lib/sketch/bucket_quantile.h"
#include "lib/slo/event_sum.h"

namespace slod {
namespace {

std::vector<Demanded> buckets_of(promql::Selector histogram) {
  histogram.metric += "_bucket";
  return {{std::move(histogram), Role::bucket}};
}

}  // namespace

std::string LatencySli::fingerprint() const {
  return fmt::format("latency {} below {}", canonical(histogram), below_seconds);
}

std::vector<Demanded> LatencySli::demands() const {
  return buckets_of(histogram);
}

Events LatencySli::events(const PendingCounts& counts) const {
  const BucketCounts& buckets = counts.buckets;
  const double under = count_at_or_below(buckets.bounds, buckets.counts, below_seconds);
  return {buckets.total(), buckets.total() - under};
}

std::string LatencySliceSli::fingerprint() const {
  return fmt::format("latency {} quantile {} below {} slice {}", canonical(histogram), quantile,
                     below_seconds, format_duration(slice));
}

std::vector<Demanded> LatencySliceSli::demands() const {
  return buckets_of(histogram);
}

SliceOutcome LatencySliceSli::judge(const SliceCounts& counts) const {
  if (!(counts.events.total() > 0)) return SliceOutcome::idle;
  const auto reached = bucket_quantile(counts.events.bounds, counts.events.counts, quantile);
  return reached && reached->value < below_seconds ? SliceOutcome::good : SliceOutcome::bad;
}

}  // namespace slod
