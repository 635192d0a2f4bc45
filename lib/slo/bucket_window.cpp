#include "lib/slo/bucket_window.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "lib/sketch/bucket_quantile.h"
#include "lib/sketch/limits.h"
#include "lib/slo/cascade_edge.h"

namespace slod {
namespace {

constexpr std::int64_t bucket_precision = 32;

/// Buckets say nothing of gaps.
constexpr auto no_gap = [](const auto& /*slice*/, Duration /*part*/) { return false; };

/// Widens the interval of a quantile to the buckets that it can be in when any of the doubtful
/// events are added to the certain ones. It is lowest with those at or under its bound and no
/// others, and highest with those above its bound and no others. Counts are cumulative.
Quantile widened(const Quantile& found, std::span<const double> bounds,
                 std::span<const double> certain, std::span<const double> doubtful, double q) {
  double lower = found.lower;
  double upper = found.upper;
  const double all_certain = certain.back();
  const double all = all_certain + doubtful.back();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    const bool can_be_here =
        certain[i] + (1 - q) * doubtful[i] >= q * all_certain && certain[i] + doubtful[i] > 0;
    if (!can_be_here) continue;
    const double first = bounds.front() > 0 ? 0 : -infinity;
    lower = std::min(lower, i == 0 ? first : bounds[i - 1]);
    break;
  }
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    if (certain[i] + q * doubtful[i] < q * all) continue;
    upper = std::max(upper, bounds[i]);
    break;
  }
  return quantile_within(lower, found.value, upper);
}

}  // namespace

void BucketWindow::Counts::add(const Counts& delta, double share) {
  if (values.size() < delta.values.size()) values.resize(delta.values.size());
  for (std::size_t i = 0; i < delta.values.size(); ++i) values[i] += delta.values[i] * share;
}

BucketWindow::Counts BucketWindow::Counts::between(const Counts& lower, const Counts& upper,
                                                   double share) {
  Counts counts = upper;
  for (std::size_t i = 0; i < counts.values.size(); ++i) {
    const double from = i < lower.values.size() ? lower.values[i] : 0;
    counts.values[i] = std::lerp(from, counts.values[i], share);
  }
  return counts;
}

BucketWindow::BucketWindow(Duration resolution, Duration retention)
    : cascade_(resolution, retention, bucket_precision) {}

BucketWindow::BucketWindow(std::vector<double> bounds, Cascade<Counts> cascade)
    : bounds_(std::move(bounds)), cascade_(std::move(cascade)) {}

BucketWindow BucketWindow::restore(Duration resolution, Duration retention, Instant observed_since,
                                   std::vector<double> bounds, std::span<const BucketRow> rows) {
  std::vector<DatedValue<Counts>> snapshots;
  snapshots.reserve(rows.size());
  for (const BucketRow& row : rows) snapshots.push_back({row.at, {row.counts}});
  return BucketWindow(std::move(bounds),
                      Cascade<Counts>::restore(resolution, retention, bucket_precision,
                                               observed_since, std::move(snapshots)));
}

void BucketWindow::begin(Instant first_read) {
  cascade_.begin(first_read);
}

void BucketWindow::record(Interval when, const BucketCounts& events) {
  if (events.bounds.empty()) return;
  if (bounds_ != events.bounds) grow(events.bounds);
  cascade_.add(when, {bounds_ == events.bounds ? events.counts : counts_at(bounds_, events)});
}

/// Takes in the bounds that are new, as far as there is room for all of them.
void BucketWindow::grow(std::span<const double> others) {
  std::vector<double> all = merged_bounds(bounds_, others);
  if (all.back() != infinity) all.push_back(infinity);
  if (all.size() > bounds_max && !bounds_.empty()) return;
  if (all.size() > bounds_max) all.erase(all.begin() + bounds_max - 1, all.end() - 1);
  if (all == bounds_) return;
  cascade_.transform([&](Counts& counts) {
    if (counts.values.empty()) return;  // zeros, whatever the bounds
    counts.values.resize(bounds_.size());
    counts.values = counts_at(all, {bounds_, std::move(counts.values)});
  });
  bounds_ = std::move(all);
}

BucketCounts BucketWindow::over(Interval window) const {
  BucketCounts counts{bounds_, cascade_.at(window.end).values};
  counts.counts.resize(bounds_.size());
  const Counts before = cascade_.at(window.begin);
  for (std::size_t i = 0; i < before.values.size(); ++i) counts.counts[i] -= before.values[i];
  return counts;
}

std::optional<Quantile> BucketWindow::quantile(Interval window, double q) const {
  const BucketCounts counts = over(window);
  const auto found = bucket_quantile(counts.bounds, counts.counts, q);
  if (!found) return found;
  const auto begin = edge_of(cascade_, window.begin, no_gap);
  const auto end = edge_of(cascade_, window.end, no_gap);
  const std::vector<double> certain = counts_between(begin.most, end.least);
  std::vector<double> doubtful = counts_between(begin.least, end.most);
  for (std::size_t i = 0; i < doubtful.size(); ++i)
    doubtful[i] = std::max(0.0, doubtful[i] - certain[i]);
  return doubtful.back() > 0 ? widened(*found, bounds_, certain, doubtful, q) : found;
}

BucketBlur BucketWindow::blur_at(Interval window, double threshold) const {
  const auto bound = std::ranges::lower_bound(bounds_, threshold);
  if (bound == bounds_.end() || *bound == threshold) return {};
  const auto begin = edge_of(cascade_, window.begin, no_gap);
  const auto end = edge_of(cascade_, window.end, no_gap);
  const std::vector<double> counts = counts_between(begin.least, end.most);
  const double certain =
      bound == bounds_.begin() ? 0 : count_at_or_below(bounds_, counts, *std::prev(bound));
  const double good = count_at_or_below(bounds_, counts, threshold);
  return {good - certain, count_at_or_below(bounds_, counts, *bound) - good};
}

/// Never falling from one bound to the next.
std::vector<double> BucketWindow::counts_between(const Counts& earlier, const Counts& later) const {
  std::vector<double> counts(bounds_.size());
  double highest = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double before = i < earlier.values.size() ? earlier.values[i] : 0;
    const double after = i < later.values.size() ? later.values[i] : 0;
    highest = std::max(highest, after - before);
    counts[i] = highest;
  }
  return counts;
}

BucketChanges BucketWindow::take_changes() {
  auto [changed, removed] = cascade_.take_changes();
  BucketChanges changes{{}, std::move(removed)};
  changes.changed.reserve(changed.size());
  for (auto& [at, counts] : changed) {
    counts.values.resize(bounds_.size());
    changes.changed.push_back({at, std::move(counts.values)});
  }
  return changes;
}

}  // namespace slod
