#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"

namespace slod::promql {

struct ParserOptions {
  /// Functions, aggregations, fill modifiers and calculated durations that Prometheus guards.
  bool experimental_functions = false;
  // What is beyond one of these is an error that says where, before it costs anything.
  std::size_t depth_max = 256;              ///< of nesting
  std::size_t chain_max = 500;              ///< operators in a row, as in a + b + c
  std::size_t tokens_max = 20'000;          ///< names, numbers, strings and signs
  std::size_t string_bytes_max = 64 << 10;  ///< of one string
  std::size_t regex_bytes_max = 64 << 10;   ///< of all regular expressions together
  /// Asked before each regular expression is made: true ends the parsing with an error.
  std::function<bool()> is_unwanted = {};
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
std::expected<std::vector<Matcher>, QueryError> parse_matchers(std::string_view text,
                                                               const ParserOptions& options = {});

}  // namespace slod::promql
