#include <cmath>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "lib/query/annotate.h"
#include "lib/query/function_tables.h"
#include "lib/query/sample_quantile.h"
#include "lib/query/window_samples.h"
#include "lib/sketch/native_histogram_sum.h"

namespace slod::query {
namespace {

using Scalars = std::span<const double>;

/// A function of floats alone: no value where there are none, and an annotation where histograms
/// stand between them.
template <auto compute>
Point of_floats(const Window& window, Scalars /*scalars*/, Context& context) {
  const Floats floats(window);
  if (floats.size() == 0) return {};
  if (floats.histograms() > 0) annotate::histograms_ignored(context, window.metric);
  return Point(compute(floats));
}

double sum_of(std::span<const double> numbers) {
  CompensatedSum sum;
  for (const double number : numbers) sum.add(number);
  return std::isinf(sum.value) ? sum.value : sum.total();
}

/// The sum divided once; from where it overflows, a mean that is moved with each number.
double average_of(std::span<const double> numbers) {
  CompensatedSum all;
  for (const double number : numbers) all.add(number);
  const auto size = static_cast<double>(numbers.size());
  if (std::isfinite(all.value)) return all.value / size + all.lost / size;
  CompensatedSum sum;
  std::size_t i = 0;
  for (; i < numbers.size(); ++i) {
    CompensatedSum next = sum;
    next.add(numbers[i]);
    if (i > 0 && std::isinf(next.value)) break;
    sum = next;
  }
  const auto summed = static_cast<double>(i);
  if (i == numbers.size()) return sum.value / summed + sum.lost / summed;
  CompensatedSum mean{sum.value / summed, sum.lost / summed};
  for (; i < numbers.size(); ++i) {
    const auto count = static_cast<double>(i + 1);
    const double kept = (count - 1) / count;
    mean = {kept * mean.value, kept * mean.lost};
    mean.add(numbers[i] / count);
  }
  return mean.total();
}

/// The sum or mean of a window of histograms alone.
template <typename Total, auto finish>
Point of_histograms(const Window& window, Context& context) {
  Total total(*window.histograms.front());
  for (const auto& sample : window.histograms.subspan(1)) {
    if (!total.add(*sample)) {
      annotate::mixed_bucket_schemas(context, window.metric);
      return {};
    }
  }
  if (total.reset_collision()) annotate::reset_hints_collide(context, "aggregation");
  if (total.bounds_reconciled()) annotate::custom_bounds_reconciled(context, "aggregation");
  NativeHistogram histogram = (total.*finish)();
  compact(histogram);
  return Point(std::make_shared<const NativeHistogram>(std::move(histogram)));
}

template <auto of_numbers, typename Total, auto finish>
Point of_either(const Window& window, Scalars /*scalars*/, Context& context) {
  const std::size_t histograms = histogram_count(window);
  if (histograms == 0) return Point(of_numbers(window.numbers));
  if (histograms == window.times.size()) return of_histograms<Total, finish>(window, context);
  annotate::mixed_floats_and_histograms(context, window.metric);
  return {};
}

/// The index of the extreme number. NaN gives way to any number. Of equal ones the last, for the
/// times of extremes are those of the last of them.
template <bool of_max>
std::size_t extreme(const Floats& floats) {
  const auto numbers = floats.numbers();
  std::size_t best = 0;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const bool is_better = of_max ? numbers[i] >= numbers[best] : numbers[i] <= numbers[best];
    if (is_better || std::isnan(numbers[best])) best = i;
  }
  return best;
}

template <bool of_max>
double extreme_number(const Floats& floats) {
  return floats.numbers()[extreme<of_max>(floats)];
}

template <bool of_max>
double extreme_time(const Floats& floats) {
  return unix_seconds(floats.times()[extreme<of_max>(floats)]);
}

/// Welford's method, with compensated sums.
double variance(const Floats& floats) {
  double count = 0;
  CompensatedSum mean;
  CompensatedSum squares;
  for (const double number : floats.numbers()) {
    ++count;
    const double distance = number - mean.total();
    mean.add(distance / count);
    squares.add(distance * (number - mean.total()));
  }
  return squares.total() / count;
}

double deviation(const Floats& floats) {
  return std::sqrt(variance(floats));
}

/// The median of the distances from the median. NaN among the numbers makes it NaN.
double median_deviation(const Floats& floats) {
  std::vector<double> values(floats.numbers().begin(), floats.numbers().end());
  const double median = sample_quantile(0.5, values);
  for (double& value : values) {
    if (std::isnan(value)) return value;
    value = std::abs(value - median);
  }
  return sample_quantile(0.5, values);
}

Point quantile_over_time(const Window& window, Scalars scalars, Context& context) {
  const Floats floats(window);
  if (floats.size() == 0) return {};
  annotate::check_quantile(context, scalars[0], 0);
  if (floats.histograms() > 0) annotate::histograms_ignored(context, window.metric);
  std::vector<double> values(floats.numbers().begin(), floats.numbers().end());
  return Point(sample_quantile(scalars[0], values));
}

Point sample(const Window& window, std::size_t index) {
  return window.is_histogram(index) ? Point(window.histograms[index])
                                    : Point(window.numbers[index]);
}

Point first_over_time(const Window& window, Scalars /*scalars*/, Context& /*context*/) {
  return sample(window, 0);
}

Point last_over_time(const Window& window, Scalars /*scalars*/, Context& /*context*/) {
  return sample(window, window.times.size() - 1);
}

Point count_over_time(const Window& window, Scalars /*scalars*/, Context& /*context*/) {
  return Point(static_cast<double>(window.times.size()));
}

Point present_over_time(const Window& /*window*/, Scalars /*scalars*/, Context& /*context*/) {
  return Point(1.0);
}

Point time_of_first(const Window& window, Scalars /*scalars*/, Context& /*context*/) {
  return Point(unix_seconds(window.times.front()));
}

Point time_of_last(const Window& window, Scalars /*scalars*/, Context& /*context*/) {
  return Point(unix_seconds(window.times.back()));
}

}  // namespace

std::vector<NamedWindowFunction> over_time_functions() {
  return {
      {"avg_over_time", {of_either<average_of, HistogramMean, &HistogramMean::mean>}},
      {"sum_over_time", {of_either<sum_of, HistogramSum, &HistogramSum::total>}},
      {"count_over_time", {count_over_time}},
      {"min_over_time", {of_floats<extreme_number<false>>}},
      {"max_over_time", {of_floats<extreme_number<true>>}},
      {"stddev_over_time", {of_floats<deviation>}},
      {"stdvar_over_time", {of_floats<variance>}},
      {"mad_over_time", {of_floats<median_deviation>}},
      {"quantile_over_time", {quantile_over_time}},
      {"first_over_time", {.function = first_over_time, .keeps_name = true}},
      {"last_over_time", {.function = last_over_time, .keeps_name = true}},
      {"present_over_time", {present_over_time}},
      {"ts_of_min_over_time", {of_floats<extreme_time<false>>}},
      {"ts_of_max_over_time", {of_floats<extreme_time<true>>}},
      {"ts_of_first_over_time", {time_of_first}},
      {"ts_of_last_over_time", {time_of_last}},
  };
}

}  // namespace slod::query
