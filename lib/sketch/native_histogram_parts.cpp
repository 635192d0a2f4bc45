#include "lib/sketch/native_histogram_parts.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

#include "lib/sketch/exponential_buckets.h"
#include "lib/sketch/limits.h"

namespace slod {
namespace {

double custom_bound(const std::vector<double>& bounds, std::int64_t index) {
  if (index < 0) return -infinity;
  if (index >= std::ssize(bounds)) return infinity;
  return bounds[static_cast<std::size_t>(index)];
}

std::vector<HistogramParts::Bucket> parts_of(const std::vector<NativeHistogram::Bucket>& buckets) {
  std::vector<HistogramParts::Bucket> parts;
  parts.reserve(buckets.size());
  for (const auto& [index, count] : buckets) parts.push_back({index, {count}});
  return parts;
}

std::vector<NativeHistogram::Bucket> buckets_of(const std::vector<HistogramParts::Bucket>& parts,
                                                bool compensated) {
  std::vector<NativeHistogram::Bucket> buckets;
  buckets.reserve(parts.size());
  for (const auto& [index, count] : parts) {
    buckets.push_back({index, compensated ? count.total() : count.value});
  }
  return buckets;
}

/// `threshold`, or the bound of the populated bucket that it lies inside of.
double threshold_outside(const std::vector<HistogramParts::Bucket>& buckets, int schema,
                         double threshold) {
  for (const auto& [index, count] : buckets) {
    if (exponential_bound(std::int64_t{index} - 1, schema) >= threshold) break;
    const double upper = exponential_bound(index, schema);
    if (upper > threshold && count.value != 0) return upper;
  }
  return threshold;
}

void move_into_zero_bucket(HistogramParts& parts, std::vector<HistogramParts::Bucket>& buckets) {
  for (auto& [index, count] : buckets) {
    if (exponential_bound(std::int64_t{index} - 1, parts.schema) >= parts.zero_threshold) break;
    parts.zero_count.add(count);
    count = {};
  }
  std::erase_if(buckets, [](const auto& bucket) { return bucket.count.value == 0; });
}

void coarsen_buckets(std::vector<HistogramParts::Bucket>& buckets, int steps) {
  std::vector<HistogramParts::Bucket> coarser;
  for (const auto& [index, count] : buckets) {
    const auto united = static_cast<std::int32_t>(coarser_index(index, steps));
    if (coarser.empty() || coarser.back().index != united) coarser.push_back({united, {}});
    coarser.back().count.add(count);
  }
  buckets = std::move(coarser);
}

/// Moves what custom buckets count to buckets with `bounds`, all of which they have already.
void keep_bounds(HistogramParts& parts, const std::vector<double>& bounds) {
  std::vector<CompensatedSum> counts(bounds.size() + 1);
  for (const auto& [index, count] : parts.positive) {
    const auto bucket = static_cast<std::size_t>(index);
    const auto kept = bucket < parts.custom_bounds.size()
                          ? std::ranges::lower_bound(bounds, parts.custom_bounds[bucket])
                          : bounds.end();
    counts[static_cast<std::size_t>(kept - bounds.begin())].add(count);
  }
  parts.positive.clear();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].value == 0 && counts[i].lost == 0) continue;
    parts.positive.push_back({static_cast<std::int32_t>(i), counts[i]});
  }
  parts.custom_bounds = bounds;
}

}  // namespace

void CompensatedSum::add(CompensatedSum summand) {
  add(summand.value);
  add(summand.lost);
}

HistogramParts::HistogramParts(const NativeHistogram& histogram)
    : schema(histogram.schema),
      zero_threshold(histogram.zero_threshold),
      zero_count{histogram.zero_count},
      count{histogram.count},
      sum{histogram.sum},
      positive(parts_of(histogram.positive)),
      negative(parts_of(histogram.negative)),
      custom_bounds(histogram.custom_bounds),
      hint(histogram.hint) {}

NativeHistogram histogram_of(const HistogramParts& parts, bool compensated) {
  const auto number = [compensated](CompensatedSum sum) {
    return compensated ? sum.total() : sum.value;
  };
  return {.schema = parts.schema,
          .zero_threshold = parts.zero_threshold,
          .zero_count = number(parts.zero_count),
          .count = number(parts.count),
          .sum = number(parts.sum),
          .positive = buckets_of(parts.positive, compensated),
          .negative = buckets_of(parts.negative, compensated),
          .custom_bounds = parts.custom_bounds,
          .hint = parts.hint};
}

double exponential_bound(std::int64_t index, int schema) {
  assert(schema != NativeHistogram::custom_buckets);
  if (index < index_min(schema)) return 0;
  if (index > index_max(schema)) return infinity;
  return bucket_upper_bound(static_cast<int>(index), schema);
}

NativeHistogram::Range positive_range(const NativeHistogram& histogram,
                                      NativeHistogram::Bucket bucket) {
  const auto bound = [&histogram](std::int64_t index) {
    return histogram.uses_custom_buckets() ? custom_bound(histogram.custom_bounds, index)
                                           : exponential_bound(index, histogram.schema);
  };
  return {.lower = bound(std::int64_t{bucket.index} - 1),
          .upper = bound(bucket.index),
          .lower_inclusive = histogram.uses_custom_buckets() && bucket.index == 0,
          .upper_inclusive = true,
          .count = bucket.count};
}

NativeHistogram::Range negative_range(const NativeHistogram& histogram,
                                      NativeHistogram::Bucket bucket) {
  return {.lower = -exponential_bound(bucket.index, histogram.schema),
          .upper = -exponential_bound(std::int64_t{bucket.index} - 1, histogram.schema),
          .lower_inclusive = true,
          .upper_inclusive = false,
          .count = bucket.count};
}

NativeHistogram::Range zero_range(const NativeHistogram& histogram) {
  return {.lower = -histogram.zero_threshold,
          .upper = histogram.zero_threshold,
          .lower_inclusive = true,
          .upper_inclusive = true,
          .count = histogram.zero_count};
}

void widen_zero_bucket(HistogramParts& parts, double threshold) {
  assert(threshold >= parts.zero_threshold && !parts.uses_custom_buckets());
  if (threshold == parts.zero_threshold) return;
  double outside = threshold;
  do {
    threshold = outside;
    outside = threshold_outside(parts.positive, parts.schema, outside);
    outside = threshold_outside(parts.negative, parts.schema, outside);
  } while (outside > threshold);
  parts.zero_threshold = threshold;
  move_into_zero_bucket(parts, parts.positive);
  move_into_zero_bucket(parts, parts.negative);
}

void coarsen(HistogramParts& parts, int to_schema) {
  const int steps = parts.schema - to_schema;
  assert(steps >= 0 && !parts.uses_custom_buckets());
  if (steps == 0) return;
  coarsen_buckets(parts.positive, steps);
  coarsen_buckets(parts.negative, steps);
  parts.schema = to_schema;
}

void keep_common_bounds(HistogramParts& one, HistogramParts& other) {
  std::vector<double> bounds;
  std::ranges::set_intersection(one.custom_bounds, other.custom_bounds, std::back_inserter(bounds));
  keep_bounds(one, bounds);
  keep_bounds(other, bounds);
}

}  // namespace slod
