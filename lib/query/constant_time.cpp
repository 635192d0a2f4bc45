#include "lib/query/constant_time.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

namespace slod::query {
namespace {

/// Functions that look at the evaluation time, at least if they have no argument.
constexpr auto depending = std::to_array<std::string_view>(
    {"day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "info", "minute",
     "month", "predict_linear", "time", "timestamp", "year"});

bool is_fixed(const promql::TimeShift& shift) {
  return !std::holds_alternative<std::monostate>(shift.at);
}

}  // namespace

bool ConstantTime::holds(const promql::Expr& expr) {
  if (const auto known = known_.find(&expr); known != known_.end()) return known->second;
  const bool found = find(expr);
  known_.emplace(&expr, found);
  return found;
}

bool ConstantTime::find(const promql::Call& call) {
  bool all_hold = std::ranges::find(depending, call.function->name) == depending.end();
  for (const promql::ExprPtr& argument : call.arguments) all_hold = holds(*argument) && all_hold;
  return all_hold;
}

bool ConstantTime::find(const promql::Expr& expr) {
  if (const auto* selector = std::get_if<promql::VectorSelector>(&expr.node)) {
    return is_fixed(selector->shift);
  }
  if (const auto* matrix = std::get_if<promql::MatrixSelector>(&expr.node)) {
    return is_fixed(matrix->selector.shift);
  }
  if (const auto* subquery = std::get_if<promql::Subquery>(&expr.node)) {
    return is_fixed(subquery->shift);
  }
  if (const auto* paren = std::get_if<promql::Paren>(&expr.node)) return holds(*paren->expr);
  if (const auto* unary = std::get_if<promql::Unary>(&expr.node)) return holds(*unary->expr);
  if (const auto* binary = std::get_if<promql::Binary>(&expr.node)) {
    const bool left = holds(*binary->left);
    return holds(*binary->right) && left;
  }
  if (const auto* aggregate = std::get_if<promql::Aggregate>(&expr.node)) {
    const bool parameter = aggregate->parameter == nullptr || holds(*aggregate->parameter);
    return holds(*aggregate->expr) && parameter;
  }
  if (const auto* call = std::get_if<promql::Call>(&expr.node)) return find(*call);
  return true;  // a literal
}

}  // namespace slod::query
