#include "lib/sketch/native_histogram_sum.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace slod {
namespace {

using ResetHint = NativeHistogram::ResetHint;

/// Calls `change` with every number but the bounds.
template <typename Change>
void change_counts(HistogramParts& parts, Change change) {
  change(parts.zero_count);
  change(parts.count);
  change(parts.sum);
  for (HistogramParts::Bucket& bucket : parts.positive) change(bucket.count);
  for (HistogramParts::Bucket& bucket : parts.negative) change(bucket.count);
}

void negate(HistogramParts& parts) {
  change_counts(parts, [](CompensatedSum& sum) { sum = {-sum.value, -sum.lost}; });
}

/// Each widening ends at a bound of one of the two, of which there are finitely many.
void align_zero_buckets(HistogramParts& one, HistogramParts& other) {
  while (one.zero_threshold < other.zero_threshold) {
    widen_zero_bucket(one, other.zero_threshold);
    if (other.zero_threshold < one.zero_threshold) widen_zero_bucket(other, one.zero_threshold);
  }
}

/// Buckets of `from` that the zero bucket covers are left out: the zero bucket counts them.
bool covered(const HistogramParts& into, std::int32_t index) {
  return !into.uses_custom_buckets() &&
         exponential_bound(index, into.schema) <= into.zero_threshold;
}

void add_buckets(const HistogramParts& into, HistogramParts::Buckets& buckets,
                 const HistogramParts::Buckets& from) {
  auto summand = std::ranges::find_if_not(
      from, [&into](const auto& bucket) { return covered(into, bucket.index); });
  if (summand == from.end()) return;
  HistogramParts::Buckets merged;
  merged.reserve(buckets.size() + from.size());
  for (const HistogramParts::Bucket& bucket : buckets) {
    for (; summand != from.end() && summand->index < bucket.index; ++summand) {
      merged.push_back(*summand);
    }
    merged.push_back(bucket);
    if (summand == from.end() || summand->index != bucket.index) continue;
    merged.back().count.add(summand->count);
    ++summand;
  }
  merged.insert(merged.end(), summand, from.end());
  buckets = std::move(merged);
}

ResetHint combined_hint(ResetHint one, ResetHint other) {
  if (one == other) return one;
  return one == ResetHint::gauge || other == ResetHint::gauge ? ResetHint::gauge
                                                              : ResetHint::unknown;
}

CombinedHistogram plainly_combined(const HistogramSum& sum) {
  return {sum.uncompensated(), sum.reset_collision(), sum.bounds_reconciled()};
}

}  // namespace

std::expected<CombinedHistogram, std::string> add(const NativeHistogram& one,
                                                  const NativeHistogram& other) {
  HistogramSum sum(one);
  if (auto added = sum.add(other); !added) return std::unexpected(std::move(added.error()));
  return plainly_combined(sum);
}

std::expected<CombinedHistogram, std::string> subtract(const NativeHistogram& from,
                                                       const NativeHistogram& other) {
  HistogramSum sum(from);
  if (auto taken = sum.subtract(other); !taken) return std::unexpected(std::move(taken.error()));
  return plainly_combined(sum);
}

HistogramSum::HistogramSum(const NativeHistogram& first) : parts_(first) {
  note_hint(first.hint);
}

std::expected<void, std::string> HistogramSum::add(const NativeHistogram& next) {
  return combine(HistogramParts(next));
}

std::expected<void, std::string> HistogramSum::subtract(const NativeHistogram& next) {
  HistogramParts parts(next);
  negate(parts);
  return combine(std::move(parts));
}

std::expected<void, std::string> HistogramSum::combine(HistogramParts next) {
  const bool custom = parts_.uses_custom_buckets();
  if (custom != next.uses_custom_buckets()) {
    return std::unexpected(custom
                               ? "expected a histogram with custom buckets, found exponential ones"
                               : "expected a histogram with exponential buckets, found custom "
                                 "ones");
  }
  if (!custom) {
    align_zero_buckets(parts_, next);
    align_zero_buckets(next, parts_);
    const int schema = std::min(parts_.schema, next.schema);
    coarsen(parts_, schema);
    coarsen(next, schema);
  } else if (parts_.custom_bounds != next.custom_bounds) {
    keep_common_bounds(parts_, next);
    bounds_reconciled_ = true;
  }
  parts_.zero_count.add(next.zero_count);
  parts_.count.add(next.count);
  parts_.sum.add(next.sum);
  add_buckets(parts_, parts_.positive, next.positive);
  add_buckets(parts_, parts_.negative, next.negative);
  parts_.hint = combined_hint(parts_.hint, next.hint);
  note_hint(next.hint);
  return {};
}

void HistogramSum::scale(double factor) {
  change_counts(parts_,
                [factor](CompensatedSum& sum) { sum = {sum.value * factor, sum.lost * factor}; });
}

void HistogramSum::divide(double divisor) {
  change_counts(
      parts_, [divisor](CompensatedSum& sum) { sum = {sum.value / divisor, sum.lost / divisor}; });
}

NativeHistogram HistogramSum::total() const {
  return histogram_of(parts_, true);
}

NativeHistogram HistogramSum::uncompensated() const {
  return histogram_of(parts_, false);
}

bool HistogramSum::has_overflow() const {
  return slod::has_overflow(uncompensated());
}

void HistogramSum::note_hint(ResetHint hint) {
  reset_seen_ |= hint == ResetHint::reset;
  not_reset_seen_ |= hint == ResetHint::not_reset;
}

std::expected<void, std::string> HistogramMean::add(const NativeHistogram& next) {
  if (!moving_) {
    HistogramSum sum = sum_;
    if (auto added = sum.add(next); !added) return added;
    if (!sum.has_overflow()) {
      sum_ = std::move(sum);
      ++count_;
      return {};
    }
    moving_ = true;
    sum_.divide(count_);
  }
  NativeHistogram share = next;
  divide(share, count_ + 1);
  sum_.scale(count_ / (count_ + 1));
  ++count_;
  return sum_.add(share);
}

NativeHistogram HistogramMean::mean() const {
  if (moving_) return sum_.total();
  HistogramSum mean = sum_;
  mean.divide(count_);
  return mean.total();
}

}  // namespace slod
