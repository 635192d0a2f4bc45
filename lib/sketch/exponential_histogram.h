#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/sketch/bucket_run.h"
#include "lib/sketch/exponential_buckets.h"
#include "lib/sketch/quantile.h"

namespace slod {

/// Buckets as a native or an exponential histogram sends them. Indices are Prometheus's: bucket i
/// holds (base^(i-1), base^i], and its mirror image for negative values. OpenTelemetry's offset + k
/// is index offset + k + 1 here.
struct ExponentialBuckets {
  using Bucket = std::pair<std::int64_t, std::uint64_t>;  ///< index and count

  int schema = 0;             ///< -4 to 20; above 8 the buckets are united down to schema 8
  double zero_threshold = 0;  ///< finite, at least 0
  std::uint64_t zero_count = 0;
  double sum = 0;
  std::vector<Bucket> positive = {};  ///< indices strictly ascending
  std::vector<Bucket> negative = {};  ///< by magnitude, indices strictly ascending
};

/// How many values are at most a bound: between `lower` and `upper` for certain, and `estimate`.
struct CountBelow {
  std::uint64_t lower = 0;
  double estimate = 0;
  std::uint64_t upper = 0;
};

/// A histogram of finite values with buckets as wide as they are far from 0, so that a quantile has
/// a bounded relative error. With base = 2^(2^-schema), bucket i counts the values in
/// (base^(i-1), base^i], negative values have the mirrored buckets, and all values within
/// +-zero_threshold share the zero bucket. These are the buckets of Prometheus's native and
/// OpenTelemetry's exponential histograms, which therefore merge in without any loss.
///
/// A quantile's relative error is at most sqrt(base) - 1: 0.55 % at schema 6, 0.14 % at 8, 41 % at
/// 0. When values would need more than `buckets_max` buckets from the lowest to the highest in use,
/// the schema goes down until they fit, and quantiles report the bound that then holds. The schema
/// depends on which values were counted, never on their order.
///
/// A histogram is a cumulative value: histograms of two streams add up by merge, and what happened
/// between two states of one stream is the later minus the earlier. Not safe for use by two threads
/// while one of them changes it.
class ExponentialHistogram {
 public:
  static constexpr int default_schema = 6;
  /// What Prometheus's client libraries use; in practice only 0 itself is as small.
  static constexpr double default_zero_threshold = 0x1p-128;
  /// At schema 6 these are 32 powers of two, such as 1 us to 71 min, before resolution halves. A
  /// run is only as long as the values are spread: latencies from 1 ms to 10 s take 851 buckets of
  /// 8 bytes. The 160 or 320 that OpenTelemetry clients use would leave 2.5 or 5 powers of two.
  static constexpr std::size_t default_buckets_max = 2048;
  /// With fewer, schema -4 could not hold every double.
  static constexpr std::size_t buckets_max_least = 264;
  static constexpr std::size_t buckets_max_most = 65536;
  static constexpr std::uint64_t count_max = std::uint64_t{1} << 62;

  /// schema in -4..8, zero_threshold finite and at least 0, buckets_max (of both signs together)
  /// in buckets_max_least..buckets_max_most.
  explicit ExponentialHistogram(int schema = default_schema,
                                double zero_threshold = default_zero_threshold,
                                std::size_t buckets_max = default_buckets_max);

  /// Error: the first thing in `buckets` that no finite values could have made.
  static std::expected<ExponentialHistogram, std::string> from_buckets(
      const ExponentialBuckets& buckets, std::size_t buckets_max = default_buckets_max);

  /// Counts `value` `count` times. False, and nothing is counted, if the value is an infinity or no
  /// number, or if count() would pass count_max.
  [[nodiscard]] bool insert(double value, std::uint64_t count = 1);

  /// Counts all that `other` counted. Of two schemas the coarser, of two zero thresholds the larger
  /// one is kept; a zero threshold inside a bucket in use moves up to the bucket's bound. Error,
  /// and nothing is changed: count() would pass count_max.
  [[nodiscard]] std::expected<void, std::string> merge(const ExponentialHistogram& other);

  /// Leaves what was counted since `earlier`: the inverse of merge. Resolution is the coarser of
  /// the two. Error, and nothing is changed: `earlier` counts in some bucket more than this, so it
  /// is no earlier state of this.
  [[nodiscard]] std::expected<void, std::string> subtract(const ExponentialHistogram& earlier);

  /// Lowers the resolution, as if all values had been inserted at `to_schema` (at least -4). Does
  /// nothing if the schema is that low already.
  void downscale(int to_schema);

  /// The smallest value such that at least ceil(q * count()), and at least one, are at most as
  /// large. The estimate is the geometric middle of its bucket, from which both ends are equally
  /// far in relation. The error is above sqrt(base) - 1 only for values under 2^-1022, and not
  /// bounded in the zero bucket. nullopt: nothing counted, or q outside [0, 1].
  std::optional<Quantile> quantile(double q) const;

  /// How many values are at most `value`: exact at bucket bounds above 0. Inside a bucket the
  /// estimate is interpolated as Prometheus does: exponentially, linearly in the zero bucket.
  /// Nothing is at most NaN.
  CountBelow count_below(double value) const;

  std::uint64_t count() const { return count_; }
  /// The sum of the values, with the rounding errors of adding doubles. As IEEE 754 has it,
  /// infinite or NaN once it left the range of double, or if a merged native histogram had observed
  /// these.
  double sum() const { return sums_[0] + sums_[1]; }
  int schema() const { return schema_; }
  double zero_threshold() const { return zero_threshold_; }
  /// From the lowest to the highest bucket in use, of both signs together.
  std::size_t buckets() const { return positive_.size() + negative_.size(); }

  /// A versioned form for storing, about one or two bytes for each bucket in use.
  std::string bytes() const;
  /// Reads what bytes() wrote. Error: what was expected and where; any input is safe.
  static std::expected<ExponentialHistogram, std::string> from_bytes(std::string_view bytes);

  /// The same counts, sum and layout.
  bool operator==(const ExponentialHistogram& other) const;

 private:
  void count_in(BucketRun& run, double magnitude, std::uint64_t count);
  void add(BucketRun& run, int index, std::uint64_t count);
  void widen_zero_bucket(double threshold);
  static void align(ExponentialHistogram& one, ExponentialHistogram& other);
  bool aligned_with(const ExponentialHistogram& other) const;
  bool counts_at_least(const ExponentialHistogram& earlier) const;
  void take_out(const ExponentialHistogram& earlier);
  double lower_magnitude(int index) const;
  Quantile bucket_middle(int index) const;
  CountBelow count_below_positive(double value) const;
  CountBelow count_below_negative(double value) const;

  int schema_;
  double zero_threshold_;
  std::size_t buckets_max_;
  std::uint64_t zero_count_ = 0;
  std::uint64_t count_ = 0;
  /// Two partial sums, added to in turn, so that an addition need not wait for the one before.
  std::array<double, 2> sums_{};
  BucketRun positive_;
  BucketRun negative_;
};

// Inline, because these run once for every event, and a constant count of 1 then costs nothing.
inline bool ExponentialHistogram::insert(double value, std::uint64_t count) {
  if (!std::isfinite(value) || count > count_max - count_) return false;
  count_ += count;
  sums_[count_ & 1] += value * static_cast<double>(count);
  if (value > zero_threshold_) {
    count_in(positive_, value, count);
  } else if (value < -zero_threshold_) {
    count_in(negative_, -value, count);
  } else {
    zero_count_ += count;
  }
  return true;
}

inline void ExponentialHistogram::count_in(BucketRun& run, double magnitude, std::uint64_t count) {
  const int index = bucket_index(magnitude, schema_);
  if (!run.add_inside(index, count)) [[unlikely]] {
    add(run, index, count);
  }
}

}  // namespace slod
