#include "lib/query/window_edges.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/query/annotate.h"
#include "lib/query/window_samples.h"
#include "lib/sketch/native_histogram_sum.h"

namespace slod::query {
namespace {

bool is_smoothed(const Window& window) {
  return window.edges == promql::Edges::smoothed;
}

/// What was counted before the resets between the two edges.
double before_falls(const Window& window, EdgeSamples samples, double left, double right) {
  const std::size_t begin = samples.first + (window.times[samples.first] <= window.range.begin);
  const std::size_t end = samples.last + (window.times[samples.last] < window.range.end);
  double counted = 0;
  double previous = left;
  for (std::size_t i = begin; i < end; ++i) {
    if (window.numbers[i] < previous) counted += previous;
    previous = window.numbers[i];
  }
  return right < previous ? counted + previous : counted;
}

Point rate_of_floats(const Window& window, EdgeSamples samples, bool is_counter, bool is_rate) {
  const auto [first, last] = samples;
  const bool from_line = is_smoothed(window) && window.times[first] < window.range.begin;
  const bool to_line = is_smoothed(window) && last > 0 && window.times[last] > window.range.end;
  const double left =
      from_line ? between(window, first, window.range.begin, is_counter) : window.numbers[first];
  const double right =
      to_line ? between(window, last - 1, window.range.end, is_counter) : window.numbers[last];
  double difference = right - left;
  if (is_counter) difference += before_falls(window, samples, left, right);
  return Point(is_rate ? difference / seconds(window.range.length()) : difference);
}

/// The same for histograms, whose operations may fail and add annotations.
class HistogramRate {
 public:
  HistogramRate(const Window& window, EdgeSamples samples, bool is_counter, Context& context)
      : window_(window), samples_(samples), is_counter_(is_counter), context_(context) {}

  std::optional<NativeHistogram> difference() {
    if (!is_uniform()) return std::nullopt;
    const auto left = at_edge(is_smoothed(window_) && time(samples_.first) < window_.range.begin,
                              samples_.first, samples_.first, window_.range.begin);
    const auto right = at_edge(
        is_smoothed(window_) && samples_.last > 0 && time(samples_.last) > window_.range.end,
        samples_.last - 1, samples_.last, window_.range.end);
    if (!left || !right) return std::nullopt;
    const auto gauge = NativeHistogram::ResetHint::gauge;
    if (!is_counter_ && (left->hint != gauge || right->hint != gauge)) {
      annotate::not_a_gauge(context_, window_.metric);
    }
    HistogramSum sum(*right);
    if (!sum.subtract(*left)) return incompatible();
    if (sum.bounds_reconciled()) annotate::custom_bounds_reconciled(context_, "subtraction");
    if (is_counter_ && !add_falls(sum, *left, *right)) return incompatible();
    return sum.total();
  }

 private:
  Instant time(std::size_t i) const { return window_.times[i]; }
  const NativeHistogram& sample(std::size_t i) const { return *window_.histograms[i]; }

  std::optional<NativeHistogram> incompatible() {
    annotate::mixed_bucket_schemas(context_, window_.metric);
    return std::nullopt;
  }

  bool is_uniform() {
    for (std::size_t i = samples_.first; i <= samples_.last; ++i) {
      if (sample(i).uses_custom_buckets() != sample(samples_.first).uses_custom_buckets()) {
        incompatible();
        return false;
      }
      if (is_counter_ && sample(i).hint == NativeHistogram::ResetHint::gauge) {
        annotate::not_a_counter(context_, window_.metric);
      }
    }
    return true;
  }

  /// The histogram at an edge: on the line from sample `from` to the next, or sample `otherwise`.
  std::optional<NativeHistogram> at_edge(bool on_line, std::size_t from, std::size_t otherwise,
                                         Instant edge) {
    if (!on_line) return sample(otherwise);
    const double share = seconds(edge - time(from)) / seconds(time(from + 1) - time(from));
    auto found = between(sample(from), sample(from + 1), share, is_counter_);
    if (!found) return incompatible();
    if (found->bounds_reconciled) annotate::custom_bounds_reconciled(context_, "subtraction");
    return std::move(found->histogram);
  }

  /// False where histograms cannot be added.
  bool add_falls(HistogramSum& sum, const NativeHistogram& left, const NativeHistogram& right) {
    std::size_t next = samples_.first + 1;
    const NativeHistogram* previous = &left;
    if (is_smoothed(window_) && time(samples_.first) < window_.range.begin &&
        detect_reset(sample(next), sample(samples_.first))) {
      // The left edge lies after this reset, which it has taken into account.
      previous = &sample(next);
      ++next;
    }
    if (next > samples_.last) return true;
    const bool was_reconciled = sum.bounds_reconciled();
    for (; next < samples_.last; ++next) {
      if (detect_reset(sample(next), *previous) && !sum.add(*previous)) return false;
      previous = &sample(next);
    }
    if (detect_reset(right, *previous) && !sum.add(*previous)) return false;
    if (!was_reconciled && sum.bounds_reconciled()) {
      annotate::custom_bounds_reconciled(context_, "addition");
    }
    return true;
  }

  const Window& window_;
  EdgeSamples samples_;
  bool is_counter_;
  Context& context_;
};

}  // namespace

double between(const Window& window, std::size_t first, Instant at, bool is_counter) {
  const double to = window.numbers[first + 1];
  const double from = is_counter && to < window.numbers[first] ? 0 : window.numbers[first];
  const Instant begin = window.times[first];
  return from + (to - from) * seconds(at - begin) / seconds(window.times[first + 1] - begin);
}

std::optional<HistogramBetween> between(const NativeHistogram& one, const NativeHistogram& other,
                                        double share, bool is_counter) {
  if (share <= 0) return HistogramBetween{one};
  if (share >= 1) return HistogramBetween{other};
  if (is_counter && detect_reset(other, one)) {
    HistogramBetween from_zero{other};
    scale(from_zero.histogram, share);
    return from_zero;
  }
  auto difference = subtract(other, one);
  if (!difference) return std::nullopt;
  scale(difference->histogram, share);
  auto sum = add(difference->histogram, one);
  if (!sum) return std::nullopt;
  return HistogramBetween{std::move(sum->histogram),
                          difference->bounds_reconciled || sum->bounds_reconciled};
}

std::optional<EdgeSamples> edge_samples(const Window& window) {
  const auto& times = window.times;
  if (times.empty()) return std::nullopt;
  const auto index = [&](auto found) { return static_cast<std::size_t>(found - times.begin()); };
  EdgeSamples samples{.first = index(std::ranges::upper_bound(times, window.range.begin)),
                      .last = times.size() - 1};
  if (samples.first == times.size()) return std::nullopt;
  if (samples.first > 0) --samples.first;
  if (is_smoothed(window)) {
    samples.last = std::min(samples.last, index(std::ranges::lower_bound(times, window.range.end)));
    if (times[samples.first] > window.range.end) return std::nullopt;
  }
  if (times[samples.last] <= window.range.begin) return std::nullopt;
  return samples;
}

Point rate_between_edges(const Window& window, bool is_counter, bool is_rate, Context& context) {
  const std::size_t histograms = histogram_count(window);
  if (histograms != 0 && histograms != window.times.size()) {
    annotate::mixed_floats_and_histograms(context, window.metric);
    return {};
  }
  const auto samples = edge_samples(window);
  if (!samples) return {};
  if (histograms == 0) {
    if (is_counter) annotate::possibly_no_counter(context, window.metric);
    return rate_of_floats(window, *samples, is_counter, is_rate);
  }
  auto difference = HistogramRate(window, *samples, is_counter, context).difference();
  if (!difference) return {};
  if (is_rate) divide(*difference, seconds(window.range.length()));
  difference->hint = NativeHistogram::ResetHint::gauge;
  compact(*difference);
  return Point(std::make_shared<const NativeHistogram>(*std::move(difference)));
}

Window from_anchor(Window window) {
  if (window.edges != promql::Edges::anchored) return window;
  const auto samples = edge_samples(window);
  const std::size_t first = samples ? samples->first : window.times.size();
  window.times = window.times.subspan(first);
  window.numbers = window.numbers.subspan(first);
  if (!window.histograms.empty()) window.histograms = window.histograms.subspan(first);
  if (!window.starts.empty()) window.starts = window.starts.subspan(first);
  window.resets = std::nullopt;
  return window;
}

}  // namespace slod::query
