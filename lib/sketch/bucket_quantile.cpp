#include "lib/sketch/bucket_quantile.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "lib/sketch/limits.h"

namespace slod {
namespace {

/// Reads cumulative counts in the order of their bounds and gives them back never falling.
class RepairedCounts {
 public:
  double next(double count) {
    constexpr double rounding = 1e-12;
    if (std::fabs(count - read_) > rounding * count) read_ = count;
    highest_ = std::max(highest_, read_);
    return highest_;
  }

 private:
  double read_ = 0;
  double highest_ = 0;
};

double repaired_total(std::span<const double> cumulative) {
  RepairedCounts counts;
  double total = 0;
  for (const double count : cumulative) total = counts.next(count);
  return total;
}

}  // namespace

std::optional<Quantile> bucket_quantile(std::span<const double> upper_bounds,
                                        std::span<const double> cumulative, double q) {
  assert(upper_bounds.size() == cumulative.size());
  if (upper_bounds.size() < 2 || upper_bounds.back() != infinity) return std::nullopt;
  if (!(q >= 0 && q <= 1)) return std::nullopt;
  const double total = repaired_total(cumulative);
  if (!(total > 0) || !std::isfinite(total)) return std::nullopt;

  const double rank = q * total;
  RepairedCounts counts;
  double below = 0;
  double lower = upper_bounds.front() > 0 ? 0 : -infinity;
  for (std::size_t i = 0; i + 1 < upper_bounds.size(); ++i) {
    const double upper = upper_bounds[i];
    const double count = counts.next(cumulative[i]);
    if (count >= rank && count > 0) {
      if (lower == -infinity) return quantile_within(lower, upper, upper);
      const double share = (rank - below) / (count - below);
      return quantile_within(lower, std::lerp(lower, upper, share), upper);
    }
    below = count;
    lower = upper;
  }
  return quantile_within(lower, lower, infinity);
}

double count_at_or_below(std::span<const double> upper_bounds, std::span<const double> cumulative,
                         double threshold) {
  assert(upper_bounds.size() == cumulative.size());
  if (std::isnan(threshold) || upper_bounds.empty()) return 0;
  RepairedCounts counts;
  double below = 0;
  double lower = upper_bounds.front() > 0 ? 0 : -infinity;
  if (threshold <= lower) return 0;
  for (std::size_t i = 0; i < upper_bounds.size(); ++i) {
    const double upper = upper_bounds[i];
    const double count = counts.next(cumulative[i]);
    if (threshold == upper) return count;
    if (threshold < upper) {
      if (upper == infinity || lower == -infinity) return below;
      // Halves, because the width of a bucket between huge bounds can exceed a double.
      const double share = (threshold / 2 - lower / 2) / (upper / 2 - lower / 2);
      return std::lerp(below, count, share);
    }
    below = count;
    lower = upper;
  }
  return below;
}

}  // namespace slod
