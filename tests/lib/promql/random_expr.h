#pragma once

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/promql/expr.h"

namespace slod::promql {

/// Trees of every kind of node, with types that fit.
class RandomExpr {
 public:
  explicit RandomExpr(unsigned seed) : random_(seed) {}

  ExprPtr expr(int levels) { return below(4) == 0 ? scalar(levels) : vector(levels); }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  bool coin() { return below(2) == 0; }

  static ExprPtr node(decltype(Expr::node) made) { return make_expr({}, std::move(made)); }

  Duration duration() { return Duration(1 + static_cast<std::int64_t>(below(100'000'000))); }

  std::string name() {
    constexpr std::array<std::string_view, 8> names{
        "up", "a:b", "sum", "offset", "fill", "start", "http_requests_total", "x"};
    return std::string(names[below(names.size())]);
  }

  std::string text() {
    constexpr std::array<std::string_view, 10> pieces{"a",      "\"",   "\\",   "\n", "é",
                                                      "\u2028", "\xff", "\x01", ".*", "b c"};
    std::string out;
    for (std::size_t i = below(4); i > 0; --i) out += pieces[below(pieces.size())];
    return out;
  }

  std::vector<std::string> labels() {
    constexpr std::array<std::string_view, 6> names{"job", "by", "on", "http.status", "le", "a b"};
    std::vector<std::string> out;
    for (std::size_t i = below(3); i > 0; --i) out.emplace_back(names[below(names.size())]);
    return out;
  }

  TimeShift shift() {
    TimeShift made;
    if (coin()) made.offset = coin() ? duration() : -duration();
    if (below(3) == 0) made.at = Instant(duration());
    if (below(4) == 0) made.at = coin() ? Boundary::start : Boundary::end;
    return made;
  }

  VectorSelector selector() {
    VectorSelector made;
    for (std::size_t i = below(3); i > 0; --i) {
      auto matcher =
          Matcher::make("l" + text(), Matcher::Operation{static_cast<int>(below(4))}, text());
      if (matcher) made.matchers.push_back(std::move(*matcher));
    }
    made.name = name();
    made.matchers.push_back(
        Matcher::make("__name__", Matcher::Operation::equal, made.name).value());
    made.shift = shift();
    return made;
  }

  ExprPtr range(int levels) {
    if (levels > 0 && coin()) {
      // Without the parenthesis, a sign before the selector would take the range with it.
      return node(Subquery{.expr = node(Paren{.expr = vector(levels - 1)}),
                           .range = duration(),
                           .step = coin() ? duration() : Duration(0),
                           .shift = shift()});
    }
    return node(MatrixSelector{.selector = selector(), .range = duration()});
  }

  ExprPtr number() {
    if (coin()) {
      const double value = static_cast<double>(duration().count()) / 1000;
      return node(NumberLiteral{.value = value, .is_duration = true});
    }
    constexpr std::array<double, 9> values{0, 1, -1, 0.1, 1e25, -1e-7, 1e300, 5e-324, 123456.789};
    return node(NumberLiteral{.value = values[below(values.size())]});
  }

  ExprPtr scalar(int levels) {
    if (levels == 0) return number();
    switch (below(4)) {
      case 0:
        return node(Paren{.expr = scalar(levels - 1)});
      case 1:
        return node(Call{.function = signature("scalar"), .arguments = {vector(levels - 1)}});
      case 2: {
        const auto op = static_cast<BinaryOperator>(below(13));
        return node(Binary{.op = op,
                           .left = scalar(levels - 1),
                           .right = scalar(levels - 1),
                           .return_bool = is_comparison(op),
                           .matching = {}});
      }
      default:
        return number();
    }
  }

  ExprPtr operation(int levels) {
    Binary made;
    made.op = static_cast<BinaryOperator>(below(18));
    // A scalar is no operand of a set, and what a chain binds to is not known here.
    made.left = node(Paren{.expr = vector(levels - 1)});
    made.right = node(Paren{.expr = vector(levels - 1)});
    made.return_bool = is_comparison(made.op) && coin();
    VectorMatching& matching = made.matching;
    matching.on = coin();
    matching.labels = labels();
    if (is_set_operator(made.op)) {
      matching.cardinality = Cardinality::many_to_many;
    } else {
      matching.cardinality = static_cast<Cardinality>(below(3));
      if (matching.cardinality != Cardinality::one_to_one) matching.include = {"extra"};
      if (below(4) == 0) matching.fill_left = -1.5;
      if (below(4) == 0) matching.fill_right = 0;
    }
    return node(std::move(made));
  }

  ExprPtr vector(int levels) {
    if (levels == 0) return node(selector());
    switch (below(7)) {
      case 0:
        return node(Paren{.expr = vector(levels - 1)});
      case 1:
        return node(Unary{.negative = coin(), .expr = node(Paren{.expr = vector(levels - 1)})});
      case 2:
        return operation(levels);
      case 3: {
        Aggregate made;
        made.op = static_cast<Aggregation>(below(14));
        made.expr = vector(levels - 1);
        if (made.op == Aggregation::count_values) {
          made.parameter = node(StringLiteral{.value = text()});
        } else if (made.op >= Aggregation::topk) {
          made.parameter = scalar(levels - 1);
        }
        made.without = coin();
        made.grouping = labels();
        return node(std::move(made));
      }
      case 4:
        return node(Call{.function = signature("rate"), .arguments = {range(levels - 1)}});
      case 5:
        return node(Call{.function = signature("label_replace"),
                         .arguments = {vector(levels - 1), node(StringLiteral{.value = text()}),
                                       node(StringLiteral{.value = text()}),
                                       node(StringLiteral{.value = text()}),
                                       node(StringLiteral{.value = text()})}});
      default:
        return node(selector());
    }
  }

  std::mt19937 random_;
};

}  // namespace slod::promql
