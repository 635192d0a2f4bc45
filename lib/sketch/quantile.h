#pragma once

#include <optional>

namespace slod {

/// A quantile as counts in buckets know it: an estimate inside an interval. The true quantile, the
/// smallest event x such that at least a share q of the events is at most x, lies in the interval
/// for certain; the bounds are infinite where nothing more is known.
struct Quantile {
  double value = 0;  ///< the estimate, lower <= value <= upper, finite
  double lower = 0;
  double upper = 0;
  /// How far the truth can be from `value`, as a share of |value|: 0.005 is half a percent.
  /// nullopt where no such bound exists: an infinite interval, or an estimate of 0.
  std::optional<double> relative_error;

  bool operator==(const Quantile&) const = default;
};

/// Fills in relative_error = max(value - lower, upper - value) / |value|, which is 0 for an
/// interval of one point.
Quantile quantile_within(double lower, double value, double upper);

}  // namespace slod
