#include "lib/query/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <span>
#include <utility>
#include <variant>

#include "lib/query/evaluator.h"
#include "lib/query/label_choice.h"
#include "lib/query/window_edges.h"

namespace slod::query {
namespace {

/// The end of delayed name removal.
std::expected<void, Error> finish_names(Frame& frame) {
  for (Column& column : frame) {
    if (column.drops_name) column.labels.set(metric_name_label, "");
    column.drops_name = false;
  }
  return merge_same_labels(frame);
}

/// `times` are those of all steps.
SampleRun as_run(Column column, std::span<const Instant> times) {
  SampleRun run;
  run.labels = std::move(column.labels);
  const auto is_number = [](Point::Kind kind) { return kind == Point::Kind::number; };
  if (std::ranges::all_of(column.kinds, is_number)) {
    run.times.assign(times.begin(), times.end());
    run.values = std::move(column.numbers);
    return run;
  }
  run.times.reserve(times.size());
  run.values.reserve(times.size());
  for (std::size_t step = 0; step < times.size(); ++step) {
    const bool is_histogram = column.kinds[step] == Point::Kind::histogram;
    if (column.kinds[step] == Point::Kind::none) continue;
    run.times.push_back(times[step]);
    run.values.push_back(is_histogram ? 0 : column.numbers[step]);
    if (!column.histograms.empty()) {
      run.histograms.push_back(is_histogram ? column.histograms[step] : nullptr);
    }
  }
  if (std::ranges::all_of(run.histograms, [](const auto& h) { return h == nullptr; })) {
    run.histograms.clear();
  }
  return run;
}

std::expected<void, Error> sort_by_labels(std::vector<SampleRun>& series, QueryLimits& limits) {
  return sort_within(limits, series, [](const SampleRun& one, const SampleRun& other) {
    return one.labels < other.labels;
  });
}

/// What `evaluate` returns; an allocation that is refused is an error like others.
template <typename Evaluate>
std::expected<Result, Error> within_memory(const Options& options, Evaluate evaluate) {
  try {
    return evaluate();
  } catch (const std::bad_alloc&) {
    if (!options.memory_left) throw;
    return std::unexpected(too_much_memory());
  }
}

/// Numbers of a range whose edges are not plain: one at each edge, and those between.
void cut_at_edges(SampleRun& run, const RangeVector& range_vector, Instant at) {
  if (range_vector.edges == promql::Edges::plain || !run.histograms.empty()) return;
  Window window = SlidingWindow(run).move_to(range_vector.reach(at), at);
  window.range = range_vector.window(at);
  window.edges = range_vector.edges;
  SampleRun cut;
  if (const auto samples = edge_samples(window)) {
    const auto [first, last] = *samples;
    const bool is_smoothed = window.edges == promql::Edges::smoothed;
    const auto add = [&cut](Instant time, double value) {
      cut.times.push_back(time);
      cut.values.push_back(value);
    };
    const auto [begin, end] = window.range;
    add(begin, is_smoothed && window.times[first] < begin ? between(window, first, begin, false)
                                                          : window.numbers[first]);
    for (std::size_t i = first; i <= last; ++i) {
      if (window.times[i] > begin && window.times[i] < end) add(window.times[i], window.numbers[i]);
    }
    add(end, is_smoothed && last > 0 && window.times[last] > end
                 ? between(window, last - 1, end, false)
                 : window.numbers[last]);
  }
  cut.labels = std::move(run.labels);
  run = std::move(cut);
}

/// A matrix selector or subquery, evaluated for itself.
std::expected<void, Error> add_matrix(Evaluator& evaluator, const promql::Expr& expr,
                                      const Steps& steps, Result& result) {
  auto range_vector = evaluator.range_vector(without_parentheses(expr), steps);
  if (!range_vector) return std::unexpected(range_vector.error());
  for (WindowedSeries& series : range_vector->series) {
    cut_at_edges(series.samples, *range_vector, steps.start);
    if (series.samples.times.empty()) continue;
    if (series.drops_name) series.samples.labels.set(metric_name_label, "");
    result.series.push_back(std::move(series.samples));
  }
  if (auto sorted = sort_by_labels(result.series, evaluator.limits()); !sorted) return sorted;
  if (std::ranges::adjacent_find(result.series, {}, &SampleRun::labels) != result.series.end()) {
    return std::unexpected(
        Error{Error::Kind::execution, "vector cannot contain metrics with the same labelset"});
  }
  return {};
}

/// What the tree evaluates to, as series.
std::expected<void, Error> add_value(Argument value, const Steps& steps, Result& result) {
  if (auto* string = std::get_if<std::string>(&value)) {
    result.string = std::move(*string);
    return {};
  }
  if (const auto* scalar = std::get_if<ScalarFrame>(&value)) {
    result.scalar = scalar->front();
    return {};
  }
  auto& frame = std::get<Frame>(value);
  if (auto finished = finish_names(frame); !finished) return finished;
  std::vector<Instant> times;
  times.reserve(steps.count);
  for (std::size_t step = 0; step < steps.count; ++step) times.push_back(steps.at(step));
  result.series.reserve(frame.size());
  for (Column& column : frame) result.series.push_back(as_run(std::move(column), times));
  return {};
}

/// A scalar at all steps is a series without labels.
Argument as_vector(Argument value) {
  auto* scalar = std::get_if<ScalarFrame>(&value);
  if (scalar == nullptr) return value;
  Column column(Labels(), scalar->size());
  for (std::size_t step = 0; step < scalar->size(); ++step) column.set(step, (*scalar)[step]);
  Frame frame;
  frame.push_back(std::move(column));
  return frame;
}

std::expected<Result, Error> instant_result(const promql::Expr& expr, Instant at,
                                            const SampleSource& source, const Options& options) {
  const Steps steps{.start = at};
  Evaluator evaluator(source, options, steps, at);
  Result result;
  result.type = expr.type();
  if (result.type == promql::ValueType::matrix) {
    if (auto added = add_matrix(evaluator, expr, steps, result); !added) {
      return std::unexpected(added.error());
    }
  } else {
    auto value = evaluator.evaluate(expr, steps);
    if (!value) return std::unexpected(value.error());
    if (auto added = add_value(std::move(*value), steps, result); !added) {
      return std::unexpected(added.error());
    }
  }
  result.annotations = std::move(evaluator.annotations());
  result.samples_read = evaluator.samples_read();
  return result;
}

std::expected<Result, Error> range_result(const promql::Expr& expr, Instant start, Instant end,
                                          Duration step, const SampleSource& source,
                                          const Options& options) {
  const promql::ValueType type = expr.type();
  if (type != promql::ValueType::scalar && type != promql::ValueType::vector) {
    return std::unexpected(Error{
        Error::Kind::execution,
        fmt::format("invalid expression type \"{}\" for range query, must be Scalar or instant "
                    "Vector",
                    promql::documented_name(type))});
  }
  const Steps steps{
      .start = start, .step = step, .count = static_cast<std::size_t>((end - start) / step) + 1};
  Evaluator evaluator(source, options, steps, end);
  Result result;
  result.type = promql::ValueType::matrix;
  auto value = evaluator.evaluate(expr, steps);
  if (!value) return std::unexpected(value.error());
  if (auto added = add_value(as_vector(std::move(*value)), steps, result); !added) {
    return std::unexpected(added.error());
  }
  if (auto sorted = sort_by_labels(result.series, evaluator.limits()); !sorted) {
    return std::unexpected(sorted.error());
  }
  result.annotations = std::move(evaluator.annotations());
  result.samples_read = evaluator.samples_read();
  return result;
}

}  // namespace

std::expected<Result, Error> instant(const promql::Expr& expr, std::string_view /*text*/,
                                     Instant at, const SampleSource& source,
                                     const Options& options) {
  return within_memory(options, [&] { return instant_result(expr, at, source, options); });
}

std::expected<Result, Error> range(const promql::Expr& expr, std::string_view /*text*/,
                                   Instant start, Instant end, Duration step,
                                   const SampleSource& source, const Options& options) {
  return within_memory(options,
                       [&] { return range_result(expr, start, end, step, source, options); });
}

}  // namespace slod::query
