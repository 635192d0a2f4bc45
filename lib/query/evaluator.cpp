#include "lib/query/evaluator.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "lib/query/aggregate.h"
#include "lib/query/binary.h"
#include "lib/query/label_choice.h"

namespace slod::query {
namespace {

/// Deeper trees than any that the parser makes are refused before they use up the stack.
constexpr std::size_t depth_max = 1000;

/// The value at no step at all, as in a subquery whose range lies between two steps.
Argument nothing(promql::ValueType type) {
  return type == promql::ValueType::scalar ? Argument(ScalarFrame()) : Argument(Frame());
}

/// The value at one step, as the value at `count` steps.
std::expected<Argument, Error> repeated(Argument once, std::size_t count, QueryLimits& limits) {
  if (auto* scalar = std::get_if<ScalarFrame>(&once)) scalar->assign(count, scalar->front());
  if (auto* frame = std::get_if<Frame>(&once)) {
    for (Column& column : *frame) {
      if (auto may_go_on = limits.next_series(count); !may_go_on) {
        return std::unexpected(may_go_on.error());
      }
      column.kinds.assign(count, Point::Kind(column.kinds.front()));
      column.numbers.assign(count, double(column.numbers.front()));
      if (!column.histograms.empty()) {
        column.histograms.assign(count, HistogramPtr(column.histograms.front()));
      }
    }
  }
  return once;
}

std::size_t samples_in(const Argument& value) {
  if (const auto* scalar = std::get_if<ScalarFrame>(&value)) return scalar->size();
  std::size_t samples = 0;
  if (const auto* frame = std::get_if<Frame>(&value)) {
    for (const Column& column : *frame) samples += column.kinds.size();
  }
  return samples;
}

void negate(Column& column) {
  for (double& number : column.numbers) number = -number;
  for (HistogramPtr& histogram : column.histograms) {
    if (histogram == nullptr) continue;
    auto negated = std::make_shared<NativeHistogram>(*histogram);
    scale(*negated, -1);
    histogram = std::move(negated);
  }
}

}  // namespace

const promql::Expr& without_parentheses(const promql::Expr& expr) {
  const promql::Expr* inner = &expr;
  while (const auto* paren = std::get_if<promql::Paren>(&inner->node)) inner = paren->expr.get();
  return *inner;
}

Evaluator::Value Evaluator::evaluate(const promql::Expr& expr, const Steps& steps) {
  if (depth_ >= depth_max) return std::unexpected(execution_error("the query is nested too deep"));
  ++depth_;
  auto value = evaluate_once(expr, steps);
  --depth_;
  return value;
}

/// Evaluates what does not depend on the time at one step only.
Evaluator::Value Evaluator::evaluate_once(const promql::Expr& expr, const Steps& steps) {
  if (auto may_go_on = limits_.ask(); !may_go_on) return std::unexpected(may_go_on.error());
  const promql::ValueType type = expr.type();
  if (steps.count == 0 && type != promql::ValueType::string) return nothing(type);
  const std::size_t held = limits_.held();
  const bool once = steps.count > 1 && constant_time_.holds(expr);
  auto value = evaluate_node(expr, once ? Steps{.start = steps.start} : steps);
  if (!value) return value;
  const std::size_t samples = samples_in(*value) * (once ? steps.count : 1);
  limits_.release_to(held, 0);
  if (auto fits = limits_.hold(samples); !fits) return std::unexpected(fits.error());
  return once ? repeated(std::move(*value), steps.count, limits_) : std::move(value);
}

Evaluator::Value Evaluator::evaluate_node(const promql::Expr& expr, const Steps& steps) {
  if (const auto* number = std::get_if<promql::NumberLiteral>(&expr.node)) {
    return ScalarFrame(steps.count, number->value);
  }
  if (const auto* string = std::get_if<promql::StringLiteral>(&expr.node)) return string->value;
  if (const auto* paren = std::get_if<promql::Paren>(&expr.node)) {
    return evaluate(*paren->expr, steps);
  }
  if (const auto* unary = std::get_if<promql::Unary>(&expr.node)) {
    return unary->negative ? evaluate_negated(*unary->expr, steps) : evaluate(*unary->expr, steps);
  }
  if (const auto* selector = std::get_if<promql::VectorSelector>(&expr.node)) {
    return instant_vector(*selector, expr.position, steps, Taken::value);
  }
  if (std::holds_alternative<promql::Binary>(expr.node)) return evaluate_binary(expr, steps);
  if (std::holds_alternative<promql::Aggregate>(expr.node)) return evaluate_aggregate(expr, steps);
  if (std::holds_alternative<promql::Call>(expr.node)) return evaluate_call(expr, steps);
  return std::unexpected(
      execution_error("expected a scalar, string or instant vector, found a range vector"));
}

std::expected<Frame, Error> Evaluator::evaluate_frame(const promql::Expr& expr,
                                                      const Steps& steps) {
  auto value = evaluate(expr, steps);
  if (!value) return std::unexpected(value.error());
  if (auto* frame = std::get_if<Frame>(&*value)) return std::move(*frame);
  return std::unexpected(execution_error(
      fmt::format("expected an instant vector, found a {}", promql::documented_name(expr.type()))));
}

Evaluator::Value Evaluator::evaluate_negated(const promql::Expr& expr, const Steps& steps) {
  auto value = evaluate(expr, steps);
  if (!value) return value;
  if (auto* scalar = std::get_if<ScalarFrame>(&*value)) {
    for (double& number : *scalar) number = -number;
  }
  if (auto* frame = std::get_if<Frame>(&*value)) {
    for (Column& column : *frame) {
      negate(column);
      drop_name(column, options_);
    }
    if (auto merged = merge_same_labels(*frame); !merged) return std::unexpected(merged.error());
  }
  return value;
}

Evaluator::Value Evaluator::evaluate_binary(const promql::Expr& expr, const Steps& steps) {
  const auto& binary = std::get<promql::Binary>(expr.node);
  auto left = evaluate(*binary.left, steps);
  if (!left) return left;
  auto right = evaluate(*binary.right, steps);
  if (!right) return right;
  BinaryContext context{binary, expr.position, steps, options_, annotations_, limits_};
  auto* left_scalar = std::get_if<ScalarFrame>(&*left);
  auto* right_scalar = std::get_if<ScalarFrame>(&*right);
  if (left_scalar != nullptr && right_scalar != nullptr) {
    return combine(binary.op, std::move(*left_scalar), *right_scalar);
  }
  auto* left_frame = std::get_if<Frame>(&*left);
  auto* right_frame = std::get_if<Frame>(&*right);
  if (left_frame != nullptr && right_frame != nullptr) {
    return promql::is_set_operator(binary.op)
               ? combine_sets(std::move(*left_frame), std::move(*right_frame), context)
               : match(std::move(*left_frame), std::move(*right_frame), context);
  }
  if (left_frame != nullptr && right_scalar != nullptr) {
    return combine(std::move(*left_frame), *right_scalar, false, context);
  }
  if (left_scalar != nullptr && right_frame != nullptr) {
    return combine(std::move(*right_frame), *left_scalar, true, context);
  }
  return std::unexpected(execution_error("binary operators are for scalars and instant vectors"));
}

Evaluator::Value Evaluator::evaluate_aggregate(const promql::Expr& expr, const Steps& steps) {
  const auto& aggregate = std::get<promql::Aggregate>(expr.node);
  const promql::Expr& operand = without_parentheses(*aggregate.expr);
  Argument parameter;
  AggregateContext context{.aggregate = aggregate,
                           .position = expr.position,
                           .operand_position = operand.position,
                           .parameter_position = {},
                           .steps = steps,
                           .annotations = annotations_,
                           .limits = limits_};
  if (aggregate.parameter != nullptr) {
    const promql::Expr& inner = without_parentheses(*aggregate.parameter);
    auto value = evaluate(inner, steps);
    if (!value) return value;
    parameter = std::move(*value);
    context.parameter_position = inner.position;
  }
  auto frame = evaluate_frame(operand, steps);
  if (!frame) return std::unexpected(frame.error());
  if (aggregate.parameter == nullptr) return reduce(*frame, context);
  if (const auto* label = std::get_if<std::string>(&parameter)) {
    return count_values(*frame, *label, context);
  }
  if (const auto* scalar = std::get_if<ScalarFrame>(&parameter)) {
    return aggregate.op == promql::Aggregation::quantile ? quantiles(*frame, *scalar, context)
                                                         : select_series(*frame, *scalar, context);
  }
  return std::unexpected(execution_error("the parameter of an aggregation is a scalar or string"));
}

}  // namespace slod::query
