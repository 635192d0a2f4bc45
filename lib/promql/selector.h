#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/regex.h"

namespace slod::promql {

/// Where and why a PromQL text is not one. `offset` counts bytes from the start of the text.
struct ParseError {
  std::size_t offset = 0;
  std::string message;  ///< what was expected, what was found
};

/// One condition on one label. A label that a series lacks has the empty value. Regular expressions
/// are RE2's, match the whole value, and '.' matches a line feed too, as in Prometheus 3.
class Matcher {
 public:
  enum class Operation { equal, not_equal, matches, not_matches };

  /// Error: `value` is no regular expression (with RE2's reason).
  static std::expected<Matcher, std::string> make(std::string label, Operation operation,
                                                  std::string value);

  bool accepts(std::string_view value) const;

  /// As PromQL writes it: `code=~"2.."`.
  std::string text() const;

  const std::string& label() const { return label_; }
  Operation operation() const { return operation_; }
  const std::string& value() const { return value_; }

  bool operator==(const Matcher& other) const;

 private:
  Matcher(std::string label, Operation operation, std::string value, std::optional<Regex> regex);

  std::string label_;
  Operation operation_;
  std::string value_;
  std::optional<Regex> regex_;  ///< only for matches and not_matches
};

/// An instant-vector selector: `http_requests_total{job="api",code=~"2.."}`. Immutable and safe to
/// share between threads.
struct Selector {
  /// Empty where matchers on __name__, or none at all, say which metrics are meant. What
  /// parse_selector reads always has one.
  std::string metric;
  std::vector<Matcher> matchers;  ///< besides the metric, in the order written

  /// PromQL text that parses back to the same selector. It is also what /federate takes as match[].
  std::string text() const;

  bool operator==(const Selector&) const = default;
};

/// Reads a query that is a bare selector of one metric. Error: it is no PromQL, or something else:
/// without a metric name, with __name__ other than `=`, with a range, `offset`, `@`, or anything
/// around it (a function, an operator). It says what was expected, what was found and where.
std::expected<Selector, ParseError> parse_selector(std::string_view text);

}  // namespace slod::promql
