#include <fmt/format.h>

#include <memory>
#include <utility>
#include <variant>

#include "lib/query/evaluator.h"
#include "lib/query/label_choice.h"

namespace slod::query {
namespace {

bool is_range_vector(const promql::Expr& expr) {
  return expr.type() == promql::ValueType::matrix;
}

const promql::Expr* range_argument(const promql::Call& call) {
  for (const promql::ExprPtr& argument : call.arguments) {
    if (is_range_vector(*argument)) return &without_parentheses(*argument);
  }
  return nullptr;
}

/// Whether the function may be called with what its range vector takes at its edges.
std::expected<void, Error> check_edges(const promql::Call& call) {
  const promql::Expr* argument = range_argument(call);
  const auto* matrix =
      argument == nullptr ? nullptr : std::get_if<promql::MatrixSelector>(&argument->node);
  const auto edges = matrix == nullptr ? promql::Edges::plain : matrix->selector.edges;
  if (edges == promql::Edges::plain) return {};
  const std::string_view name = call.function->name;
  const bool is_anchored = edges == promql::Edges::anchored;
  if (name == "rate" || name == "increase" || name == "delta") return {};
  if (is_anchored && (name == "changes" || name == "resets")) return {};
  return std::unexpected(Error{
      Error::Kind::execution,
      fmt::format("{} modifier can only be used with: {} - not with {}",
                  is_anchored ? "anchored" : "smoothed",
                  is_anchored ? "changes, delta, increase, rate, resets" : "delta, increase, rate",
                  name)});
}

/// A function's result as what its signature promises.
Argument as_type(Frame frame, promql::ValueType type) {
  if (type == promql::ValueType::scalar && frame.size() == 1) {
    return std::move(frame.front().numbers);
  }
  return frame;
}

}  // namespace

Evaluator::Value Evaluator::evaluate_call(const promql::Expr& expr, const Steps& steps) {
  const auto& call = std::get<promql::Call>(expr.node);
  const std::string_view name = call.function->name;
  if (auto checked = check_edges(call); !checked) return std::unexpected(checked.error());
  if (name == "absent" || name == "absent_over_time") {
    return call_absent(without_parentheses(*call.arguments.front()), steps);
  }
  if (name == "info") return call_info(call, steps);
  if (name == "timestamp") {
    // Elsewhere a value is as old as the step; here alone the sample's own time is seen.
    const promql::Expr& argument = without_parentheses(*call.arguments.front());
    if (const auto* selector = std::get_if<promql::VectorSelector>(&argument.node)) {
      auto frame = instant_vector(*selector, argument.position, steps, Taken::time);
      if (!frame) return std::unexpected(frame.error());
      for (Column& column : *frame) drop_name(column, options_);
      if (auto merged = merge_same_labels(*frame); !merged) return std::unexpected(merged.error());
      return std::move(*frame);
    }
  }
  Context context{.steps = steps,
                  .options = options_,
                  .query = query_,
                  .call = call,
                  .position = expr.position,
                  .argument_positions = {},
                  .annotations = annotations_,
                  .limits = limits_};
  for (const promql::ExprPtr& argument : call.arguments) {
    context.argument_positions.push_back(without_parentheses(*argument).position);
  }
  if (const WindowFunctionEntry* entry = window_function(name); entry != nullptr) {
    return call_window_function(*entry, context);
  }
  if (const FrameFunction* function = frame_function(name); function != nullptr) {
    return call_frame_function(*function, context);
  }
  return std::unexpected(
      Error{Error::Kind::execution, fmt::format("the function {}() is not supported", name)});
}

Evaluator::Value Evaluator::call_frame_function(const FrameFunction& function, Context& context) {
  std::vector<Argument> arguments;
  for (const promql::ExprPtr& argument : context.call.arguments) {
    auto value = evaluate(without_parentheses(*argument), context.steps);
    if (!value) return value;
    arguments.push_back(std::move(*value));
  }
  auto frame = function(arguments, context);
  if (!frame) return std::unexpected(frame.error());
  if (context.call.function->result == promql::ValueType::scalar) {
    return as_type(std::move(*frame), promql::ValueType::scalar);
  }
  if (auto merged = merge_same_labels(*frame); !merged) return std::unexpected(merged.error());
  return std::move(*frame);
}

std::expected<std::vector<ScalarFrame>, Error> Evaluator::scalar_arguments(const promql::Call& call,
                                                                           const Steps& steps) {
  std::vector<ScalarFrame> scalars;
  for (const promql::ExprPtr& argument : call.arguments) {
    if (is_range_vector(*argument)) continue;
    auto value = evaluate(without_parentheses(*argument), steps);
    if (!value) return std::unexpected(value.error());
    if (auto* scalar = std::get_if<ScalarFrame>(&*value)) scalars.push_back(std::move(*scalar));
  }
  return scalars;
}

Evaluator::Value Evaluator::call_window_function(const WindowFunctionEntry& entry,
                                                 Context& context) {
  const Steps& steps = context.steps;
  const promql::Expr* argument = range_argument(context.call);
  if (argument == nullptr) {
    return std::unexpected(Error{Error::Kind::execution, "expected a range vector"});
  }
  auto scalars = scalar_arguments(context.call, steps);
  if (!scalars) return std::unexpected(scalars.error());
  auto range_vector = this->range_vector(*argument, steps);
  if (!range_vector) return std::unexpected(range_vector.error());

  Frame frame;
  frame.reserve(range_vector->series.size());
  std::vector<double> at_step(scalars->size());
  for (WindowedSeries& series : range_vector->series) {
    if (auto held = limits_.hold(steps.count); !held) return std::unexpected(held.error());
    Column& column = frame.emplace_back(Labels(), steps.count);
    column.drops_name = series.drops_name;
    SlidingWindow sliding(series.samples);
    for (std::size_t step = 0; step < steps.count; ++step) {
      const Instant at = steps.at(step);
      Window window = sliding.move_to(range_vector->reach(at), at);
      window.range = range_vector->window(at);
      window.edges = range_vector->edges;
      if (auto goes_on = limits_.advance(1 + window.times.size()); !goes_on) {
        return std::unexpected(goes_on.error());
      }
      if (window.times.empty()) continue;
      for (std::size_t i = 0; i < at_step.size(); ++i) at_step[i] = (*scalars)[i][step];
      column.set(step, entry.function(window, at_step, context));
      if (!context.failure.empty()) {
        return std::unexpected(Error{Error::Kind::execution, context.failure});
      }
    }
    column.labels = std::move(series.samples.labels);
    if (!entry.keeps_name) drop_name(column, options_);
    series = {};  // its samples are no longer needed
  }
  if (auto merged = merge_same_labels(frame); !merged) return std::unexpected(merged.error());
  return frame;
}

std::expected<Frame, Error> Evaluator::presence(const promql::Expr& argument, const Steps& steps) {
  auto range_vector = this->range_vector(argument, steps);
  if (!range_vector) return std::unexpected(range_vector.error());
  // Which series it is does not matter: one column for all.
  Frame frame(1, Column(Labels(), steps.count));
  for (const WindowedSeries& series : range_vector->series) {
    SlidingWindow sliding(series.samples);
    for (std::size_t step = 0; step < steps.count; ++step) {
      const Instant at = steps.at(step);
      if (auto goes_on = limits_.advance(1); !goes_on) return std::unexpected(goes_on.error());
      if (!sliding.move_to(range_vector->window(at), at).times.empty()) frame.front().set(step, 1);
    }
  }
  return frame;
}

Evaluator::Value Evaluator::call_absent(const promql::Expr& argument, const Steps& steps) {
  auto present =
      is_range_vector(argument) ? presence(argument, steps) : evaluate_frame(argument, steps);
  if (!present) return std::unexpected(present.error());
  Frame frame = absent(*present, argument, steps);
  std::erase_if(frame, [](const Column& column) { return column.is_empty(); });
  return frame;
}

}  // namespace slod::query
