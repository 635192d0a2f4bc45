#include <algorithm>
#include <cassert>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "lib/query/annotate.h"
#include "lib/query/function_tables.h"
#include "lib/query/window_edges.h"
#include "lib/query/window_samples.h"
#include "lib/query/window_starts.h"
#include "lib/sketch/native_histogram_sum.h"

namespace slod::query {
namespace {

enum class Kind { rate, increase, delta };

/// By how much the difference between the first and last sample is stretched to cover the range:
/// up to its ends where samples come close to them, else by half of the mean distance between
/// samples. Of a counter, `share_before` is its first value as a share of `difference`, if both are
/// counts: it is supposed to have begun at 0, and never earlier than a line through the samples
/// does. A counter that is known to have begun inside the range (`has_start`) counts from then on.
/// Source: Prometheus 3, promql/functions.go, extrapolatedRate.
double stretch(const Window& window, std::optional<double> share_before, bool has_start) {
  double sampled = seconds(window.times.back() - window.times.front());
  const double mean_distance =
      window.times.size() < 2 ? 0 : sampled / static_cast<double>(window.times.size() - 1);
  const double threshold = mean_distance * 1.1;
  double before = seconds(window.times.front() - window.range.begin);
  double after = seconds(window.range.end - window.times.back());
  if (before >= threshold) before = mean_distance / 2;
  if (share_before) before = std::min(before, sampled * *share_before);
  if (has_start) {
    before = 0;
    sampled = seconds(window.times.back() - window.starts.front());
  }
  if (after >= threshold) after = mean_distance / 2;
  return (sampled + before + after) / sampled;
}

/// What a counter counted from the first sample to the last: a lower value is a reset to 0.
double counted(const Window& window) {
  const auto numbers = window.numbers;
  double difference = numbers.back() - numbers.front();
  if (window.resets == 0 && window.starts.empty()) return difference;
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    const double previous = numbers[i - 1];
    if (numbers[i] < previous || starts_over(window, i)) difference += previous;
  }
  return difference;
}

Point extrapolated_floats(const Window& window, Kind kind, Context& context) {
  const double first = window.numbers.front();
  const bool is_counter = kind != Kind::delta;
  const bool has_start = is_counter && starts_inside(window);
  double difference = is_counter ? counted(window) : window.numbers.back() - first;
  std::optional<double> share_before;
  if (is_counter && difference > 0 && first >= 0) share_before = first / difference;
  double factor = stretch(window, share_before, has_start);
  if (kind == Kind::rate) factor /= seconds(window.range.length());
  if (is_counter) annotate::possibly_no_counter(context, window.metric);
  if (has_start) difference += first;
  return Point(difference * factor);
}

bool same_bucket_kind(std::span<const HistogramPtr> histograms) {
  return std::ranges::all_of(histograms, [&](const HistogramPtr& sample) {
    return sample->uses_custom_buckets() == histograms.back()->uses_custom_buckets();
  });
}

void check_hints(const Window& window, bool is_counter, Context& context) {
  const auto is_gauge = [](const HistogramPtr& sample) {
    return sample->hint == NativeHistogram::ResetHint::gauge;
  };
  const auto& samples = window.histograms;
  if (is_counter && std::ranges::any_of(samples, is_gauge)) {
    annotate::not_a_counter(context, window.metric);
  } else if (!is_counter && !(is_gauge(samples.front()) && is_gauge(samples.back()))) {
    annotate::not_a_gauge(context, window.metric);
  }
}

/// The last histogram without the first one, and with what was counted before each reset. Nullopt:
/// buckets of different kinds, as has been annotated.
std::optional<NativeHistogram> histogram_difference(const Window& window, bool is_counter,
                                                    Context& context) {
  const auto& samples = window.histograms;
  check_hints(window, is_counter, context);
  const auto is_reset = [&](std::size_t i) {
    return starts_over(window, i) || detect_reset(*samples[i], *samples[i - 1]);
  };
  // What comes before a reset does not count, so the layout of a first sample there does not
  // matter.
  const bool begins_at_zero = is_counter && is_reset(1);
  const auto relevant = begins_at_zero ? samples.subspan(1) : samples;
  const bool is_uniform =
      is_counter ? same_bucket_kind(relevant)
                 : samples.front()->uses_custom_buckets() == samples.back()->uses_custom_buckets();
  if (!is_uniform) {
    annotate::mixed_bucket_schemas(context, window.metric);
    return std::nullopt;
  }
  int schema = std::min(samples.back()->schema, relevant.front()->schema);
  if (is_counter) {
    for (const auto& sample : relevant) schema = std::min(schema, sample->schema);
  }
  HistogramSum sum(samples.back()->uses_custom_buckets() ? *samples.back()
                                                         : copy_to_schema(*samples.back(), schema));
  if (!begins_at_zero) {
    const auto subtracted = sum.subtract(*samples.front());
    assert(subtracted);
    if (sum.bounds_reconciled()) annotate::custom_bounds_reconciled(context, "subtraction");
  }
  if (is_counter) {
    const bool reconciled_before = sum.bounds_reconciled();
    for (std::size_t i = begins_at_zero ? 2 : 1; i < samples.size(); ++i) {
      if (!is_reset(i)) continue;
      const auto added = sum.add(*samples[i - 1]);
      assert(added);
    }
    if (!reconciled_before && sum.bounds_reconciled()) {
      annotate::custom_bounds_reconciled(context, "addition");
    }
  }
  return sum.total();
}

Point gauge_point(NativeHistogram histogram) {
  histogram.hint = NativeHistogram::ResetHint::gauge;
  compact(histogram);
  return Point(std::make_shared<const NativeHistogram>(std::move(histogram)));
}

Point extrapolated_histograms(const Window& window, Kind kind, Context& context) {
  const bool is_counter = kind != Kind::delta;
  const bool has_start = is_counter && starts_inside(window);
  const NativeHistogram& first = *window.histograms.front();
  std::optional<NativeHistogram> difference = first;
  if (window.times.size() > 1) difference = histogram_difference(window, is_counter, context);
  if (!difference) return {};
  std::optional<double> share_before;
  if (is_counter && difference->count > 0 && first.count >= 0) {
    share_before = first.count / difference->count;
  }
  double factor = stretch(window, share_before, has_start);
  if (kind == Kind::rate) factor /= seconds(window.range.length());
  if (has_start && window.times.size() > 1) {
    auto with_first = add(*difference, first);
    if (!with_first) {
      annotate::mixed_bucket_schemas(context, window.metric);
      return {};
    }
    if (with_first->bounds_reconciled) annotate::custom_bounds_reconciled(context, "addition");
    difference = std::move(with_first->histogram);
  }
  scale(*difference, factor);
  return gauge_point(*std::move(difference));
}

template <Kind kind>
Point extrapolated(const Window& window, std::span<const double> /*scalars*/, Context& context) {
  if (window.edges != promql::Edges::plain) {
    return rate_between_edges(window, kind != Kind::delta, kind == Kind::rate, context);
  }
  const std::size_t histograms = histogram_count(window);
  if (histograms != 0 && histograms != window.times.size()) {
    annotate::mixed_floats_and_histograms(context, window.metric);
    return {};
  }
  const bool is_counter = kind != Kind::delta;
  if (window.times.size() < 2 && !(is_counter && starts_inside(window))) return {};
  if (is_counter && has_overlapping_starts(window)) {
    annotate::starts_overlap(context, window.metric);
  }
  return histograms == 0 ? extrapolated_floats(window, kind, context)
                         : extrapolated_histograms(window, kind, context);
}

std::optional<NativeHistogram> last_difference(const Window& window, bool is_rate,
                                               Context& context) {
  const NativeHistogram& before = *window.histograms[window.times.size() - 2];
  const NativeHistogram& last = *window.histograms.back();
  const auto gauge = NativeHistogram::ResetHint::gauge;
  if (is_rate && (before.hint == gauge || last.hint == gauge)) {
    annotate::not_a_counter(context, window.metric);
  }
  if (!is_rate && (before.hint != gauge || last.hint != gauge)) {
    annotate::not_a_gauge(context, window.metric);
  }
  const bool is_reset = starts_over(window, window.times.size() - 1) || detect_reset(last, before);
  if (is_rate && is_reset) return last;
  auto difference = subtract(last, before);
  if (!difference) {
    annotate::mixed_bucket_schemas(context, window.metric);
    return std::nullopt;
  }
  if (difference->bounds_reconciled) annotate::custom_bounds_reconciled(context, "subtraction");
  return std::move(difference->histogram);
}

/// irate and idelta: of the last two samples alone, without extrapolation.
template <bool is_rate>
Point of_last_two(const Window& window, std::span<const double> /*scalars*/, Context& context) {
  const std::size_t size = window.times.size();
  if (size < 2) return {};
  const double distance = seconds(window.times[size - 1] - window.times[size - 2]);
  if (window.is_histogram(size - 1) != window.is_histogram(size - 2)) {
    annotate::mixed_floats_and_histograms(context, window.metric);
    return {};
  }
  if (window.is_histogram(size - 1)) {
    auto difference = last_difference(window, is_rate, context);
    if (!difference) return {};
    if (is_rate) divide(*difference, distance);
    return gauge_point(*std::move(difference));
  }
  const double before = window.numbers[size - 2];
  const double last = window.numbers[size - 1];
  if (!is_rate) return Point(last - before);
  const bool is_reset = last < before || starts_over(window, size - 1);
  return Point((is_reset ? last : last - before) / distance);
}

}  // namespace

std::vector<NamedWindowFunction> rate_functions() {
  return {{"rate", {extrapolated<Kind::rate>}},
          {"increase", {extrapolated<Kind::increase>}},
          {"delta", {extrapolated<Kind::delta>}},
          {"irate", {of_last_two<true>}},
          {"idelta", {of_last_two<false>}}};
}

}  // namespace slod::query
