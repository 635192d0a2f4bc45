#include "lib/slo/bucket_counts.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "lib/sketch/bucket_quantile.h"

namespace slod {

double BucketCounts::total() const {
  return counts.empty() ? 0 : counts.back();
}

void BucketCounts::count(double le, double events) {
  if (std::isnan(le)) return;
  const auto bound = std::ranges::lower_bound(bounds, le);
  const auto position = bound - bounds.begin();
  if (bound == bounds.end() || *bound != le) {
    bounds.insert(bound, le);
    counts.insert(counts.begin() + position, 0);
  }
  counts[static_cast<std::size_t>(position)] += events;
}

void BucketCounts::add(const BucketCounts& other, double share) {
  if (bounds != other.bounds) {
    std::vector<double> all = merged_bounds(bounds, other.bounds);
    counts = counts_at(all, *this);
    bounds = std::move(all);
  }
  if (bounds == other.bounds) {
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += other.counts[i] * share;
    return;
  }
  const std::vector<double> added = counts_at(bounds, other);
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += added[i] * share;
}

std::vector<double> counts_at(std::span<const double> bounds, const BucketCounts& from) {
  std::vector<double> counts;
  counts.reserve(bounds.size());
  for (const double bound : bounds) {
    counts.push_back(count_at_or_below(from.bounds, from.counts, bound));
  }
  return counts;
}

std::vector<double> merged_bounds(std::span<const double> a, std::span<const double> b) {
  std::vector<double> all;
  all.reserve(a.size() + b.size());
  std::ranges::set_union(a, b, std::back_inserter(all));
  return all;
}

}  // namespace slod
