#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

/// String literals of Go, which are PromQL's and those of the templates of rules: "..." and, other
/// than in Go, '...' with escapes, and `...` without.
namespace slod {

/// `"text"` with escapes where Go's %q has them. read_go_string reads back the same bytes, whatever
/// they are.
std::string go_quoted(std::string_view text);

struct GoString {
  std::string value;       ///< without quotes, escapes resolved; bytes of \x and \ooo may be any
  std::size_t length = 0;  ///< of the literal in bytes, quotes included
};

/// What is wrong with a string literal. Offsets count bytes from its opening quote.
struct GoStringFault {
  enum class Kind : std::uint8_t {
    unclosed,          ///< the text ends before the quote; with escapes, the line does
    not_utf8,          ///< a byte that is no part of well-formed UTF-8
    cut_escape,        ///< the text ends within an escape
    unknown_escape,    ///< a backslash before what is none of Go's escapes
    not_a_digit,       ///< within \ooo, \xhh, \uhhhh or \Uhhhhhhhh
    not_a_code_point,  ///< a surrogate, above U+10FFFF, or above 255 as \ooo
  };

  Kind kind{};
  std::size_t offset = 0;  ///< of what is wrong: the opening quote, the byte or the backslash
  std::size_t stop = 0;    ///< of the first byte that does not fit; the size of the text at its end
};

/// Reads the literal at the front of `text`, which begins with its quote. What stands behind it is
/// not looked at.
std::expected<GoString, GoStringFault> read_go_string(std::string_view text);

/// One sentence for the author of the literal: what was expected, what was found. `text` is what
/// read_go_string was given.
std::string explain(const GoStringFault& fault, std::string_view text);

}  // namespace slod
