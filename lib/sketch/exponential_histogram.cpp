#include "lib/sketch/exponential_histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace slod {
namespace {

constexpr double largest = std::numeric_limits<double>::max();

/// How much of a bucket (lower, upper] is at or under `at`, if its values spread evenly over the
/// logarithm. 0 <= lower < at <= upper.
double share_of_bucket(double lower, double at, double upper) {
  return lower > 0 ? std::log2(at / lower) / std::log2(upper / lower) : at / upper;
}

CountBelow partly(std::uint64_t before, std::uint64_t in_bucket, double share) {
  return {.lower = before,
          .estimate = static_cast<double>(before) + static_cast<double>(in_bucket) * share,
          .upper = before + in_bucket};
}

CountBelow exactly(std::uint64_t count) {
  return partly(count, 0, 0);
}

std::unexpected<std::string> too_many(std::uint64_t most) {
  return std::unexpected(
      fmt::format("expected at most {} values in one histogram, found more", most));
}

std::unexpected<std::string> not_earlier() {
  return std::unexpected(
      std::string("expected an earlier state of the same histogram, found one that counts more in "
                  "some bucket"));
}

}  // namespace

ExponentialHistogram::ExponentialHistogram(int schema, double zero_threshold,
                                           std::size_t buckets_max)
    : schema_(schema), zero_threshold_(zero_threshold), buckets_max_(buckets_max) {
  assert(schema >= schema_min && schema <= schema_max);
  assert(zero_threshold >= 0 && zero_threshold <= largest);
  assert(buckets_max >= buckets_max_least && buckets_max <= buckets_max_most);
}

std::expected<ExponentialHistogram, std::string> ExponentialHistogram::from_buckets(
    const ExponentialBuckets& buckets, std::size_t buckets_max) {
  constexpr int finest_schema = 20;
  const int schema = buckets.schema;
  if (schema < schema_min || schema > finest_schema) {
    return std::unexpected(fmt::format("expected a schema from {} to {}, found {}", schema_min,
                                       finest_schema, schema));
  }
  const double threshold = buckets.zero_threshold;
  if (!(threshold >= 0 && threshold <= largest)) {
    return std::unexpected(
        fmt::format("expected a finite zero threshold of at least 0, found {}", threshold));
  }
  if (buckets.zero_count > count_max) return too_many(count_max);

  ExponentialHistogram result(std::min(schema, schema_max), threshold, buckets_max);
  result.count_ = result.zero_count_ = buckets.zero_count;
  result.sums_[0] = buckets.sum;
  for (auto [run, given] : {std::pair{&result.positive_, &buckets.positive},
                            std::pair{&result.negative_, &buckets.negative}}) {
    std::int64_t least = index_min(schema);
    for (const auto& [index, count] : *given) {
      if (index < least || index > index_max(schema)) {
        return std::unexpected(
            fmt::format("expected ascending bucket indices from {} to {} at schema {}, found {}",
                        index_min(schema), index_max(schema), schema, index));
      }
      least = index + 1;
      if (count > count_max - result.count_) return too_many(count_max);
      result.count_ += count;
      const int kept = static_cast<int>(coarser_index(index, schema - result.schema_));
      if (bucket_upper_bound(kept, result.schema_) <= threshold) {
        result.zero_count_ += count;
      } else {
        result.add(*run, kept, count);
      }
    }
  }
  return result;
}

/// Adds to a bucket anywhere, at whatever resolution then fits. `index` is at the schema before.
void ExponentialHistogram::add(BucketRun& run, int index, std::uint64_t count) {
  if (count == 0) return;
  const BucketRun& other = &run == &positive_ ? negative_ : positive_;
  while (run.size_with(index) + other.size() > buckets_max_) {
    downscale(schema_ - 1);
    index = static_cast<int>(coarser_index(index, 1));
  }
  run.add(index, count);
}

void ExponentialHistogram::downscale(int to_schema) {
  assert(to_schema >= schema_min);
  if (to_schema >= schema_) return;
  positive_.coarsen(schema_ - to_schema);
  negative_.coarsen(schema_ - to_schema);
  schema_ = to_schema;
}

/// Raises the zero threshold to `threshold`, or to the upper bound of the bucket in use that holds
/// it, since a bucket cannot be divided.
void ExponentialHistogram::widen_zero_bucket(double threshold) {
  const int index = bucket_index(threshold, schema_);
  const bool in_use = positive_.at(index) > 0 || negative_.at(index) > 0;
  zero_threshold_ = in_use ? bucket_upper_bound(index, schema_) : threshold;
  zero_count_ += positive_.remove_up_to(index) + negative_.remove_up_to(index);
}

bool ExponentialHistogram::aligned_with(const ExponentialHistogram& other) const {
  return schema_ == other.schema_ && zero_threshold_ == other.zero_threshold_;
}

/// Gives both the same zero threshold and the same schema, with as little loss as can be.
void ExponentialHistogram::align(ExponentialHistogram& one, ExponentialHistogram& other) {
  while (one.zero_threshold_ != other.zero_threshold_) {
    ExponentialHistogram& narrower = one.zero_threshold_ < other.zero_threshold_ ? one : other;
    narrower.widen_zero_bucket(std::max(one.zero_threshold_, other.zero_threshold_));
  }
  const int schema = std::min(one.schema_, other.schema_);
  one.downscale(schema);
  other.downscale(schema);
}

std::expected<void, std::string> ExponentialHistogram::merge(const ExponentialHistogram& other) {
  if (other.count_ > count_max - count_) return too_many(count_max);
  const auto fits = [this](const ExponentialHistogram& source) {
    return positive_.size_with(source.positive_) + negative_.size_with(source.negative_) <=
           buckets_max_;
  };
  const auto add_from = [this](const ExponentialHistogram& source) {
    positive_.add(source.positive_);
    negative_.add(source.negative_);
    zero_count_ += source.zero_count_;
    count_ += source.count_;
    sums_[0] += source.sums_[0];
    sums_[1] += source.sums_[1];
  };
  if (aligned_with(other) && fits(other)) {
    add_from(other);
    return {};
  }
  ExponentialHistogram source = other;
  align(*this, source);
  while (!fits(source)) {
    downscale(schema_ - 1);
    source.downscale(schema_);
  }
  add_from(source);
  return {};
}

std::expected<void, std::string> ExponentialHistogram::subtract(
    const ExponentialHistogram& earlier) {
  if (aligned_with(earlier)) {
    if (!counts_at_least(earlier)) return not_earlier();
    take_out(earlier);
    return {};
  }
  ExponentialHistogram before = earlier;
  ExponentialHistogram now = *this;
  align(before, now);
  if (!now.counts_at_least(before)) return not_earlier();
  now.take_out(before);
  *this = std::move(now);
  return {};
}

bool ExponentialHistogram::counts_at_least(const ExponentialHistogram& earlier) const {
  return zero_count_ >= earlier.zero_count_ && positive_.covers(earlier.positive_) &&
         negative_.covers(earlier.negative_);
}

void ExponentialHistogram::take_out(const ExponentialHistogram& earlier) {
  zero_count_ -= earlier.zero_count_;
  count_ -= earlier.count_;
  sums_[0] = count_ == 0 ? 0 : sums_[0] - earlier.sums_[0];
  sums_[1] = count_ == 0 ? 0 : sums_[1] - earlier.sums_[1];
  positive_.subtract(earlier.positive_);
  negative_.subtract(earlier.negative_);
}

bool ExponentialHistogram::operator==(const ExponentialHistogram& other) const {
  return aligned_with(other) && buckets_max_ == other.buckets_max_ && count_ == other.count_ &&
         zero_count_ == other.zero_count_ && sum() == other.sum() && positive_ == other.positive_ &&
         negative_ == other.negative_;
}

/// No value in bucket `index` has a magnitude at or under this one.
double ExponentialHistogram::lower_magnitude(int index) const {
  return std::max(bucket_upper_bound(index - 1, schema_), zero_threshold_);
}

Quantile ExponentialHistogram::bucket_middle(int index) const {
  const double lower = lower_magnitude(index);
  const double upper = bucket_upper_bound(index, schema_);
  const double middle = std::sqrt(lower) * std::sqrt(upper);
  return quantile_within(lower, lower > 0 ? std::clamp(middle, lower, upper) : upper, upper);
}

std::optional<Quantile> ExponentialHistogram::quantile(double q) const {
  if (count_ == 0 || !(q >= 0 && q <= 1)) return std::nullopt;
  const double rank = std::max(1.0, std::ceil(q * static_cast<double>(count_)));
  // Counted from the top, because high quantiles are the ones asked for.
  const std::uint64_t rank_from_top =
      count_ - std::min(static_cast<std::uint64_t>(rank), count_) + 1;

  std::uint64_t seen = 0;
  const auto positive = positive_.counts();
  for (std::size_t i = positive.size(); i-- > 0;) {
    seen += positive[i];
    if (seen >= rank_from_top) return bucket_middle(positive_.first() + static_cast<int>(i));
  }
  seen += zero_count_;
  if (seen >= rank_from_top) return quantile_within(-zero_threshold_, 0, zero_threshold_);
  const auto negative = negative_.counts();
  std::size_t i = 0;
  while (i + 1 < negative.size() && (seen += negative[i]) < rank_from_top) ++i;
  const Quantile mirrored = bucket_middle(negative_.first() + static_cast<int>(i));
  return quantile_within(-mirrored.upper, -mirrored.value, -mirrored.lower);
}

CountBelow ExponentialHistogram::count_below(double value) const {
  if (!(value >= -largest)) return exactly(0);
  if (value > largest) return exactly(count_);
  if (value > zero_threshold_) return count_below_positive(value);
  if (value < -zero_threshold_) return count_below_negative(value);
  const std::uint64_t negative = negative_.sum();
  if (value == zero_threshold_) return exactly(negative + zero_count_);
  return partly(negative, zero_count_, 0.5 + value / zero_threshold_ / 2);
}

CountBelow ExponentialHistogram::count_below_positive(double value) const {
  const int index = bucket_index(value, schema_);
  const double upper = bucket_upper_bound(index, schema_);
  const std::uint64_t before = negative_.sum() + zero_count_ + positive_.sum_up_to(index - 1);
  if (value == upper) return exactly(before + positive_.at(index));
  return partly(before, positive_.at(index), share_of_bucket(lower_magnitude(index), value, upper));
}

CountBelow ExponentialHistogram::count_below_negative(double value) const {
  const int index = bucket_index(-value, schema_);
  const double upper = bucket_upper_bound(index, schema_);
  const std::uint64_t before = negative_.sum() - negative_.sum_up_to(index);
  const double share = share_of_bucket(lower_magnitude(index), -value, upper);
  return partly(before, negative_.at(index), 1 - share);
}

}  // namespace slod
