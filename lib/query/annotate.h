#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/query/functions.h"

/// The annotations that functions add to a result, in Prometheus's words. `argument` is the one
/// that the annotation points at. Source: Prometheus 3, util/annotations.
namespace slod::query::annotate {

// For the samples of `metric` in a window; the annotation points at the first argument.
void mixed_floats_and_histograms(Context& context, std::string_view metric);
void histograms_ignored(Context& context, std::string_view metric);
void mixed_bucket_schemas(Context& context, std::string_view metric);
void not_a_counter(Context& context, std::string_view metric);  ///< a native histogram
void not_a_gauge(Context& context, std::string_view metric);    ///< a native histogram
void possibly_no_counter(Context& context, std::string_view metric);
void starts_overlap(Context& context, std::string_view metric);

// For the arithmetic with native histograms. `operation`: addition, subtraction or aggregation.
void custom_bounds_reconciled(Context& context, std::string_view operation);
void reset_hints_collide(Context& context, std::string_view operation);

/// If `quantile` is not from 0 to 1.
void check_quantile(Context& context, double quantile, std::size_t argument);

// For the samples of `metric`, which may be empty, in an instant vector.
void bad_bucket_label(Context& context, std::string_view metric, std::string_view le,
                      std::size_t argument);
void mixed_classic_and_native(Context& context, std::string_view metric, std::size_t argument);
void forced_monotonic(Context& context, std::string_view metric, std::size_t argument);
void quantile_is_nan(Context& context, std::string_view metric, std::size_t argument);
void quantile_is_skewed(Context& context, std::string_view metric, std::size_t argument);
void fraction_leaves_out_nan(Context& context, std::string_view metric, std::size_t argument);

void sort_is_ineffective(Context& context);

}  // namespace slod::query::annotate
