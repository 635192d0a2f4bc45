#pragma once

#include <span>

namespace slod::query {

/// The quantile q of `values`, linear between the two that q falls between: rank q * (n - 1). Puts
/// them in order, NaN first. -Inf for q < 0, +Inf for q > 1, NaN for q = NaN and without values.
/// Source: Prometheus 3, promql/quantile.go, quantile.
double sample_quantile(double q, std::span<double> values);

}  // namespace slod::query
