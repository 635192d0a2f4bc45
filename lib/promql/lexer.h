#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "lib/promql/selector.h"

namespace slod::promql {

/// One word of PromQL. A sign is a word of one or two bytes that is neither a name, a number nor a
/// string: "{", "=~", "[", "+".
struct Token {
  enum class Kind { end, name, number, string, sign };

  Kind kind = Kind::end;
  std::size_t offset = 0;  ///< of its first byte in the text
  std::string_view text;   ///< as written, quotes included; empty at the end
  std::string value;       ///< of a string: without quotes, escapes resolved

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
};

/// Cuts a PromQL text into tokens with Prometheus's lexical rules: blanks and `#` comments between
/// tokens, Go's escapes in "..." and '...', none in `...`. Holds a view of the text: the text must
/// outlive the lexer and its tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token; Kind::end from the end of the text on. Error: an unterminated string, an
  /// unknown escape, bytes that are not UTF-8 in a string.
  std::expected<Token, ParseError> next();

 private:
  void skip_blanks_and_comments();
  std::string_view take_while(bool (*belongs)(char));
  std::expected<Token, ParseError> string_token();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace slod::promql
