#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "lib/promql/grammar.h"
#include "lib/promql/literal.h"
#include "lib/text/number.h"

/// What stands after an expression: ranges, subqueries, `offset` and `@`; and durations.
namespace slod::promql {
namespace {

using Kind = Token::Kind;

/// How tightly an operator between durations binds; 0 for any other token.
int duration_precedence(const Token& token) {
  if (token.kind != Kind::op) return 0;
  switch (token.op) {
    case BinaryOperator::add:
    case BinaryOperator::subtract:
      return 1;
    case BinaryOperator::multiply:
    case BinaryOperator::divide:
    case BinaryOperator::modulo:
      return 2;
    case BinaryOperator::power:
      return 3;
    default:
      return 0;
  }
}

/// min_of and max_of, and their older names min and max.
bool is_choice(const Token& token) {
  if (token.kind == Kind::identifier) return token.text == "min_of" || token.text == "max_of";
  return token.kind == Kind::aggregation &&
         (token.aggregation == Aggregation::min || token.aggregation == Aggregation::max);
}

/// An instant for `@`. What no 64 bits of nanoseconds hold is the end of time, so that a range
/// can still be taken from it.
Instant instant_of(double seconds) {
  return Instant(duration_from_seconds(std::clamp(seconds, -1e15, 1e15)));
}

}  // namespace

Grammar::Node Grammar::postfix(Node node) {
  const std::size_t depth = depth_;
  while (node != nullptr) {
    const Token& token = peek();
    if (token.kind == Kind::left_bracket) {
      node = brackets(std::move(node));
    } else if (token.kind == Kind::offset) {
      node = offset(std::move(node));
    } else if (token.kind == Kind::at) {
      node = at(std::move(node));
    } else if (token.kind == Kind::anchored || token.kind == Kind::smoothed) {
      node = edges(std::move(node));
    } else {
      break;
    }
  }
  depth_ = depth;
  return error_ ? nullptr : node;
}

Grammar::Node Grammar::edges(Node node) {
  const bool is_anchored = take().kind == Kind::anchored;
  const std::string_view modifier = is_anchored ? "anchored" : "smoothed";
  if (!options_.experimental_functions) {
    return fail(node->position,
                fmt::format("{} modifier is experimental and not enabled", modifier));
  }
  auto* vector = std::get_if<VectorSelector>(&node->node);
  if (auto* matrix = std::get_if<MatrixSelector>(&node->node)) vector = &matrix->selector;
  if (vector == nullptr) {
    const bool is_subquery = std::holds_alternative<Subquery>(node->node);
    const std::string_view reason =
        is_subquery ? "is not supported for subqueries" : "not implemented";
    return fail(node->position, fmt::format("{} modifier {}", modifier, reason));
  }
  if (vector->edges != Edges::plain) {
    return fail(node->position, "anchored and smoothed modifiers cannot be used together");
  }
  vector->edges = is_anchored ? Edges::anchored : Edges::smoothed;
  return node;
}

Grammar::Node Grammar::brackets(Node node) {
  // Each pair of brackets nests what stands before it. postfix() takes the levels back.
  if (++depth_ > options_.depth_max) {
    return fail(peek().position, fmt::format("expression nested too deeply, expected at most {} "
                                             "levels",
                                             options_.depth_max));
  }
  const Token opening = take();
  const auto length = positive_duration();
  if (!length) {
    return unexpected("subquery or range selector", "number, duration, step(), or range()");
  }
  if (next_is(Kind::right_bracket)) return range(node, opening, *length);
  if (!next_is(Kind::colon)) return unexpected("subquery or range", R"(":" or "]")");
  take();
  Subquery subquery;
  subquery.range = *length;
  if (!next_is(Kind::right_bracket)) {
    const auto step = positive_duration();
    if (!step) {
      return unexpected("subquery selector", R"(number, duration, step(), range(), or "]")");
    }
    subquery.step = *step;
  }
  if (!next_is(Kind::right_bracket)) return unexpected("subquery selector", R"("]")");
  const Token closing = take();
  const Position position{.begin = node->position.begin, .end = closing.position.end};
  subquery.expr = std::move(node);
  return make_expr(position, std::move(subquery));
}

Grammar::Node Grammar::range(const Node& node, const Token& opening, Duration length) {
  const Token closing = take();
  const Position brackets{.begin = opening.position.begin, .end = closing.position.end};
  auto* selector = std::get_if<VectorSelector>(&node->node);
  if (selector == nullptr) return fail(brackets, "ranges only allowed for vector selectors");
  if (selector->shift.offset != Duration(0)) {
    return fail(brackets, "no offset modifiers allowed before range");
  }
  if (std::holds_alternative<Instant>(selector->shift.at)) {
    return fail(brackets, "no @ modifiers allowed before range");
  }
  const Position position{.begin = node->position.begin, .end = closing.position.end};
  return make_expr(position, MatrixSelector{.selector = std::move(*selector), .range = length});
}

/// Where `modifier` of the expression goes; null, with an error, where it takes none.
TimeShift* Grammar::shift_of(Expr& expr, std::string_view modifier) {
  if (auto* vector = std::get_if<VectorSelector>(&expr.node)) return &vector->shift;
  if (auto* matrix = std::get_if<MatrixSelector>(&expr.node)) return &matrix->selector.shift;
  if (auto* subquery = std::get_if<Subquery>(&expr.node)) return &subquery->shift;
  fail(expr.position, fmt::format("{} modifier must be preceded by an instant vector selector or "
                                  "range vector selector or a subquery",
                                  modifier));
  return nullptr;
}

Grammar::Node Grammar::offset(Node node) {
  take();
  const auto length = offset_duration();
  if (!length) return unexpected("offset", "number, duration, step(), or range()");
  TimeShift* shift = shift_of(*node, "offset");
  if (shift == nullptr) return nullptr;
  if (shift->offset != Duration(0)) {
    return fail(node->position, "offset may not be set multiple times");
  }
  shift->offset = *length;
  node->position.end = closed_at_;
  return node;
}

Grammar::Node Grammar::at(Node node) {
  take();
  decltype(TimeShift::at) at;
  if (next_is(Kind::start) || next_is(Kind::end_of_range)) {
    at = take().kind == Kind::start ? Boundary::start : Boundary::end;
    for (const Kind paren : {Kind::left_paren, Kind::right_paren}) {
      if (!next_is(paren)) return unexpected("@", "timestamp");
      take();
    }
  } else {
    bool is_negative = false;
    if (is_sign(peek())) is_negative = take().op == BinaryOperator::subtract;
    if (!next_is(Kind::number) && !next_is(Kind::duration)) return unexpected("@", "timestamp");
    const Node literal = number();
    if (literal == nullptr) return nullptr;
    const double value = std::get<NumberLiteral>(literal->node).value * (is_negative ? -1 : 1);
    // Prometheus counts in 64 bits.
    if (!(std::abs(value) < 9223372036854775808.0)) {
      return fail(node->position, fmt::format("timestamp out of bounds for @ modifier: {}",
                                              std::isfinite(value) ? fmt::format("{:f}", value)
                                                                   : plain_number(value)));
    }
    at = instant_of(value);
  }
  TimeShift* shift = shift_of(*node, "@");
  if (shift == nullptr) return nullptr;
  if (!std::holds_alternative<std::monostate>(shift->at)) {
    return fail(node->position, "@ <timestamp> may not be set multiple times");
  }
  shift->at = at;
  node->position.end = closed_at_;
  return node;
}

/// Prometheus calculates durations when a query is run: what is wrong with the result is no error
/// of the grammar there, and says which bytes of the query it is about.
void Grammar::fail_calculation(Position position, std::string_view message) {
  fail(position, fmt::format("{}:{}: {}", position.begin, position.end, message));
  error_->is_of_grammar = false;
}

/// A length of time; a calculated one is cut off at the millisecond.
std::optional<Duration> Grammar::length_of(double seconds, Position position) {
  if (!is_calculated_) return duration_from_seconds(seconds);
  if (!std::isfinite(seconds)) {
    fail_calculation(position, "duration is NaN or infinite");
    return std::nullopt;
  }
  if (std::abs(seconds) > duration_seconds_max) {
    fail_calculation(position, "duration is out of range");
    return std::nullopt;
  }
  return Duration(static_cast<Duration::rep>(seconds * 1000));
}

std::optional<Duration> Grammar::positive_duration() {
  is_calculated_ = false;
  Position position = peek().position;
  const auto seconds = duration(1);
  if (!seconds) return std::nullopt;
  if (is_calculated_) position.end = closed_at_;
  const auto length = length_of(*seconds, position);
  if (!length || *length > Duration(0)) return length;
  constexpr std::string_view message = "duration must be greater than 0";
  if (is_calculated_) {
    fail_calculation(position, message);
  } else {
    fail(position, std::string(message));
  }
  return std::nullopt;
}

/// After `offset`, an operator that follows belongs to the expression and not to the duration:
/// `x offset 5m + 1m` is a sum.
std::optional<Duration> Grammar::offset_duration() {
  is_calculated_ = false;
  const Position position = peek().position;
  const bool is_signed = is_sign(peek());
  const bool is_negative = is_signed && take().op == BinaryOperator::subtract;
  const auto value = duration_operand();
  if (!value) return std::nullopt;
  return length_of(is_negative ? -*value : *value, {.begin = position.begin, .end = closed_at_});
}

/// A constant expression of durations. It is folded here, so that evaluation sees plain lengths of
/// time.
std::optional<double> Grammar::duration(int precedence_min) {
  const Position position = peek().position;
  auto left = duration_operand();
  while (left) {
    const int found = duration_precedence(peek());
    if (found < precedence_min) break;
    const Token op = take();
    const Level level(*this);
    if (!level.fits()) return std::nullopt;
    const auto right = duration(op.op == BinaryOperator::power ? found : found + 1);
    if (!right || !may_calculate(position)) return std::nullopt;
    left = duration_operation(*left, op, *right, {.begin = position.begin, .end = closed_at_});
  }
  return left;
}

bool Grammar::may_calculate(Position position) {
  is_calculated_ = true;
  if (options_.experimental_functions) return true;
  fail(position, "experimental duration expression is not enabled");
  return false;
}

std::optional<double> Grammar::duration_operand() {
  const Token& token = peek();
  if (token.kind == Kind::number || token.kind == Kind::duration) return duration_literal();
  if (token.kind == Kind::left_paren) return duration_paren();
  if (is_choice(token)) return duration_choice();
  if (token.kind == Kind::step || token.kind == Kind::range) return duration_of_query();
  if (!is_sign(token)) return std::nullopt;
  const Level level(*this);
  if (!level.fits()) return std::nullopt;
  const bool is_negative = take().op == BinaryOperator::subtract;
  const auto value = duration(3);
  if (!value) return std::nullopt;
  return is_negative ? -*value : *value;
}

std::optional<double> Grammar::duration_literal() {
  const Node literal = number();
  if (literal == nullptr) return std::nullopt;
  const double value = std::get<NumberLiteral>(literal->node).value;
  if (!(std::abs(value) <= duration_seconds_max)) {
    fail(literal->position, "duration out of range");
    return std::nullopt;
  }
  return value;
}

std::optional<double> Grammar::duration_paren() {
  const Level level(*this);
  if (!level.fits()) return std::nullopt;
  take();
  const Position position = peek().position;
  const auto value = duration(1);
  if (!value || !may_calculate(position) || !next_is(Kind::right_paren)) return std::nullopt;
  take();
  return value;
}

/// step() or range().
std::optional<double> Grammar::duration_of_query() {
  const Token token = take();
  const auto& length = token.kind == Kind::step ? options_.query_step : options_.query_range;
  if (!length) {
    fail(token.position,
         fmt::format("expected a constant duration, found {}(), which is not supported here",
                     token.text));
    return std::nullopt;
  }
  if (!may_calculate(token.position)) return std::nullopt;
  for (const Kind paren : {Kind::left_paren, Kind::right_paren}) {
    if (!next_is(paren)) return std::nullopt;
    take();
  }
  return slod::seconds(*length);
}

/// min_of(a, b) or max_of(a, b).
std::optional<double> Grammar::duration_choice() {
  const Level level(*this);
  if (!level.fits()) return std::nullopt;
  const Token token = take();
  const bool is_min = token.text.starts_with("mi");
  if (!may_calculate(token.position) || !next_is(Kind::left_paren)) return std::nullopt;
  take();
  const auto first = duration(1);
  if (!first || !next_is(Kind::comma)) return std::nullopt;
  take();
  const auto second = duration(1);
  if (!second || !next_is(Kind::right_paren)) return std::nullopt;
  take();
  return is_min ? std::min(*first, *second) : std::max(*first, *second);
}

std::optional<double> Grammar::duration_operation(double left, const Token& op, double right,
                                                  Position position) {
  switch (op.op) {
    case BinaryOperator::add:
      return left + right;
    case BinaryOperator::subtract:
      return left - right;
    case BinaryOperator::multiply:
      return left * right;
    case BinaryOperator::power:
      return std::pow(left, right);
    default:
      break;
  }
  const bool divides = op.op == BinaryOperator::divide;
  if (right != 0) return divides ? left / right : std::fmod(left, right);
  fail_calculation(position, divides ? "division by zero" : "modulo by zero");
  return std::nullopt;
}

}  // namespace slod::promql
