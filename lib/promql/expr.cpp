#include "lib/promql/expr.h"

#include <array>
#include <atomic>
#include <utility>

namespace slod::promql {
namespace {

constexpr std::array<std::string_view, 18> operator_texts{"+",   "-",     "*",     "/",  "%",
                                                          "^",   "atan2", "==",    "!=", ">",
                                                          "<",   ">=",    "<=",    "</", ">/",
                                                          "and", "or",    "unless"};

constexpr std::array<std::string_view, 14> aggregation_texts{
    "sum",    "avg",  "count",   "min",          "max",      "group",  "stddev",
    "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"};

/// Takes the left operand out of a node that has no other owner.
ExprPtr take_left(Expr& expr) {
  auto* binary = std::get_if<Binary>(&expr.node);
  return binary == nullptr ? nullptr : std::move(binary->left);
}

/// Frees a node, and its chain of left operands one by one instead of each within the one before.
void release(Expr* expr) {
  ExprPtr left = take_left(*expr);
  delete expr;
  while (left != nullptr && left.use_count() == 1) {
    // Others may have read the node until they let go of it.
    std::atomic_thread_fence(std::memory_order_acquire);
    // All nodes are created mutable, and this is the last owner.
    left = take_left(const_cast<Expr&>(*left));
  }
}

}  // namespace

std::string_view documented_name(ValueType type) {
  switch (type) {
    case ValueType::scalar:
      return "scalar";
    case ValueType::vector:
      return "instant vector";
    case ValueType::matrix:
      return "range vector";
    case ValueType::string:
      return "string";
  }
  return {};
}

std::string_view text(BinaryOperator op) {
  return operator_texts[static_cast<std::size_t>(op)];
}

std::string_view text(Aggregation op) {
  return aggregation_texts[static_cast<std::size_t>(op)];
}

bool is_comparison(BinaryOperator op) {
  return op >= BinaryOperator::equal && op <= BinaryOperator::less_or_equal;
}

bool is_trim(BinaryOperator op) {
  return op == BinaryOperator::trim_upper || op == BinaryOperator::trim_lower;
}

bool is_set_operator(BinaryOperator op) {
  return op >= BinaryOperator::set_and;
}

ValueType Expr::type() const {
  const Expr* expr = this;
  // Chains of operators are long on their left; whatever else nests is bounded by the parser.
  while (true) {
    if (const auto* binary = std::get_if<Binary>(&expr->node)) {
      if (binary->right->type() != ValueType::scalar) return ValueType::vector;
      if (!std::holds_alternative<Binary>(binary->left->node)) {
        return binary->left->type() == ValueType::scalar ? ValueType::scalar : ValueType::vector;
      }
      expr = binary->left.get();
    } else if (const auto* paren = std::get_if<Paren>(&expr->node)) {
      expr = paren->expr.get();
    } else if (const auto* unary = std::get_if<Unary>(&expr->node)) {
      expr = unary->expr.get();
    } else {
      break;
    }
  }
  if (const auto* call = std::get_if<Call>(&expr->node)) return call->function->result;
  if (std::holds_alternative<NumberLiteral>(expr->node)) return ValueType::scalar;
  if (std::holds_alternative<StringLiteral>(expr->node)) return ValueType::string;
  const bool is_matrix = std::holds_alternative<MatrixSelector>(expr->node) ||
                         std::holds_alternative<Subquery>(expr->node);
  return is_matrix ? ValueType::matrix : ValueType::vector;
}

std::shared_ptr<Expr> make_expr(Position position, decltype(Expr::node) node) {
  return {new Expr{.position = position, .node = std::move(node)}, release};
}

}  // namespace slod::promql
