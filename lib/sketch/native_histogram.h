#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace slod {

/// A native histogram as PromQL computes with it: float counts, which may be negative after a
/// subtraction. Bucket i of an exponential schema holds (base^(i-1), base^i], base = 2^(2^-schema),
/// mirrored for `negative`; bucket i of custom buckets holds (custom_bounds[i-1],
/// custom_bounds[i]], from -Inf for i = 0 and to +Inf for i = custom_bounds.size(). Source:
/// Prometheus, "Native Histograms" specification.
struct NativeHistogram {
  static constexpr int custom_buckets = -53;  ///< the schema of histograms with custom bounds
  enum class ResetHint : std::uint8_t { unknown, reset, not_reset, gauge };

  struct Bucket {
    std::int32_t index = 0;
    double count = 0;
    bool operator==(const Bucket&) const = default;
  };
  /// A bucket with its bounds, as the API and histogram_quantile need it.
  struct Range {
    double lower = 0;
    double upper = 0;
    bool lower_inclusive = false;
    bool upper_inclusive = false;
    double count = 0;
  };

  int schema = 0;
  double zero_threshold = 0;
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<Bucket> positive = {};  ///< indices strictly ascending
  std::vector<Bucket> negative = {};
  std::vector<double> custom_bounds = {};  ///< only with custom_buckets; without +Inf
  ResetHint hint = ResetHint::unknown;

  bool uses_custom_buckets() const { return schema == custom_buckets; }
  bool operator==(const NativeHistogram&) const = default;
};

/// Histograms are immutable once they are samples, and shared.
using HistogramPtr = std::shared_ptr<const NativeHistogram>;

// All functions take histograms whose schema is -4 to 8 or custom_buckets, with bucket indices of
// custom buckets from 0 to custom_bounds.size(). The semantics are those of Prometheus 3
// (model/histogram/float_histogram.go) unless something else is said.

/// Multiplies all counts and the sum. A negative factor makes the histogram a gauge.
void scale(NativeHistogram& histogram, double factor);

/// Divides all counts and the sum. A negative divisor makes the histogram a gauge; by 0, counts
/// and sum become infinite or NaN and there are no buckets left.
void divide(NativeHistogram& histogram, double divisor);

/// Drops the buckets that count nothing, which changes no answer but `==` of the struct.
void compact(NativeHistogram& histogram);

/// Whether PromQL's == holds: the same layout and, bit for bit, the same counts, so that NaN equals
/// itself. Hints are ignored. Unlike in Prometheus a bucket of count 0 is as none, for whether one
/// is written down depends on how the histogram came here.
bool equals(const NativeHistogram& one, const NativeHistogram& other);

/// Unites buckets until the schema is `to_schema`, -4 to 8. Does nothing for a schema that is as
/// low already, and for custom buckets.
void reduce_resolution(NativeHistogram& histogram, int to_schema);

/// A copy with at most the resolution of `to_schema`, see reduce_resolution.
NativeHistogram copy_to_schema(const NativeHistogram& histogram, int to_schema);

/// Whether the counter that `previous` came from was reset before `current`: some count, of
/// buckets too, has fallen, or the resolution has risen, or the zero bucket has become narrower or
/// now ends inside a bucket that was populated. Buckets with different custom bounds are compared
/// as far as bounds are in both. The hint of `current` decides alone if it is reset or not_reset.
bool detect_reset(const NativeHistogram& current, const NativeHistogram& previous);

/// Whether a count, the sum or a custom bound is infinite.
bool has_overflow(const NativeHistogram& histogram);

/// The buckets that count something, ascending. A bucket that begins inside the zero bucket is cut
/// at its bound. The zero bucket is among them if its count is above 0.
std::vector<NativeHistogram::Range> ranges(const NativeHistogram& histogram);

/// What Prometheus's query API writes for which bounds belong to the bucket: 0 the upper, 1 the
/// lower, 2 none, 3 both.
int boundary_rule(const NativeHistogram::Range& range);

/// As Prometheus prints it: {count:10, sum:20, [-4,-2):2, [-0.001,0.001]:1, (1,2]:7}.
std::string to_text(const NativeHistogram& histogram);

}  // namespace slod
