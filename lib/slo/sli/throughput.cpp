#include "lib/slo/sli/throughput.h"

#include <fmt/format.h>

#include <utility>

#include "lib/sketch/limits.h"
#include "lib/slo/sli/bound_text.h"
#include "lib/slo/slice.h"

namespace slod {

std::string ThroughputSli::fingerprint() const {
  return fmt::format("throughput {}{}{} slice {}", canonical(total),
                     bound_text("at_least", at_least_per_second),
                     bound_text("at_most", at_most_per_second), format_duration(slice));
}

std::vector<Demanded> ThroughputSli::demands() const {
  std::vector<Demanded> wanted;
  append_demands(wanted, total, Role::total);
  return wanted;
}

BucketCounts ThroughputSli::slice_events(const PendingCounts& counts) const {
  return {{infinity}, {counts.total}};
}

SliceOutcome ThroughputSli::judge(const SliceCounts& counts) const {
  const double per_second = counts.events.total() / counts.known_seconds;
  const bool is_good = at_least_per_second
                           ? per_second >= *at_least_per_second * (1 - slice_rounding)
                           : per_second <= *at_most_per_second * (1 + slice_rounding);
  return is_good ? SliceOutcome::good : SliceOutcome::bad;
}

std::string EvaluatedThroughputSli::fingerprint() const {
  return fmt::format("throughput of values, {}{}{} slice {}", canonical(total),
                     bound_text("at_least", at_least_per_second),
                     bound_text("at_most", at_most_per_second), format_duration(slice));
}

SliceValue EvaluatedThroughputSli::judge(std::span<const ElementValues> values) const {
  if (std::string why = unusable(values[0], "total"); !why.empty()) {
    return SliceValue::missing(std::move(why));
  }
  const double rate = sum(values[0]);
  return SliceValue::whole(at_least_per_second ? rate >= *at_least_per_second
                                               : rate <= *at_most_per_second);
}

}  // namespace slod
