#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/expr.h"
#include "lib/promql/parser.h"
#include "lib/time/instant.h"

namespace slod {

/// A PromQL expression of an SLI, with the window put in where it was written as {{.window}}.
struct Expression {
  std::string text;
  promql::ExprPtr parsed;  ///< of text; null in a default one only
  std::string written;     ///< as the user wrote it

  /// Bytes of `text` as the part of `written` that they came from.
  std::string_view written_part(promql::Position position) const;

  struct Window {
    std::size_t begin = 0;  ///< in written
    std::size_t end = 0;
    std::size_t put_in = 0;  ///< bytes in text
  };
  std::vector<Window> windows;  ///< where {{.window}} stood, ascending
  /// It is evaluated in the place of the expression before it, only where that has no value.
  bool stands_in = false;
};

/// The same text for two expressions that differ in their layout only.
std::string canonical(const Expression& expression);

/// What keeps a text from being an expression, as a whole sentence, and where.
struct ExpressionError {
  std::size_t offset = 0;  ///< in the text as written
  std::string message;
};

/// Parses what Sloth and OpenSLO's users write: {{.window}} (blanks inside and trim marks allowed)
/// stands for the window.
std::expected<Expression, ExpressionError> parse_expression(std::string_view written,
                                                            Duration window);

}  // namespace slod
