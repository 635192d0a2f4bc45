#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "lib/query/evaluator.h"
#include "lib/query/label_choice.h"

namespace slod::query {
namespace {

Instant last(const Steps& steps) {
  return steps.at(steps.count - 1);
}

/// The multiples of `step` since the epoch in a range.
Steps aligned(Interval range, Duration step) {
  // Rounds toward zero as Prometheus does, which is up before the epoch; begin itself is left out.
  Instant start(step * (range.begin.time_since_epoch() / step));
  if (start <= range.begin) start += step;
  const std::size_t count =
      start > range.end ? 0 : static_cast<std::size_t>((range.end - start) / step) + 1;
  return {.start = start, .step = step, .count = count};
}

/// The values of a subquery's series as samples. Hints that the counter was reset just before a
/// sample are dropped, since the sample may come twice, or the one before it not at all.
SampleRun as_samples(Column column, const Steps& steps) {
  SampleRun run;
  run.labels = std::move(column.labels);
  const bool any_histograms = !column.histograms.empty();
  for (std::size_t step = 0; step < steps.count; ++step) {
    if (column.kinds[step] == Point::Kind::none) continue;
    const bool is_histogram = column.kinds[step] == Point::Kind::histogram;
    run.times.push_back(steps.at(step));
    run.values.push_back(is_histogram ? 0 : column.numbers[step]);
    if (!any_histograms) continue;
    HistogramPtr histogram = is_histogram ? column.histograms[step] : nullptr;
    if (histogram != nullptr && histogram->hint != NativeHistogram::ResetHint::gauge &&
        histogram->hint != NativeHistogram::ResetHint::unknown) {
      auto without_hint = std::make_shared<NativeHistogram>(*histogram);
      without_hint->hint = NativeHistogram::ResetHint::unknown;
      histogram = std::move(without_hint);
    }
    run.histograms.push_back(std::move(histogram));
  }
  return run;
}

}  // namespace

/// Sorted by labels: results, sums and notes do not depend on the source's order.
std::expected<std::vector<SampleRun>, Error> Evaluator::read(
    std::span<const promql::Matcher> matchers, Interval range) {
  const auto is_unwanted = [this] { return !limits_.ask(); };
  std::vector<SampleRun> runs = source_.select(matchers, range, is_unwanted);
  std::size_t samples = 0;
  for (const SampleRun& run : runs) samples += run.times.size();
  samples_read_ += samples;
  if (auto held = limits_.hold(samples); !held) return std::unexpected(held.error());
  if (auto may_go_on = limits_.ask(); !may_go_on) return std::unexpected(may_go_on.error());
  if (std::ranges::is_sorted(runs, {}, &SampleRun::labels)) return runs;
  auto sorted = sort_within(limits_, runs, [](const SampleRun& one, const SampleRun& other) {
    return one.labels < other.labels;
  });
  if (!sorted) return std::unexpected(sorted.error());
  return runs;
}

std::expected<Frame, Error> Evaluator::instant_vector(const promql::VectorSelector& selector,
                                                      promql::Position position, const Steps& steps,
                                                      Taken taken) {
  const Shift shift(selector.shift, query_.start, end_);
  const bool is_smoothed = selector.edges == promql::Edges::smoothed && taken == Taken::value;
  Interval range{earlier(shift.apply(steps.start), options_.lookback), shift.apply(last(steps))};
  if (is_smoothed) range.end = earlier(range.end, -options_.lookback);
  auto runs = read(selector.matchers, range);
  if (!runs) return std::unexpected(runs.error());
  Frame frame;
  frame.reserve(runs->size());
  for (SampleRun& run : *runs) {
    if (auto held = limits_.hold(steps.count); !held) return std::unexpected(held.error());
    if (auto may_go_on = limits_.next_series(steps.count); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    Column column = is_smoothed
                        ? smoothed_column(std::move(run), steps, shift, options_.lookback,
                                          annotations_, position)
                        : instant_column(std::move(run), steps, shift, options_.lookback, taken);
    run = {};  // its samples are no longer needed
    if (!column.is_empty()) frame.push_back(std::move(column));
  }
  return frame;
}

std::expected<RangeVector, Error> Evaluator::range_vector(const promql::Expr& expr,
                                                          const Steps& steps) {
  if (const auto* matrix = std::get_if<promql::MatrixSelector>(&expr.node)) {
    return selected_range(*matrix, steps);
  }
  if (const auto* subquery = std::get_if<promql::Subquery>(&expr.node)) {
    return subquery_range(*subquery, steps);
  }
  return std::unexpected(Error{Error::Kind::execution, "expected a range vector"});
}

std::expected<RangeVector, Error> Evaluator::selected_range(const promql::MatrixSelector& matrix,
                                                            const Steps& steps) {
  RangeVector selected{.series = {},
                       .shift = Shift(matrix.selector.shift, query_.start, end_),
                       .range = matrix.range,
                       .edges = matrix.selector.edges,
                       .lookback = options_.lookback};
  auto runs = read(matrix.selector.matchers,
                   {selected.reach(steps.start).begin, selected.reach(last(steps)).end});
  if (!runs) return std::unexpected(runs.error());
  selected.series.reserve(runs->size());
  for (SampleRun& run : *runs) {
    drop_stale_markers(run);
    selected.series.push_back({.samples = std::move(run), .drops_name = false});
  }
  return selected;
}

std::expected<RangeVector, Error> Evaluator::subquery_range(const promql::Subquery& subquery,
                                                            const Steps& steps) {
  RangeVector selected{
      .series = {}, .shift = Shift(subquery.shift, query_.start, end_), .range = subquery.range};
  const Interval range{selected.window(steps.start).begin, selected.window(last(steps)).end};
  const Duration step = subquery.step > Duration::zero() ? subquery.step : options_.subquery_step;
  const Steps inner = aligned(range, step);
  auto frame = evaluate_frame(*subquery.expr, inner);
  if (!frame) return std::unexpected(frame.error());
  for (Column& column : *frame) {
    if (auto may_go_on = limits_.next_series(inner.count); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    const bool drops_name = column.drops_name;
    selected.series.push_back(
        {.samples = as_samples(std::move(column), inner), .drops_name = drops_name});
  }
  return selected;
}

}  // namespace slod::query
