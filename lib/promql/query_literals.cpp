#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/lexer.h"
#include "lib/promql/query_lexer.h"

/// Numbers, durations and strings within a query.
namespace slod::promql {
namespace {

using Kind = Word::Kind;

/// The first character as Go's %#U shows it: `U+0041 'A'`.
std::string code_point_text(std::string_view text) {
  const std::size_t length = utf8_length(text);
  if (length == 0) return "U+FFFD '\uFFFD'";
  const auto point = static_cast<unsigned>(code_point_of(text.substr(0, length)));
  const bool is_printable = point >= 0x20 && (point < 0x7F || point >= 0xA1);
  return is_printable ? fmt::format("U+{:04X} '{}'", point, text.substr(0, length))
                      : fmt::format("U+{:04X}", point);
}

}  // namespace

Word QueryLexer::number_or_duration() {
  if (scan_number()) return taken(Kind::number);
  if (scan_duration()) return taken(Kind::duration);
  return error(fmt::format("bad number or duration syntax: {}",
                           go_quoted(query_.substr(start_, at_ - start_))));
}

/// Reads what may be a number; whether it is one is found when it is converted.
bool QueryLexer::scan_number() {
  std::string_view digits = "0123456789";
  if (accept("0") && accept("xX")) {
    accept("_");
    digits = "0123456789abcdefABCDEF";
  }
  accept(".");
  accept(digits);
  return scan_number_rest(digits) && !is_alphanumeric(at());
}

bool QueryLexer::scan_number_rest(std::string_view digits) {
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
bool QueryLexer::scan_duration() {
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

Word QueryLexer::string() {
  const char quote = query_[at_++];
  while (true) {
    if (at_ == query_.size() || at() == '\n') return error("unterminated quoted string");
    if (at() == quote) break;
    if (at() == '\\') {
      if (std::string wrong = scan_escape(quote); !wrong.empty()) return error(std::move(wrong));
      continue;
    }
    const std::size_t length = utf8_length(query_.substr(at_));
    if (length == 0) return error("invalid UTF-8 rune");
    at_ += length;
  }
  Word word = make(Kind::string, 1);
  // The escapes are sound by now, so the plain lexer cannot fail where it resolves them.
  auto resolved = Lexer(word.text).next();
  if (!resolved) return error(resolved.error().message);
  word.value = std::move(resolved->value);
  return word;
}

/// Reads one of Go's escapes, the backslash first. Returns what is wrong with it, or nothing.
std::string QueryLexer::scan_escape(char quote) {
  ++at_;
  if (at_ == query_.size()) return "escape sequence not terminated";
  const char kind = at();
  if (kind == quote || std::string_view("abfnrtv\\").find(kind) != std::string_view::npos) {
    ++at_;
    return {};
  }
  const bool is_octal = kind >= '0' && kind <= '7';
  if (!is_octal && kind != 'x' && kind != 'u' && kind != 'U') {
    return "unknown escape sequence " + code_point_text(query_.substr(at_));
  }
  if (!is_octal) ++at_;
  const unsigned base = is_octal ? 8 : 16;
  const int count = is_octal ? 3 : kind == 'x' ? 2 : kind == 'u' ? 4 : 8;
  std::uint64_t point = 0;
  for (int i = 0; i < count; ++i) {
    if (at_ == query_.size()) return "escape sequence not terminated";
    const unsigned digit = digit_value(at());
    if (digit >= base) {
      return fmt::format("illegal character {} in escape sequence",
                         code_point_text(query_.substr(at_)));
    }
    point = point * base + digit;
    ++at_;
  }
  const bool is_byte = is_octal || kind == 'x';
  const bool is_surrogate = point >= 0xD800 && point < 0xE000;
  if (point > (is_byte ? 255U : 0x10FFFFU) || is_surrogate) {
    return "escape sequence is an invalid Unicode code point";
  }
  return {};
}

Word QueryLexer::raw_string() {
  ++at_;
  while (true) {
    if (at_ == query_.size()) return error("unterminated raw string");
    if (at() == '`') break;
    const std::size_t length = utf8_length(query_.substr(at_));
    if (length == 0) return error("invalid UTF-8 rune");
    at_ += length;
  }
  Word word = make(Kind::string, 1);
  word.value = word.text.substr(1, word.text.size() - 2);
  return word;
}

}  // namespace slod::promql
