#include "lib/slo/absent_part.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <utility>
#include <variant>

#include "lib/promql/parser.h"
#include "lib/promql/printer.h"
#include "lib/promql/walk.h"

namespace slod {
namespace {

using promql::Binary;
using promql::BinaryOperator;
using promql::Expr;

const Expr& without_parentheses(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* paren = std::get_if<promql::Paren>(&at->node)) at = paren->expr.get();
  return *at;
}

const Binary* binary_of(const Expr& expr, BinaryOperator op) {
  const auto* binary = std::get_if<Binary>(&expr.node);
  return binary && binary->op == op ? binary : nullptr;
}

bool is_one(const Expr& expr) {
  const auto* number = std::get_if<promql::NumberLiteral>(&without_parentheses(expr).node);
  return number && number->value == 1;
}

/// The text of `written` with one of its operands put in the place of each side.
std::string with_sides(const Binary& written, const std::string& left, const std::string& right) {
  std::string modifiers;
  if (written.matching.on || !written.matching.labels.empty()) {
    modifiers = fmt::format(" {} ({})", written.matching.on ? "on" : "ignoring",
                            fmt::join(written.matching.labels, ", "));
  }
  return fmt::format("({}) {}{} ({})", left, text(written.op), modifiers, right);
}

/// One to one, so that with_sides() can say it.
bool matches_plainly(const Binary& binary) {
  const promql::VectorMatching& matching = binary.matching;
  return matching.cardinality == promql::Cardinality::one_to_one && !matching.fill_left &&
         !matching.fill_right;
}

const Binary* sum_or_difference(const Expr& expr) {
  const Binary* sum = binary_of(expr, BinaryOperator::add);
  if (!sum) sum = binary_of(expr, BinaryOperator::subtract);
  return sum && matches_plainly(*sum) ? sum : nullptr;
}

/// Whether an empty result can have another reason than that nothing happened: of `sum(a - b)`,
/// that b does not exist.
bool joins_vectors(const Expr& expr) {
  bool joins = false;
  promql::walk(expr, [&](const Expr& part) {
    const auto* binary = std::get_if<Binary>(&part.node);
    joins = joins || (binary && binary->left->type() == promql::ValueType::vector &&
                      binary->right->type() == promql::ValueType::vector);
  });
  return joins;
}

/// `expr` with 0 for each of its summands that has no element. Nullopt where that need not be true.
std::optional<std::string> zero_filled(const Expr& expr, int depth = 0) {
  constexpr int depth_most = 50;
  const Expr& part = without_parentheses(expr);
  if (part.type() != promql::ValueType::vector) return promql::to_text(part);
  if (const Binary* sum = sum_or_difference(part); sum && depth < depth_most) {
    const auto left = zero_filled(*sum->left, depth + 1);
    const auto right = zero_filled(*sum->right, depth + 1);
    if (!left || !right) return std::nullopt;
    return with_sides(*sum, *left, *right);
  }
  if (joins_vectors(part)) return std::nullopt;
  return fmt::format("({}) or on () vector(0)", promql::to_text(part));
}

/// It stands in for `expression` where that has no value.
std::optional<Expression> stand_in(const std::string& text, const Expression& expression) {
  auto parsed = promql::parse(text);
  if (!parsed) return std::nullopt;
  return Expression{.text = text,
                    .parsed = std::move(*parsed),
                    .written = expression.written,
                    .windows = {},
                    .stands_in = true};
}

}  // namespace

std::optional<Expression> part_or_zero(const Expression& part) {
  if (part.parsed->type() != promql::ValueType::vector) return std::nullopt;
  const auto filled = zero_filled(*part.parsed);
  return filled ? stand_in(*filled, part) : std::nullopt;
}

std::optional<Expression> ratio_or_zero(const Expression& ratio) {
  const Expr* at = &without_parentheses(*ratio.parsed);
  const Binary* rest = binary_of(*at, BinaryOperator::subtract);
  const bool is_rest = rest && is_one(*rest->left);
  if (is_rest) at = &without_parentheses(*rest->right);
  const Binary* quotient = binary_of(*at, BinaryOperator::divide);
  if (!quotient || !matches_plainly(*quotient) ||
      quotient->left->type() != promql::ValueType::vector ||
      quotient->right->type() != promql::ValueType::vector) {
    return std::nullopt;
  }
  const auto filled = zero_filled(*quotient->left);
  if (!filled) return std::nullopt;
  const std::string total = promql::to_text(*quotient->right);
  // Over a total of 0 a part of 0 is NaN, as any other.
  const std::string text = sum_or_difference(without_parentheses(*quotient->left))
                               ? with_sides(*quotient, *filled, total)
                               : fmt::format("(0 * ({0}) / ({0})) unless on () ({1})", total,
                                             promql::to_text(*quotient->left));
  return stand_in(is_rest ? fmt::format("1 - ({})", text) : text, ratio);
}

}  // namespace slod
