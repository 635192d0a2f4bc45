#include <algorithm>

#include "lib/sketch/native_histogram.h"
#include "lib/sketch/native_histogram_parts.h"

namespace slod {
namespace {

/// Whether a bucket counts less than before. Both are ascending.
bool any_fell(const HistogramParts::Buckets& current, const HistogramParts::Buckets& previous) {
  auto now = current.begin();
  for (const auto& [index, count] : previous) {
    now = std::ranges::lower_bound(now, current.end(), index, {}, &HistogramParts::Bucket::index);
    const bool kept = now != current.end() && now->index == index;
    if (kept ? now->count.value < count.value : count.value != 0) return true;
  }
  return false;
}

bool custom_buckets_fell(HistogramParts current, HistogramParts previous) {
  if (current.custom_bounds != previous.custom_bounds) keep_common_bounds(current, previous);
  return any_fell(current.positive, previous.positive);
}

/// Drops the buckets that the zero bucket covers, of which nothing is known but in the zero bucket.
void drop_covered(HistogramParts& parts) {
  const auto covered = [&parts](const HistogramParts::Bucket& bucket) {
    return exponential_bound(bucket.index, parts.schema) <= parts.zero_threshold;
  };
  std::erase_if(parts.positive, covered);
  std::erase_if(parts.negative, covered);
}

bool exponential_buckets_fell(const HistogramParts& current, HistogramParts previous) {
  if (current.schema > previous.schema) return true;
  if (current.zero_threshold < previous.zero_threshold) return true;
  widen_zero_bucket(previous, current.zero_threshold);
  if (previous.zero_threshold != current.zero_threshold) return true;
  if (current.zero_count.value < previous.zero_count.value) return true;
  drop_covered(previous);
  coarsen(previous, current.schema);
  return any_fell(current.positive, previous.positive) ||
         any_fell(current.negative, previous.negative);
}

}  // namespace

bool detect_reset(const NativeHistogram& current, const NativeHistogram& previous) {
  if (current.hint == NativeHistogram::ResetHint::reset) return true;
  if (current.hint == NativeHistogram::ResetHint::not_reset) return false;
  if (current.count < previous.count) return true;
  if (current.uses_custom_buckets() != previous.uses_custom_buckets()) return true;
  if (current.uses_custom_buckets()) {
    return custom_buckets_fell(HistogramParts(current), HistogramParts(previous));
  }
  return exponential_buckets_fell(HistogramParts(current), HistogramParts(previous));
}

}  // namespace slod
