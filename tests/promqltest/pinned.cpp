#include "tests/promqltest/pinned.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "lib/promql/walk.h"

namespace slod::promqltest {
namespace {

using namespace promql;

bool has_call(const Expr& expr, std::span<const std::string_view> names) {
  bool found = false;
  walk(expr, [&](const Expr& part) {
    const auto* call = std::get_if<Call>(&part.node);
    if (call == nullptr) return;
    found = found || std::ranges::find(names, call->function->name) != names.end();
  });
  return found;
}

bool is_fixed(const TimeShift& shift) {
  return std::holds_alternative<Instant>(shift.at);
}

/// An instant query begins and ends at its time, so `@ start()` and `@ end()` become that, too.
void pin(TimeShift& shift, Instant at) {
  if (!is_fixed(shift)) shift.at = at;
}

ExprPtr pin(const ExprPtr& expr, Instant at) {
  if (expr == nullptr) return nullptr;
  auto copy = std::make_shared<Expr>(*expr);
  std::visit(
      [at](auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, VectorSelector> || std::is_same_v<Node, Subquery>) {
          pin(node.shift, at);
        } else if constexpr (std::is_same_v<Node, MatrixSelector>) {
          pin(node.selector.shift, at);
        } else if constexpr (std::is_same_v<Node, Paren> || std::is_same_v<Node, Unary>) {
          node.expr = pin(node.expr, at);
        } else if constexpr (std::is_same_v<Node, Binary>) {
          node.left = pin(node.left, at);
          node.right = pin(node.right, at);
        } else if constexpr (std::is_same_v<Node, Aggregate>) {
          node.expr = pin(node.expr, at);
          node.parameter = pin(node.parameter, at);
        } else if constexpr (std::is_same_v<Node, Call>) {
          for (ExprPtr& argument : node.arguments) argument = pin(argument, at);
        }
      },
      copy->node);
  return copy;
}

constexpr std::array<std::string_view, 4> boundary_functions{"start", "end", "range", "step"};

}  // namespace

ExprPtr pinned(const Expr& expr, Instant at) {
  static constexpr std::array<std::string_view, 12> unsafe{
      "days_in_month", "day_of_month", "day_of_week", "day_of_year",    "hour", "info",
      "minute",        "month",        "year",        "predict_linear", "time", "timestamp"};
  if (has_call(expr, unsafe) || has_call(expr, boundary_functions)) return nullptr;
  return pin(std::make_shared<const Expr>(expr), at);
}

bool depends_on_boundaries(const Expr& expr) {
  if (has_call(expr, boundary_functions)) return true;
  bool found = false;
  walk(expr, [&](const Expr& part) {
    const auto* vector = std::get_if<VectorSelector>(&part.node);
    const auto* matrix = std::get_if<MatrixSelector>(&part.node);
    const auto* subquery = std::get_if<Subquery>(&part.node);
    if (matrix != nullptr) vector = &matrix->selector;
    if (vector == nullptr && subquery == nullptr) return;
    const TimeShift& shift = vector != nullptr ? vector->shift : subquery->shift;
    found = found || std::holds_alternative<Boundary>(shift.at);
  });
  return found;
}

}  // namespace slod::promqltest
