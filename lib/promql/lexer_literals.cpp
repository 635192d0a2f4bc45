#include <fmt/format.h>

#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/lexer.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

/// Numbers, durations and strings within a query.
namespace slod::promql {
namespace {

using Kind = Token::Kind;

/// The first character as Go's %#U shows it: `U+0041 'A'`.
std::string code_point_text(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return "U+FFFD '\uFFFD'";
  const auto point = static_cast<unsigned>(code_point(text.substr(0, length)));
  const bool is_printable = point >= 0x20 && (point < 0x7F || point >= 0xA1);
  return is_printable ? fmt::format("U+{:04X} '{}'", point, text.substr(0, length))
                      : fmt::format("U+{:04X}", point);
}

/// In the words of Prometheus's lexer. `text` begins with the literal.
std::string described(const GoStringFault& fault, std::string_view text) {
  switch (fault.kind) {
    case GoStringFault::Kind::unclosed:
      return text.front() == '`' ? "unterminated raw string" : "unterminated quoted string";
    case GoStringFault::Kind::not_utf8:
      return "invalid UTF-8 rune";
    case GoStringFault::Kind::cut_escape:
      return "escape sequence not terminated";
    case GoStringFault::Kind::unknown_escape:
      return "unknown escape sequence " + code_point_text(text.substr(fault.stop));
    case GoStringFault::Kind::not_a_digit:
      return fmt::format("illegal character {} in escape sequence",
                         code_point_text(text.substr(fault.stop)));
    case GoStringFault::Kind::not_a_code_point:
      return "escape sequence is an invalid Unicode code point";
  }
  std::unreachable();
}

}  // namespace

Token Lexer::number_or_duration() {
  if (scan_number()) return taken(Kind::number);
  if (scan_duration()) return taken(Kind::duration);
  return error(fmt::format("bad number or duration syntax: {}",
                           go_quoted(query_.substr(start_, at_ - start_))));
}

/// Reads what may be a number; whether it is one is found when it is converted.
bool Lexer::scan_number() {
  std::string_view digits = "0123456789";
  if (accept("0") && accept("xX")) {
    accept("_");
    digits = "0123456789abcdefABCDEF";
  }
  accept(".");
  accept(digits);
  return scan_number_rest(digits) && !is_alphanumeric(at());
}

bool Lexer::scan_number_rest(std::string_view digits) {
  bool had_dot = false;
  bool had_exponent = false;
  while (is(digits) || is("._eE")) {
    if ((is(".") && had_dot) || (is("eE") && had_exponent)) {
      ++at_;
      return false;
    }
    if (accept(".")) {
      had_dot = true;
      const bool is_hexadecimal = digits.size() > 10;
      if (accept("_.") || is_hexadecimal) return false;
    } else if (accept("eE")) {
      had_exponent = true;
      accept("+-");
      if (accept("._eE") || at_ == query_.size()) return false;
    } else if (accept("_")) {
      if (accept("._eE") || at_ == query_.size()) return false;
    } else {
      while (accept(digits)) continue;
    }
  }
  return true;
}

/// Goes on after the digits that scan_number left behind.
bool Lexer::scan_duration() {
  constexpr std::string_view digits = "0123456789";
  if (!accept("smhdwy")) return false;
  accept("s");
  while (accept(digits)) {
    while (accept(digits)) continue;
    if (!accept("smhdw")) return false;
    accept("s");
  }
  if (!is_alphanumeric(at())) return true;
  ++at_;
  return false;
}

Token Lexer::string() {
  const std::string_view rest = query_.substr(at_);
  auto read = read_go_string(rest);
  if (!read) {
    at_ += read.error().stop;
    return error(described(read.error(), rest));
  }
  Token token = make(Kind::string, read->length);
  token.value = std::move(read->value);
  return token;
}

}  // namespace slod::promql
