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

}  // namespace slod
