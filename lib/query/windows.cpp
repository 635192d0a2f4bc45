#include "lib/query/windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/query/label_choice.h"
#include "lib/query/window_edges.h"
#include "lib/query/window_samples.h"
#include "lib/text/go_string.h"

namespace slod::query {
namespace {

Instant resolved(promql::Boundary boundary, Instant start, Instant end) {
  return boundary == promql::Boundary::start ? start : end;
}

}  // namespace

Shift::Shift(const promql::TimeShift& shift, Instant start, Instant end) : offset_(shift.offset) {
  if (const auto* at = std::get_if<Instant>(&shift.at)) fixed_ = *at;
  if (const auto* at = std::get_if<promql::Boundary>(&shift.at)) fixed_ = resolved(*at, start, end);
}

bool is_stale(const SampleRun& run, std::size_t index) {
  const bool is_histogram = !run.histograms.empty() && run.histograms[index] != nullptr;
  return is_stale_marker(is_histogram ? run.histograms[index]->sum : run.values[index]);
}

void drop_stale_markers(SampleRun& run) {
  if (run.histograms.empty() && std::ranges::none_of(run.values, is_stale_marker)) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < run.times.size(); ++i) {
    if (is_stale(run, i)) continue;
    if (kept != i) {
      run.times[kept] = run.times[i];
      run.values[kept] = run.values[i];
      if (!run.histograms.empty()) run.histograms[kept] = std::move(run.histograms[i]);
      if (!run.starts.empty()) run.starts[kept] = run.starts[i];
    }
    ++kept;
  }
  run.times.resize(kept);
  run.values.resize(kept);
  if (!run.histograms.empty()) run.histograms.resize(kept);
  if (!run.starts.empty()) run.starts.resize(kept);
}

SlidingWindow::SlidingWindow(const SampleRun& run)
    : run_(run), metric_(run.labels.get(metric_name_label)) {
  if (run.histograms.empty()) return;
  std::uint32_t seen = 0;
  histograms_before_.push_back(seen);
  for (const HistogramPtr& histogram : run.histograms) {
    if (histogram != nullptr) ++seen;
    histograms_before_.push_back(seen);
  }
}

Window SlidingWindow::move_to(Interval range, Instant evaluation) {
  for (; end_ < run_.times.size() && run_.times[end_] <= range.end; ++end_) {
    if (end_ > begin_ && is_reset(end_)) ++resets_;
  }
  for (; begin_ < end_ && run_.times[begin_] <= range.begin; ++begin_) {
    if (begin_ + 1 < end_ && is_reset(begin_ + 1)) --resets_;
  }
  const std::size_t size = end_ - begin_;
  Window window{.times = std::span(run_.times).subspan(begin_, size),
                .numbers = std::span(run_.values).subspan(begin_, size),
                .histograms = {},
                .range = range,
                .at = evaluation,
                .metric = metric_};
  if (!run_.starts.empty()) window.starts = std::span(run_.starts).subspan(begin_, size);
  if (histograms_before_.empty()) window.resets = resets_;
  if (!histograms_before_.empty() && histograms_before_[begin_] != histograms_before_[end_]) {
    window.histograms = std::span(run_.histograms).subspan(begin_, size);
  }
  return window;
}

namespace {

/// The value at a step of a smoothed selector. The window holds what the lookback reaches.
Point on_line(const Window& window, Instant at, Annotations& annotations,
              promql::Position position) {
  const auto warn = [&](std::string_view text) {
    annotations.add(Annotations::Severity::warning,
                    fmt::format("PromQL warning: {} {}", text, go_quoted(window.metric)), position);
    return Point();
  };
  const std::size_t histograms = histogram_count(window);
  if (histograms != 0 && histograms != window.times.size()) {
    return warn("encountered a mix of histograms and floats for metric name");
  }
  const auto found = std::ranges::lower_bound(window.times, at);
  const auto next = static_cast<std::size_t>(found - window.times.begin());
  const auto sample = [&](std::size_t i) {
    return histograms > 0 ? Point(window.histograms[i]) : Point(window.numbers[i]);
  };
  if (found != window.times.end() && *found == at) return sample(next);
  if (next == 0) return {};  // a line begins at a sample
  if (found == window.times.end()) return sample(next - 1);
  if (histograms == 0) return Point(between(window, next - 1, at, false));
  const NativeHistogram& before = *window.histograms[next - 1];
  const NativeHistogram& after = *window.histograms[next];
  const auto gauge = NativeHistogram::ResetHint::gauge;
  const bool is_counter = before.hint != gauge || after.hint != gauge;
  const Instant from = window.times[next - 1];
  const double share = seconds(at - from) / seconds(*found - from);
  auto made = between(before, after, share, is_counter);
  if (!made) {
    return warn(
        "vector contains a mix of histograms with exponential and custom buckets schemas "
        "for metric name");
  }
  return Point(std::make_shared<const NativeHistogram>(std::move(made->histogram)));
}

}  // namespace

Column smoothed_column(SampleRun run, const Steps& steps, const Shift& shift, Duration lookback,
                       Annotations& annotations, promql::Position position) {
  drop_stale_markers(run);
  Column column(Labels(), steps.count);
  SlidingWindow sliding(run);
  for (std::size_t step = 0; step < steps.count; ++step) {
    const Instant at = shift.apply(steps.at(step));
    const Window window =
        sliding.move_to({earlier(at, lookback), earlier(at, -lookback)}, steps.at(step));
    if (!window.times.empty()) column.set(step, on_line(window, at, annotations, position));
  }
  column.labels = std::move(run.labels);
  return column;
}

Column instant_column(SampleRun run, const Steps& steps, const Shift& shift, Duration lookback,
                      Taken taken) {
  Column column(std::move(run.labels), steps.count);
  std::size_t next = 0;
  for (std::size_t step = 0; step < steps.count; ++step) {
    const Instant reference = shift.apply(steps.at(step));
    while (next < run.times.size() && run.times[next] <= reference) ++next;
    if (next == 0 || run.times[next - 1] <= earlier(reference, lookback)) continue;
    const std::size_t newest = next - 1;
    if (is_stale(run, newest)) continue;
    if (taken == Taken::time) {
      column.set(step, unix_seconds(run.times[newest]));
    } else if (!run.histograms.empty() && run.histograms[newest] != nullptr) {
      column.set(step, run.histograms[newest]);
    } else {
      column.set(step, run.values[newest]);
    }
  }
  return column;
}

}  // namespace slod::query
