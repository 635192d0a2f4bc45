#include "lib/query/annotate.h"

#include <fmt/format.h>

#include "lib/text/go_string.h"
#include "lib/text/number.h"

namespace slod::query::annotate {
namespace {

using Severity = Annotations::Severity;

promql::Position position(const Context& context, std::size_t argument) {
  const auto& positions = context.argument_positions;
  return argument < positions.size() ? positions[argument] : context.position;
}

void warn(Context& context, std::size_t argument, std::string_view text) {
  context.annotations.add(Severity::warning, fmt::format("PromQL warning: {}", text),
                          position(context, argument));
}

void inform(Context& context, std::size_t argument, std::string_view text) {
  context.annotations.add(Severity::info, fmt::format("PromQL info: {}", text),
                          position(context, argument));
}

std::string for_metric(std::string_view text, std::string_view metric) {
  if (metric.empty()) return std::string(text);
  return fmt::format("{} for metric name {}", text, go_quoted(metric));
}

std::string of_metric(std::string_view text, std::string_view metric) {
  return fmt::format("{} {}", text, go_quoted(metric));
}

}  // namespace

void mixed_floats_and_histograms(Context& context, std::string_view metric) {
  warn(context, 0, of_metric("encountered a mix of histograms and floats for metric name", metric));
}

void histograms_ignored(Context& context, std::string_view metric) {
  inform(context, 0,
         of_metric("ignored histograms in a range containing both floats and histograms for "
                   "metric name",
                   metric));
}

void mixed_bucket_schemas(Context& context, std::string_view metric) {
  warn(context, 0,
       of_metric("vector contains a mix of histograms with exponential and custom buckets "
                 "schemas for metric name",
                 metric));
}

void not_a_counter(Context& context, std::string_view metric) {
  warn(context, 0, of_metric("this native histogram metric is not a counter:", metric));
}

void not_a_gauge(Context& context, std::string_view metric) {
  warn(context, 0, of_metric("this native histogram metric is not a gauge:", metric));
}

void possibly_no_counter(Context& context, std::string_view metric) {
  if (metric.ends_with("_total") || metric.ends_with("_sum") || metric.ends_with("_count") ||
      metric.ends_with("_bucket")) {
    return;
  }
  if (metric.empty() || context.noted_as_no_counter == metric) return;
  context.noted_as_no_counter = metric;
  inform(context, 0,
         of_metric("metric might not be a counter, name does not end in "
                   "_total/_sum/_count/_bucket:",
                   metric));
}

void starts_overlap(Context& context, std::string_view metric) {
  warn(context, 0,
       of_metric("start time lies before the sample before it for metric name", metric));
}

void custom_bounds_reconciled(Context& context, std::string_view operation) {
  inform(context, 0, fmt::format("mismatched custom buckets were reconciled during {}", operation));
}

void reset_hints_collide(Context& context, std::string_view operation) {
  warn(context, 0, fmt::format("conflicting counter resets during histogram {}", operation));
}

void check_quantile(Context& context, double quantile, std::size_t argument) {
  if (quantile >= 0 && quantile <= 1) return;
  warn(context, argument,
       fmt::format("quantile value should be between 0 and 1, got {}", short_number(quantile)));
}

void bad_bucket_label(Context& context, std::string_view metric, std::string_view le,
                      std::size_t argument) {
  warn(context, argument,
       for_metric(fmt::format("bucket label \"le\" is missing or has a malformed value of {}",
                              go_quoted(le)),
                  metric));
}

void mixed_classic_and_native(Context& context, std::string_view metric, std::size_t argument) {
  warn(context, argument,
       for_metric("vector contains a mix of classic and native histograms", metric));
}

void forced_monotonic(Context& context, std::string_view metric, std::size_t argument) {
  inform(context, argument,
         for_metric("input to histogram_quantile needed to be fixed for monotonicity (see "
                    "https://prometheus.io/docs/prometheus/latest/querying/functions/"
                    "#histogram_quantile)",
                    metric));
}

void quantile_is_nan(Context& context, std::string_view metric, std::size_t argument) {
  inform(context, argument,
         for_metric("input to histogram_quantile has NaN observations, result is NaN", metric));
}

void quantile_is_skewed(Context& context, std::string_view metric, std::size_t argument) {
  inform(context, argument,
         for_metric("input to histogram_quantile has NaN observations, result is skewed higher",
                    metric));
}

void fraction_leaves_out_nan(Context& context, std::string_view metric, std::size_t argument) {
  inform(context, argument,
         for_metric("input to histogram_fraction has NaN observations, which are excluded from "
                    "all fractions",
                    metric));
}

void sort_is_ineffective(Context& context) {
  context.annotations.add(Severity::warning,
                          "PromQL warning: sort is ineffective for range queries since results "
                          "are always ordered by labels",
                          context.position);
}

}  // namespace slod::query::annotate
