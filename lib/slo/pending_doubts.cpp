#include "lib/slo/pending_doubts.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "lib/sketch/limits.h"

namespace slod {
namespace {

/// A bucket that is not in doubt counted none of the events: below those that are, since they were
/// slower, and at +Inf, since they are no more events but faster ones.
void complete(BucketCounts& buckets, std::span<const double> bounds) {
  if (buckets.bounds.empty()) return;
  const double lowest = buckets.bounds.front();
  for (const double bound : bounds) {
    if (bound < lowest) buckets.count(bound, 0);
  }
  if (buckets.bounds.back() != infinity) buckets.count(infinity, 0);
}

}  // namespace

void PendingDoubts::add(const std::string& source, Role role, double le, bool subtracted,
                        const DoubtfulEvents& events) {
  // What may be too much of what is taken off is too little of the rest.
  const bool is_counted = events.is_counted != subtracted;
  const std::uint32_t series = role == Role::bucket ? 0 : events.series;
  counts_[{events.reason, is_counted, source, events.when.begin, events.when.end, series}].add(
      role, le, events.events);
}

std::vector<Doubt> PendingDoubts::take(const Sli& sli, std::span<const double> bounds) {
  std::map<std::tuple<DoubtReason, std::string, Instant, Instant, bool, bool>, Events> sums;
  for (auto& [key, counts] : counts_) {
    const auto& [reason, is_counted, source, begin, end, series] = key;
    complete(counts.buckets, bounds);
    const Events in_doubt = events(sli, counts);
    const double total = std::max(0.0, in_doubt.total);
    const double bad = std::clamp(in_doubt.bad, 0.0, total);
    const auto note = [&](bool counted, bool changes_sides, const Events& some) {
      if (!(some.total > 0)) return;
      Events& sum = sums[{reason, source, begin, end, counted, changes_sides}];
      sum.total += some.total;
      sum.bad += some.bad;
    };
    note(is_counted, false, {total, bad});
    // Bad ones beyond the total were perhaps good; good ones beyond it were perhaps bad.
    const double beyond = in_doubt.bad - bad;
    const double changed = std::abs(beyond);
    note(beyond > 0 ? is_counted : !is_counted, true, {changed, changed});
  }
  counts_.clear();
  std::vector<Doubt> doubts;
  for (const auto& [what, sum] : sums) {
    const auto& [reason, source, begin, end, is_counted, changes_sides] = what;
    doubts.push_back({.reason = reason,
                      .source = source,
                      .is_counted = is_counted,
                      .changes_sides = changes_sides,
                      .total = sum.total,
                      .bad = sum.bad,
                      .when = {begin, end}});
  }
  return doubts;
}

std::vector<PendingDoubts::Touched> PendingDoubts::take_times() {
  std::vector<Touched> times;
  for (const auto& [key, counts] : std::exchange(counts_, {})) {
    const Interval when{key.begin, key.end};
    const bool is_known =
        !times.empty() && times.back().source == key.source && times.back().when == when;
    if (!is_known) times.push_back({key.reason, key.source, when});
  }
  return times;
}

}  // namespace slod
