#include "lib/slo/bucket_window.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lib/sketch/bucket_quantile.h"
#include "lib/sketch/limits.h"

namespace slod {
namespace {

constexpr std::int64_t bucket_precision = 32;

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
  return bucket_quantile(counts.bounds, counts.counts, q);
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
