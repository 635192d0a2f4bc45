#include "lib/promql/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "lib/promql/characters.h"
#include "lib/text/go_string.h"

namespace slod::promql {
namespace {

/// Goes through a tree in Prometheus's order, so that the first error is the same.
class Checker {
 public:
  explicit Checker(std::string_view query) : query_(query) {}

  ValueType check(const Expr& expr);
  std::optional<QueryError>& error() { return error_; }

 private:
  void fail(Position position, std::string message);
  void expect(const Expr& expr, ValueType wanted, std::string_view context);
  ValueType chain(const Expr& expr);
  ValueType operation(const Expr& expr, const Binary& binary, ValueType left, ValueType right);
  void operands(const Expr& expr, const Binary& binary, ValueType left, ValueType right);
  Position operator_position(const Binary& binary) const;
  void aggregate(const Aggregate& aggregate);
  void call(const Expr& expr, const Call& call);
  void argument_count(const Expr& expr, const Call& call);
  void label_selector(const Expr& expr, const Call& call);
  void selector(const Expr& expr, const VectorSelector& selector, bool may_be_empty);

  std::string_view query_;
  std::optional<QueryError> error_;
};

void Checker::fail(Position position, std::string message) {
  if (!error_) error_ = QueryError{.position = position, .message = std::move(message)};
}

void Checker::expect(const Expr& expr, ValueType wanted, std::string_view context) {
  const ValueType found = check(expr);
  if (found == wanted) return;
  fail(expr.position, fmt::format("expected type {} in {}, got {}", documented_name(wanted),
                                  context, documented_name(found)));
}

ValueType Checker::check(const Expr& expr) {
  if (std::holds_alternative<Binary>(expr.node)) return chain(expr);
  if (const auto* found = std::get_if<Aggregate>(&expr.node)) {
    aggregate(*found);
  } else if (const auto* made = std::get_if<Call>(&expr.node)) {
    call(expr, *made);
  } else if (const auto* paren = std::get_if<Paren>(&expr.node)) {
    return check(*paren->expr);
  } else if (const auto* unary = std::get_if<Unary>(&expr.node)) {
    const ValueType type = check(*unary->expr);
    if (type == ValueType::scalar || type == ValueType::vector) return type;
    fail(expr.position, fmt::format("unary expression only allowed on expressions of type scalar "
                                    "or instant vector, got {}",
                                    go_quoted(documented_name(type))));
    return type;
  } else if (const auto* subquery = std::get_if<Subquery>(&expr.node)) {
    const ValueType type = check(*subquery->expr);
    if (type != ValueType::vector) {
      constexpr std::array<std::string_view, 4> names{"scalar", "vector", "matrix", "string"};
      fail(expr.position, fmt::format("subquery is only allowed on instant vector, got {} instead",
                                      names[static_cast<std::size_t>(type)]));
    }
  } else if (const auto* matrix = std::get_if<MatrixSelector>(&expr.node)) {
    selector(expr, matrix->selector, false);
  } else if (const auto* vector = std::get_if<VectorSelector>(&expr.node)) {
    selector(expr, *vector, false);
  }
  return expr.type();
}

/// A chain of operators, which nests on its left, from its innermost outwards.
ValueType Checker::chain(const Expr& expr) {
  std::vector<const Expr*> outer{&expr};
  const Expr* innermost = std::get<Binary>(expr.node).left.get();
  while (const auto* binary = std::get_if<Binary>(&innermost->node)) {
    outer.push_back(innermost);
    innermost = binary->left.get();
  }
  ValueType type = check(*innermost);
  for (; !outer.empty(); outer.pop_back()) {
    const auto& binary = std::get<Binary>(outer.back()->node);
    type = operation(*outer.back(), binary, type, check(*binary.right));
  }
  return type;
}

ValueType Checker::operation(const Expr& expr, const Binary& binary, ValueType left,
                             ValueType right) {
  const bool is_scalar = left == ValueType::scalar && right == ValueType::scalar;
  if (binary.return_bool && !is_comparison(binary.op)) {
    fail(operator_position(binary), "bool modifier can only be used on comparison operators");
  }
  if (is_comparison(binary.op) && !binary.return_bool && is_scalar) {
    fail(operator_position(binary), "comparisons between scalars must use BOOL modifier");
  }
  for (const std::string& label : binary.matching.labels) {
    const auto& include = binary.matching.include;
    if (binary.matching.on && std::ranges::find(include, label) != include.end()) {
      fail(operator_position(binary),
           fmt::format("label {} must not occur in ON and GROUP clause at once", go_quoted(label)));
    }
  }
  operands(expr, binary, left, right);
  return is_scalar ? ValueType::scalar : ValueType::vector;
}

void Checker::operands(const Expr& expr, const Binary& binary, ValueType left, ValueType right) {
  const auto fits = [](ValueType type) {
    return type == ValueType::scalar || type == ValueType::vector;
  };
  for (const auto& [type, operand] :
       {std::pair(left, &binary.left), std::pair(right, &binary.right)}) {
    if (fits(type)) continue;
    fail((*operand)->position,
         "binary expression must contain only scalar and instant vector types");
  }
  const VectorMatching& matching = binary.matching;
  const bool is_set = is_set_operator(binary.op);
  const bool is_filled = matching.fill_left || matching.fill_right;
  if (left != ValueType::vector || right != ValueType::vector) {
    if (!matching.labels.empty()) {
      fail(expr.position, "vector matching only allowed between instant vectors");
    }
    if (is_filled) {
      fail(expr.position, "filling in missing series only allowed between instant vectors");
    }
  } else if (is_set) {
    if (matching.cardinality != Cardinality::many_to_many) {
      fail(expr.position,
           fmt::format("no grouping allowed for {} operation", go_quoted(text(binary.op))));
    }
    if (is_filled) {
      fail(expr.position, "filling in missing series not allowed for set operators");
    }
  }
  if (left == ValueType::scalar && right == ValueType::scalar && is_trim(binary.op)) {
    fail(expr.position,
         fmt::format("operator {} not allowed for Scalar operations", go_quoted(text(binary.op))));
  }
  if ((left == ValueType::scalar || right == ValueType::scalar) && is_set) {
    fail(expr.position, fmt::format("set operator {} not allowed in binary scalar expression",
                                    go_quoted(text(binary.op))));
  }
}

/// Where the operator and its modifiers stand.
Position Checker::operator_position(const Binary& binary) const {
  Position position{.begin = binary.left->position.end, .end = binary.right->position.begin};
  while (position.begin < position.end && is_space(query_[position.begin])) ++position.begin;
  while (position.begin < position.end && is_space(query_[position.end - 1])) --position.end;
  return position;
}

void Checker::aggregate(const Aggregate& aggregate) {
  expect(*aggregate.expr, ValueType::vector, "aggregation expression");
  if (aggregate.parameter == nullptr) return;
  const bool is_text = aggregate.op == Aggregation::count_values;
  expect(*aggregate.parameter, is_text ? ValueType::string : ValueType::scalar,
         "aggregation parameter");
}

void Checker::argument_count(const Expr& expr, const Call& call) {
  const Signature& function = *call.function;
  const std::size_t given = call.arguments.size();
  const std::size_t most = function.arguments.size();
  const auto refuse = [&](std::string_view bound, std::size_t wanted) {
    fail(expr.position, fmt::format("expected {}{} argument(s) in call to {}, got {}", bound,
                                    wanted, go_quoted(function.name), given));
  };
  if (function.variadic == 0) {
    if (given != most) refuse("", most);
  } else if (given < most - 1) {
    refuse("at least ", most - 1);
  } else if (function.variadic > 0) {
    const std::size_t bound = most - 1 + static_cast<std::size_t>(function.variadic);
    if (given > bound) refuse("at most ", bound);
  }
}

/// The second argument of info(): a selector of labels, without a name, and which may select all.
void Checker::label_selector(const Expr& expr, const Call& call) {
  const Expr& labels = *call.arguments[1];
  if (labels.type() != ValueType::vector) {
    fail(expr.position, fmt::format("expected type instant vector in call to function \"info\", "
                                    "got {}",
                                    documented_name(labels.type())));
  }
  const auto* found = std::get_if<VectorSelector>(&labels.node);
  if (found == nullptr) {
    fail(labels.position, "expected label selectors only");
  } else if (!found->name.empty() && !found->name_in_braces) {
    fail(labels.position, "expected label selectors only, got vector selector instead");
  }
}

void Checker::call(const Expr& expr, const Call& call) {
  argument_count(expr, call);
  const Signature& function = *call.function;
  const bool is_info = function.name == "info";
  if (is_info && call.arguments.size() > 1) label_selector(expr, call);
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    if (i >= function.arguments.size() && function.variadic == 0) break;
    const ValueType wanted = function.arguments[std::min(i, function.arguments.size() - 1)];
    const Expr& argument = *call.arguments[i];
    if (const auto* found = std::get_if<VectorSelector>(&argument.node);
        is_info && i == 1 && found) {
      selector(argument, *found, true);
      continue;
    }
    expect(argument, wanted, fmt::format("call to function {}", go_quoted(function.name)));
  }
}

void Checker::selector(const Expr& expr, const VectorSelector& selector, bool may_be_empty) {
  if (!selector.name.empty() && !selector.name_in_braces) {
    for (std::size_t i = 0; i + 1 < selector.matchers.size(); ++i) {
      const Matcher& other = selector.matchers[i];
      if (other.label() != "__name__") continue;
      fail(expr.position, fmt::format("metric name must not be set twice: {} or {}",
                                      go_quoted(selector.name), go_quoted(other.value())));
    }
    return;
  }
  const bool selects_something = std::ranges::any_of(
      selector.matchers, [](const Matcher& matcher) { return !matcher.accepts(""); });
  if (!selects_something && !may_be_empty) {
    fail(expr.position, "vector selector must contain at least one non-empty matcher");
  }
}

}  // namespace

std::expected<void, QueryError> check_types(const Expr& expr, std::string_view query) {
  Checker checker(query);
  checker.check(expr);
  if (checker.error()) return std::unexpected(std::move(*checker.error()));
  return {};
}

}  // namespace slod::promql
