#include <fmt/format.h>

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/query/annotate.h"
#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"
#include "lib/query/histogram_groups.h"
#include "lib/sketch/native_histogram_quantile.h"
#include "lib/text/number.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;

/// The name that an annotation may give: where names go at once, they are gone before it is made.
std::string_view annotated_name(const HistogramGroup& group, const Context& context) {
  return context.options.delayed_name_removal ? group.labels.get("__name__") : std::string_view();
}

void remark_on_mix(const HistogramGroup& group, Context& context, std::size_t argument) {
  annotate::mixed_classic_and_native(context, group.labels.get("__name__"), argument);
}

Column empty_column(const HistogramGroup& group, std::size_t steps) {
  Column column(group.labels, steps);
  column.drops_name = group.drops_name;
  return column;
}

double classic(double q, const HistogramGroup& group, std::vector<ClassicBucket> buckets,
               Context& context, std::size_t argument) {
  const ClassicQuantile result = classic_quantile(q, std::move(buckets));
  if (result.forced_monotonic) {
    annotate::forced_monotonic(context, annotated_name(group, context), argument);
  }
  return result.value;
}

double native(double q, const HistogramGroup& group, const NativeHistogram& histogram,
              Context& context) {
  const HistogramQuantile result = quantile(q, histogram);
  const std::string_view name = annotated_name(group, context);
  if (result.nan_result) annotate::quantile_is_nan(context, name, 0);
  if (result.nan_skew) annotate::quantile_is_skewed(context, name, 0);
  return result.value;
}

void check_quantiles(const ScalarFrame& quantiles, Context& context, std::size_t argument) {
  for (const double q : quantiles) annotate::check_quantile(context, q, argument);
}

/// histogram_quantile(q, v)
FrameResult one_quantile(Arguments& arguments, Context& context) {
  const ScalarFrame& quantiles = scalar_at(arguments, 0);
  check_quantiles(quantiles, context, 0);
  const Frame frame = take_frame(arguments, 1);
  Frame result;
  for (const HistogramGroup& group : histogram_groups(frame, context, 1)) {
    Column column = empty_column(group, context.steps.count);
    auto visited = visit_histograms(
        group, context, 1,
        [&](std::vector<ClassicBucket> buckets, std::size_t step) {
          column.set(step, classic(quantiles[step], group, std::move(buckets), context, 1));
        },
        [&](const NativeHistogram& histogram, std::size_t step) {
          column.set(step, native(quantiles[step], group, histogram, context));
        },
        [&] { remark_on_mix(group, context, 1); });
    if (!visited) return std::unexpected(visited.error());
    result.push_back(std::move(column));
  }
  return without_names(std::move(result), context);
}

/// The columns of one group by the text of the quantile, which may change from step to step.
class QuantileColumns {
 public:
  QuantileColumns(const HistogramGroup& group, const std::string& label, std::size_t steps)
      : group_(group), label_(label), steps_(steps) {}

  void set(double q, std::size_t step, double value) {
    const auto [entry, is_new] = columns_.try_emplace(bucket_bound_text(q));
    if (is_new) {
      entry->second = empty_column(group_, steps_);
      entry->second.labels.set(label_, entry->first);
    }
    entry->second.set(step, value);
  }

  void move_to(Frame& frame) {
    for (auto& [text, column] : columns_) frame.push_back(std::move(column));
  }

 private:
  const HistogramGroup& group_;
  const std::string& label_;
  std::size_t steps_;
  std::map<std::string, Column> columns_;
};

/// histogram_quantiles(v, label, q...)
FrameResult many_quantiles(Arguments& arguments, Context& context) {
  const std::string& label = text_at(arguments, 1);
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    check_quantiles(scalar_at(arguments, i), context, i);
  }
  const Frame frame = take_frame(arguments, 0);
  Frame result;
  for (const HistogramGroup& group : histogram_groups(frame, context, 0)) {
    QuantileColumns columns(group, label, context.steps.count);
    auto visited = visit_histograms(
        group, context, arguments.size(),
        [&](const std::vector<ClassicBucket>& buckets, std::size_t step) {
          for (std::size_t i = 2; i < arguments.size(); ++i) {
            const double q = scalar_at(arguments, i)[step];
            columns.set(q, step, classic(q, group, buckets, context, 0));
          }
        },
        [&](const NativeHistogram& histogram, std::size_t step) {
          for (std::size_t i = 2; i < arguments.size(); ++i) {
            const double q = scalar_at(arguments, i)[step];
            columns.set(q, step, native(q, group, histogram, context));
          }
        },
        [&] { remark_on_mix(group, context, 0); });
    if (!visited) return std::unexpected(visited.error());
    columns.move_to(result);
  }
  return without_names(std::move(result), context);
}

/// histogram_fraction(lower, upper, v)
FrameResult histogram_fraction(Arguments& arguments, Context& context) {
  const ScalarFrame& lower = scalar_at(arguments, 0);
  const ScalarFrame& upper = scalar_at(arguments, 1);
  const Frame frame = take_frame(arguments, 2);
  Frame result;
  for (const HistogramGroup& group : histogram_groups(frame, context, 2)) {
    Column column = empty_column(group, context.steps.count);
    auto visited = visit_histograms(
        group, context, 1,
        [&](std::vector<ClassicBucket> buckets, std::size_t step) {
          column.set(step, classic_fraction(lower[step], upper[step], std::move(buckets)));
        },
        [&](const NativeHistogram& histogram, std::size_t step) {
          const HistogramFraction share = fraction(lower[step], upper[step], histogram);
          if (share.nan_observed) {
            annotate::fraction_leaves_out_nan(context, annotated_name(group, context), 0);
          }
          column.set(step, share.value);
        },
        [&] { remark_on_mix(group, context, 2); });
    if (!visited) return std::unexpected(visited.error());
    result.push_back(std::move(column));
  }
  return without_names(std::move(result), context);
}

}  // namespace

std::vector<NamedFrameFunction> histogram_quantile_functions() {
  return {{"histogram_quantile", one_quantile},
          {"histogram_quantiles", many_quantiles},
          {"histogram_fraction", histogram_fraction}};
}

}  // namespace slod::query
