#include "lib/promql/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/promql/check.h"
#include "lib/promql/grammar.h"

namespace slod::promql {

std::string QueryError::text(std::string_view query) const {
  if (!is_of_grammar) return message;
  if (query.empty()) return "unknown position: parse error: " + message;
  const std::string_view before = query.substr(0, std::min(position.begin, query.size()));
  const auto line = 1 + std::ranges::count(before, '\n');
  const std::size_t line_feed = before.rfind('\n');
  const std::size_t line_start = line_feed == std::string_view::npos ? 0 : line_feed + 1;
  return fmt::format("{}:{}: parse error: {}", line, before.size() - line_start + 1, message);
}

std::expected<ExprPtr, QueryError> parse(std::string_view query, const ParserOptions& options) {
  auto expr = Grammar(query, options).expression();
  if (!expr) return expr;
  if (auto checked = check_types(**expr, query); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return expr;
}

std::expected<std::vector<Matcher>, QueryError> parse_matchers(std::string_view text,
                                                               const ParserOptions& options) {
  auto matchers = Grammar(text, options).matchers_alone();
  if (!matchers) return matchers;
  const bool selects_something =
      std::ranges::any_of(*matchers, [](const Matcher& matcher) { return !matcher.accepts(""); });
  if (selects_something) return matchers;
  return std::unexpected(
      QueryError{.position = {.begin = 0, .end = text.size()},
                 .message = "match[] must contain at least one non-empty matcher",
                 .is_of_grammar = false});
}

}  // namespace slod::promql
