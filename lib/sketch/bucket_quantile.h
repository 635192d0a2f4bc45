#pragma once

#include <optional>
#include <span>

#include "lib/sketch/quantile.h"

namespace slod {

// Classic Prometheus histograms: `upper_bounds` are the values of `le`, strictly ascending, and
// `cumulative` counts, for each, the events at or under it (as many numbers as bounds, counted from
// the beginning or over a window). Counts that fall from one bound to the next are taken as the
// highest count before them, and relative steps up to 1e-12 as rounding, as Prometheus does.

/// The quantile q in [0, 1]. The interval is the bucket that holds the quantile; the first bucket
/// begins at 0 if its bound is above 0, else at -infinity. The value is interpolated linearly in
/// the bucket. In the +Inf bucket the value is the highest finite bound and the interval ends at
/// infinity; in a first bucket that ends at or under 0 the value is its bound.
/// Source: histogram_quantile in Prometheus, promql/quantile.go. Differs for q = 0 only, where
/// empty buckets at the front are skipped.
/// nullopt: no events, q outside [0, 1], no finite bound, or a last bound other than +Inf.
std::optional<Quantile> bucket_quantile(std::span<const double> upper_bounds,
                                        std::span<const double> cumulative, double q);

/// How many events are at most `threshold`: exact where the threshold is a bound, interpolated
/// linearly inside a bucket. Above the highest finite bound it is the count at that bound, for
/// nothing more is known to be under; below the first bound it is interpolated from 0, and 0 if
/// that bound is not above 0. 0 for no buckets and for a threshold that is not a number.
double count_at_or_below(std::span<const double> upper_bounds, std::span<const double> cumulative,
                         double threshold);

}  // namespace slod
