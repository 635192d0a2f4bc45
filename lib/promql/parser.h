#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"

namespace slod::promql {

struct ParserOptions {
  /// Functions, aggregations, fill modifiers and calculated durations that Prometheus guards.
  bool experimental_functions = false;
  std::size_t depth_max = 256;  ///< of nesting; deeper is an error, never a stack overflow
  /// What step() and range() mean in durations: of the query that is to be run, both 0 for one at
  /// one time. Where they are not known, a duration that names them is an error.
  std::optional<Duration> query_step = std::nullopt;
  std::optional<Duration> query_range = std::nullopt;
};

/// Where and why a query is not PromQL.
struct QueryError {
  Position position;
  std::string message;        ///< Prometheus's words, without the position
  bool is_of_grammar = true;  ///< false: it is about the selector as a whole, without a position

  /// As Prometheus prints it: `1:7: parse error: unclosed left parenthesis` (line and column in
  /// bytes, both counted from 1); the message alone where it is not of the grammar.
  std::string text(std::string_view query) const;
};

/// Reads and type-checks a query with the grammar of Prometheus 3. Error: the first thing wrong.
std::expected<ExprPtr, QueryError> parse(std::string_view query, const ParserOptions& options = {});

/// Reads `{a="b"}` or `name{...}` as the `match[]` of the series API does, with at least one
/// matcher that does not match the empty text.
std::expected<std::vector<Matcher>, QueryError> parse_matchers(std::string_view text);

}  // namespace slod::promql
