#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/time/instant.h"

namespace slod::promql {

/// What an expression's value is.
enum class ValueType : std::uint8_t { scalar, vector, matrix, string };

/// Prometheus's words: "scalar", "instant vector", "range vector", "string".
std::string_view documented_name(ValueType type);

/// Bytes [begin, end) of the query text.
struct Position {
  std::size_t begin = 0;
  std::size_t end = 0;
};

struct Expr;
/// Never null inside a tree. Trees are immutable and safe to share between threads.
using ExprPtr = std::shared_ptr<const Expr>;

/// The boundary of the query that `@ start()` and `@ end()` mean.
enum class Boundary : std::uint8_t { start, end };

/// When a selector looks, besides at the evaluation time.
struct TimeShift {
  Duration offset{};                                        ///< back in time; may be negative
  std::variant<std::monostate, Instant, Boundary> at = {};  ///< `@`

  bool operator==(const TimeShift&) const = default;
};

struct NumberLiteral {
  double value = 0;
  bool is_duration = false;  ///< written as a duration ("5m"); printed as one
};

struct StringLiteral {
  std::string value;
};

/// Experimental: what a selector takes at the ends of its range (`anchored`, `smoothed`).
enum class Edges : std::uint8_t {
  plain,     ///< the samples inside
  anchored,  ///< at the beginning the last sample up to it, if the lookback reaches one
  smoothed,  ///< at either end what lies on the line between the samples around it
};

/// `name{...}`; the matchers hold one on __name__ where a name was written.
struct VectorSelector {
  std::string name;               ///< before the brace or as the quoted name within; may be empty
  std::vector<Matcher> matchers;  ///< all, on __name__ too; in the order written, the name's last
  TimeShift shift;
  bool name_in_braces = false;  ///< the name was written within; its matcher stands where written
  Edges edges = Edges::plain;   ///< of an instant vector, plain or smoothed
};

/// `selector[range]`.
struct MatrixSelector {
  VectorSelector selector;
  Duration range{};  ///< > 0
};

/// `expr[range:step]`.
struct Subquery {
  ExprPtr expr;
  Duration range{};  ///< > 0
  Duration step{};   ///< 0: the default of the evaluation
  TimeShift shift;
};

struct Paren {
  ExprPtr expr;
};

struct Unary {
  bool negative = false;  ///< '-', else '+'
  ExprPtr expr;
};

enum class BinaryOperator : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  atan2,
  equal,
  not_equal,
  greater,
  less,
  greater_or_equal,
  less_or_equal,
  trim_upper,  ///< `</`: a histogram without what is above a number
  trim_lower,  ///< `>/`: a histogram without what is below a number
  set_and,
  set_or,
  set_unless,
};

std::string_view text(BinaryOperator op);
bool is_comparison(BinaryOperator op);
bool is_trim(BinaryOperator op);
bool is_set_operator(BinaryOperator op);

enum class Cardinality : std::uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };

/// How the elements of two vectors find each other.
struct VectorMatching {
  Cardinality cardinality = Cardinality::one_to_one;
  bool on = false;                   ///< match on `labels` only; else on all but them
  std::vector<std::string> labels;   ///< as written
  std::vector<std::string> include;  ///< of group_left(...) or group_right(...)
  std::optional<double> fill_left;   ///< experimental: fill, fill_left
  std::optional<double> fill_right;  ///< experimental: fill, fill_right
};

struct Binary {
  BinaryOperator op{};
  ExprPtr left;
  ExprPtr right;
  bool return_bool = false;
  VectorMatching matching;  ///< meaningful where both sides are vectors
};

enum class Aggregation : std::uint8_t {
  sum,
  avg,
  count,
  min,
  max,
  group,
  stddev,
  stdvar,
  topk,
  bottomk,
  count_values,
  quantile,
  limitk,       ///< experimental
  limit_ratio,  ///< experimental
};

std::string_view text(Aggregation op);

struct Aggregate {
  Aggregation op{};
  ExprPtr expr;
  ExprPtr parameter;  ///< of topk, bottomk, limitk, limit_ratio, quantile, count_values; else null
  std::vector<std::string> grouping;
  bool without = false;
};

/// A function's name and types. There is one for each function, alive as long as the program.
struct Signature {
  std::string_view name;
  std::vector<ValueType> arguments;
  /// 0: exactly `arguments`; n > 0: the last may be left out or come up to n times; -1: the last
  /// may come any number of times, also never.
  int variadic = 0;
  ValueType result = ValueType::vector;
  bool is_experimental = false;
};

/// Null where there is no function of that name.
const Signature* signature(std::string_view name);

struct Call {
  const Signature* function = nullptr;
  std::vector<ExprPtr> arguments;
};

struct Expr {
  Position position;
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Paren, Unary,
               Binary, Aggregate, Call>
      node;

  ValueType type() const;
};

/// A node whose release needs no deep stack, however long the chain of operators on its left.
/// What the parser returns is made of these.
std::shared_ptr<Expr> make_expr(Position position, decltype(Expr::node) node);

}  // namespace slod::promql
