#include "lib/promql/grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/literal.h"
#include "lib/text/go_string.h"

namespace slod::promql {
namespace {

using Kind = Token::Kind;

/// How tightly operators bind, weakest first. Source: Prometheus's documentation,
/// querying/operators.
constexpr int weakest = 1;
constexpr int strongest = 6;

int precedence(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::set_or:
      return weakest;
    case BinaryOperator::set_and:
    case BinaryOperator::set_unless:
      return 2;
    case BinaryOperator::add:
    case BinaryOperator::subtract:
      return 4;
    case BinaryOperator::multiply:
    case BinaryOperator::divide:
    case BinaryOperator::modulo:
    case BinaryOperator::atan2:
      return 5;
    case BinaryOperator::power:
      return strongest;
    default:
      return 3;
  }
}

/// Tokens that are a function's name before a parenthesis.
bool is_function_name(Kind kind) {
  return kind == Kind::identifier || kind == Kind::start || kind == Kind::end_of_range ||
         kind == Kind::step || kind == Kind::range;
}

bool begins_expression(const Token& token) {
  return is_sign(token) || is_metric_name(token) || token.kind == Kind::number ||
         token.kind == Kind::duration || token.kind == Kind::string ||
         token.kind == Kind::left_paren || token.kind == Kind::left_brace;
}

bool closes(Kind kind) {
  return kind == Kind::right_brace || kind == Kind::right_paren || kind == Kind::right_bracket ||
         kind == Kind::duration || kind == Kind::number;
}

}  // namespace

bool is_sign(const Token& token) {
  return token.kind == Kind::op &&
         (token.op == BinaryOperator::add || token.op == BinaryOperator::subtract);
}

bool is_metric_name(const Token& token) {
  constexpr std::array kinds{
      Kind::identifier, Kind::metric_identifier, Kind::aggregation, Kind::offset,
      Kind::anchored,   Kind::smoothed,          Kind::by,          Kind::without,
      Kind::start,      Kind::end_of_range,      Kind::step,        Kind::range,
      Kind::fill,       Kind::fill_left,         Kind::fill_right};
  if (token.kind == Kind::op) return is_set_operator(token.op);
  return std::ranges::find(kinds, token.kind) != kinds.end();
}

Grammar::Level::Level(Grammar& grammar) : grammar_(&grammar) {
  ++grammar.depth_;
  if (fits()) return;
  grammar.fail(grammar.peek().position,
               fmt::format("expression nested too deeply, expected at most {} levels",
                           grammar.options_.depth_max));
}

const Token& Grammar::peek() {
  if (!token_) {
    token_ = lexer_.next();
    if (token_->kind == Kind::error) fail(token_->position, token_->value);
    check_size(*token_);
  }
  return *token_;
}

/// Beyond a limit the query ends for whoever reads on.
void Grammar::check_size(const Token& token) {
  const bool is_too_long =
      token.kind == Kind::string && token.value.size() > options_.string_bytes_max;
  if (++tokens_ > options_.tokens_max) {
    fail(token.position, fmt::format("query too large, expected at most {} names, numbers, strings "
                                     "and signs",
                                     options_.tokens_max));
  } else if (is_too_long) {
    fail(token.position, fmt::format("string too long, expected at most {} bytes, found {}",
                                     options_.string_bytes_max, token.value.size()));
  } else {
    return;
  }
  token_ = Token{.kind = Kind::error, .position = token.position, .text = {}, .value = {}};
}

Token Grammar::take() {
  peek();
  Token token = std::move(*token_);
  token_.reset();
  if (closes(token.kind)) closed_at_ = token.position.end;
  return token;
}

Grammar::Node Grammar::fail(Position position, std::string message) {
  if (!error_) error_ = QueryError{.position = position, .message = std::move(message)};
  return nullptr;
}

Grammar::Node Grammar::unexpected(std::string_view context, std::string_view expected) {
  // An aggregation that is still open takes the errors that nothing within it explains.
  if (context.empty() && open_aggregations_ > 0) context = "aggregation";
  return unexpected_token(peek(), context, expected);
}

Grammar::Node Grammar::unexpected_token(const Token& token, std::string_view context,
                                        std::string_view expected) {
  std::string message = "unexpected " + token.described();
  if (!context.empty()) message += fmt::format(" in {}", context);
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return fail(token.position, std::move(message));
}

QueryError Grammar::first_error() {
  if (!error_) unexpected();
  return std::move(*error_);
}

std::expected<ExprPtr, QueryError> Grammar::expression() {
  if (next_is(Kind::end)) fail(Position{}, "no expression found in input");
  if (error_) return std::unexpected(first_error());
  Node node = binary(weakest);
  if (node == nullptr || !next_is(Kind::end)) return std::unexpected(first_error());
  return node;
}

Grammar::Node Grammar::binary(int precedence_min) {
  Node left = unary();
  std::size_t operators = 0;
  while (left != nullptr) {
    const Token& token = peek();
    if (token.kind != Kind::op || precedence(token.op) < precedence_min) break;
    if (++operators > options_.chain_max) {
      return fail(token.position, fmt::format("too many operators in a row, expected at most {}",
                                              options_.chain_max));
    }
    left = operation(std::move(left));
  }
  return error_ ? nullptr : left;
}

Grammar::Node Grammar::operation(Node left) {
  Binary binary_node;
  binary_node.op = take().op;
  if (is_set_operator(binary_node.op)) {
    binary_node.matching.cardinality = Cardinality::many_to_many;
  }
  if (!modifiers(binary_node)) return nullptr;
  Node right;
  if (binary_node.op == BinaryOperator::power) {
    const Level level(*this);
    right = level.fits() ? binary(strongest) : nullptr;
  } else {
    right = binary(precedence(binary_node.op) + 1);
  }
  if (right == nullptr) return nullptr;
  const Position position{.begin = left->position.begin, .end = right->position.end};
  const bool filled = binary_node.matching.fill_left || binary_node.matching.fill_right;
  if (filled && !options_.experimental_functions) {
    return fail(position, "binop fill modifiers are experimental and not enabled");
  }
  binary_node.left = std::move(left);
  binary_node.right = std::move(right);
  return make_expr(position, std::move(binary_node));
}

bool Grammar::modifiers(Binary& binary) {
  if (next_is(Kind::return_bool)) {
    take();
    binary.return_bool = true;
  }
  if (next_is(Kind::on) || next_is(Kind::ignoring)) {
    binary.matching.on = take().kind == Kind::on;
    auto labels = grouping_labels();
    if (!labels) return false;
    binary.matching.labels = std::move(*labels);
    if (next_is(Kind::group_left) || next_is(Kind::group_right)) {
      const bool is_left = take().kind == Kind::group_left;
      binary.matching.cardinality = is_left ? Cardinality::many_to_one : Cardinality::one_to_many;
      if (next_is(Kind::left_paren)) {
        auto include = grouping_labels();
        if (!include) return false;
        binary.matching.include = std::move(*include);
      }
    }
  }
  return fill_modifiers(binary);
}

bool Grammar::fill_modifiers(Binary& binary) {
  VectorMatching& matching = binary.matching;
  if (next_is(Kind::fill)) {
    take();
    matching.fill_left = fill_value();
    matching.fill_right = matching.fill_left;
    return matching.fill_left.has_value();
  }
  while (true) {
    std::optional<double>* side = nullptr;
    if (next_is(Kind::fill_left)) side = &matching.fill_left;
    if (next_is(Kind::fill_right)) side = &matching.fill_right;
    if (side == nullptr || side->has_value()) return !error_;
    take();
    *side = fill_value();
    if (!*side) return false;
  }
}

std::optional<double> Grammar::fill_value() {
  take();
  double sign = 1;
  if (is_sign(peek())) sign = take().op == BinaryOperator::subtract ? -1 : 1;
  if (!next_is(Kind::number) && !next_is(Kind::duration)) {
    unexpected();
    return std::nullopt;
  }
  const Node value = number();
  if (value == nullptr) return std::nullopt;
  if (!next_is(Kind::right_paren)) {
    unexpected();
    return std::nullopt;
  }
  take();
  return sign * std::get<NumberLiteral>(value->node).value;
}

Grammar::Node Grammar::unary() {
  if (!is_sign(peek())) return postfix(primary());
  const Level level(*this);
  if (!level.fits()) return nullptr;
  const Token sign = take();
  const bool negative = sign.op == BinaryOperator::subtract;
  // A power binds tighter than the sign before it, and everything else less.
  Node operand = binary(strongest);
  if (operand == nullptr) return nullptr;
  if (auto* literal = std::get_if<NumberLiteral>(&operand->node)) {
    if (negative) literal->value = -literal->value;
    operand->position.begin = sign.position.begin;
    return operand;
  }
  const Position position{.begin = sign.position.begin, .end = operand->position.end};
  return make_expr(position, Unary{.negative = negative, .expr = std::move(operand)});
}

Grammar::Node Grammar::primary() {
  const Token& token = peek();
  if (token.kind == Kind::number || token.kind == Kind::duration) return number();
  if (token.kind == Kind::string) {
    Token text = take();
    return make_expr(text.position, StringLiteral{.value = std::move(text.value)});
  }
  if (token.kind == Kind::left_paren) return paren();
  if (token.kind == Kind::left_brace) return selector(nullptr);
  if (is_metric_name(token)) return named(take());
  return unexpected();
}

Grammar::Node Grammar::paren() {
  const Level level(*this);
  if (!level.fits()) return nullptr;
  const Token opening = take();
  Node inner = binary(weakest);
  if (inner == nullptr) return nullptr;
  if (!next_is(Kind::right_paren)) return unexpected();
  const Token closing = take();
  const Position position{.begin = opening.position.begin, .end = closing.position.end};
  return make_expr(position, Paren{.expr = std::move(inner)});
}

Grammar::Node Grammar::number() {
  const Token token = take();
  const bool is_duration = token.kind == Kind::duration;
  const auto value =
      is_duration ? read_duration_seconds(token.text) : read_number_literal(token.text);
  if (!value) return fail(token.position, value.error());
  return make_expr(token.position, NumberLiteral{.value = *value, .is_duration = is_duration});
}

Grammar::Node Grammar::named(const Token& token) {
  if (token.kind == Kind::aggregation &&
      (next_is(Kind::left_paren) || next_is(Kind::by) || next_is(Kind::without))) {
    return aggregate(token);
  }
  if (is_function_name(token.kind) && next_is(Kind::left_paren)) return call(token);
  return selector(&token);
}

Grammar::Node Grammar::call(const Token& name) {
  auto given = arguments();
  if (!given) return nullptr;
  const Signature* function = signature(name.text);
  if (function == nullptr) {
    return fail(name.position, "unknown function with name " + go_quoted(name.text));
  }
  if (function->is_experimental && !options_.experimental_functions) {
    return fail(name.position, fmt::format("function {} is not enabled", go_quoted(name.text)));
  }
  const Position position{.begin = name.position.begin, .end = closed_at_};
  return make_expr(position, Call{.function = function, .arguments = std::move(*given)});
}

Grammar::Node Grammar::aggregate(const Token& name) {
  Aggregate made;
  made.op = name.aggregation;
  const auto grouping = [this, &made] {
    made.without = take().kind == Kind::without;
    auto labels = grouping_labels();
    if (labels) made.grouping = std::move(*labels);
    return labels.has_value();
  };
  const bool grouped_before = !next_is(Kind::left_paren);
  ++open_aggregations_;
  if (grouped_before && !grouping()) return nullptr;
  auto given = arguments();
  if (!given) return nullptr;
  --open_aggregations_;
  Position position{.begin = name.position.begin, .end = closed_at_};
  if (!grouped_before && (next_is(Kind::by) || next_is(Kind::without))) {
    if (!grouping()) return nullptr;
    position.end = closed_at_;
  }
  if (error_) return nullptr;
  Token whole = name;
  whole.position = position;
  return make_aggregate(whole, std::move(made), std::move(*given));
}

Grammar::Node Grammar::make_aggregate(const Token& name, Aggregate aggregate,
                                      std::vector<ExprPtr> arguments) {
  if (arguments.empty()) {
    return fail(name.position, "no arguments for aggregate expression provided");
  }
  const bool is_experimental =
      aggregate.op == Aggregation::limitk || aggregate.op == Aggregation::limit_ratio;
  const bool has_parameter = is_experimental || aggregate.op == Aggregation::topk ||
                             aggregate.op == Aggregation::bottomk ||
                             aggregate.op == Aggregation::count_values ||
                             aggregate.op == Aggregation::quantile;
  if (is_experimental && !options_.experimental_functions) {
    return fail(name.position, fmt::format("{}() is experimental and must be enabled with "
                                           "--enable-feature=promql-experimental-functions",
                                           text(aggregate.op)));
  }
  const std::size_t wanted = has_parameter ? 2 : 1;
  if (arguments.size() != wanted) {
    return fail(name.position,
                fmt::format("wrong number of arguments for aggregate expression provided, "
                            "expected {}, got {}",
                            wanted, arguments.size()));
  }
  if (has_parameter) aggregate.parameter = std::move(arguments.front());
  aggregate.expr = std::move(arguments.back());
  return make_expr(name.position, std::move(aggregate));
}

std::optional<std::vector<ExprPtr>> Grammar::arguments() {
  const Level level(*this);
  if (!level.fits()) return std::nullopt;
  std::vector<ExprPtr> all;
  if (!next_is(Kind::left_paren)) {
    unexpected();
    return std::nullopt;
  }
  take();
  if (next_is(Kind::right_paren)) {
    take();
    return all;
  }
  while (true) {
    Node argument = binary(weakest);
    if (argument == nullptr) return std::nullopt;
    all.push_back(std::move(argument));
    if (next_is(Kind::right_paren)) break;
    if (!next_is(Kind::comma)) {
      unexpected();
      return std::nullopt;
    }
    const Token comma = take();
    if (!begins_expression(peek())) {
      fail(comma.position, "trailing commas not allowed in function call args");
      return std::nullopt;
    }
  }
  take();
  return all;
}

}  // namespace slod::promql
