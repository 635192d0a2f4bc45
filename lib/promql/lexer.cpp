#include "lib/promql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lib/promql/characters.h"

namespace slod::promql {
namespace {

bool starts_name(char c) {
  return is_alpha(c) || c == ':';
}

bool continues_name(char c) {
  return starts_name(c) || is_digit(c);
}

bool continues_number(char c) {
  return continues_name(c) || c == '.';
}

std::unexpected<ParseError> error(std::size_t offset, std::string message) {
  return std::unexpected(ParseError{offset, std::move(message)});
}

void append_utf8(unsigned point, std::string& out) {
  const auto push = [&out](unsigned byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xC0 | (point >> 6));
    push(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    push(0xE0 | (point >> 12));
    push(0x80 | ((point >> 6) & 0x3F));
    push(0x80 | (point & 0x3F));
  } else {
    push(0xF0 | (point >> 18));
    push(0x80 | ((point >> 12) & 0x3F));
    push(0x80 | ((point >> 6) & 0x3F));
    push(0x80 | (point & 0x3F));
  }
}

struct CodePoints {
  char32_t first;
  char32_t last;
};

/// Above ASCII, what Go does not print as it is: blanks, controls and marks of format, private use.
/// Code points that no script uses yet are left out.
constexpr std::array<CodePoints, 14> unprinted{{{0x80, 0xA0},
                                                {0xAD, 0xAD},
                                                {0x600, 0x605},
                                                {0x61C, 0x61C},
                                                {0x6DD, 0x6DD},
                                                {0x70F, 0x70F},
                                                {0x1680, 0x1680},
                                                {0x180E, 0x180E},
                                                {0x2000, 0x200F},
                                                {0x2028, 0x202F},
                                                {0x205F, 0x206F},
                                                {0x3000, 0x3000},
                                                {0xE000, 0xF8FF},
                                                {0xFEFF, 0xFEFF}}};

bool is_printable(char32_t point) {
  const bool is_special = (point >= 0xFFF0 && point <= 0xFFFB) || point >= 0xE0000;
  return !is_special && std::ranges::none_of(unprinted, [point](CodePoints range) {
    return point >= range.first && point <= range.last;
  });
}

}  // namespace

char32_t code_point_of(std::string_view character) {
  const auto byte = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  const std::size_t length = character.size();
  if (length == 1) return byte(0);
  unsigned point = byte(0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(i) & 0x3FU);
  return point;
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_high = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

std::string quoted(std::string_view value) {
  constexpr std::string_view escaped = "\"\\\a\b\f\n\r\t\v";
  constexpr std::string_view names = "\"\\abfnrtv";
  std::string out = "\"";
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t length = utf8_length(value.substr(at));
    const char c = value[at];
    const char32_t point = length == 0 ? 0 : code_point_of(value.substr(at, length));
    if (const std::size_t known = escaped.find(c); known != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(names[known]);
    } else if (length == 0 || point < 0x20 || point == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else if (is_printable(point)) {
      out.append(value.substr(at, length));
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    } else {
      out += fmt::format("\\U{:08x}", static_cast<unsigned>(point));
    }
    at += length == 0 ? 1 : length;
  }
  out.push_back('"');
  return out;
}

void Lexer::skip_blanks_and_comments() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '#') {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at_;
    } else {
      return;
    }
  }
}

std::string_view Lexer::take_while(bool (*belongs)(char)) {
  const std::size_t start = at_;
  while (at_ < text_.size() && belongs(text_[at_])) ++at_;
  return text_.substr(start, at_ - start);
}

std::expected<Token, ParseError> Lexer::next() {
  skip_blanks_and_comments();
  Token token;
  token.offset = at_;
  if (at_ == text_.size()) return token;
  const char c = text_[at_];
  if (starts_name(c)) {
    token.kind = Token::Kind::name;
    token.text = take_while(continues_name);
  } else if (is_digit(c)) {
    token.kind = Token::Kind::number;
    token.text = take_while(continues_number);
  } else if (c == '"' || c == '\'' || c == '`') {
    return string_token();
  } else {
    token.kind = Token::Kind::sign;
    const std::string_view two = text_.substr(at_, 2);
    const bool pair =
        two == "=~" || two == "!=" || two == "!~" || two == "==" || two == "<=" || two == ">=";
    const std::size_t whole = utf8_length(text_.substr(at_));
    token.text = text_.substr(at_, pair ? 2 : whole == 0 ? 1 : whole);
    at_ += token.text.size();
  }
  return token;
}

std::expected<Token, ParseError> Lexer::string_token() {
  Token token;
  token.kind = Token::Kind::string;
  token.offset = at_;
  const char quote = text_[at_++];
  while (at_ < text_.size() && text_[at_] != quote) {
    const char c = text_[at_];
    if (c == '\n' && quote != '`') break;
    if (c == '\\' && quote != '`') {
      if (auto done = escape(quote, token.value); !done) return std::unexpected(done.error());
      continue;
    }
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) {
      return error(at_, fmt::format("expected UTF-8 in a string, found the byte 0x{:02x}",
                                    static_cast<unsigned>(static_cast<unsigned char>(c))));
    }
    token.value.append(text_.substr(at_, length));
    at_ += length;
  }
  if (at_ == text_.size() || text_[at_] != quote) {
    return error(token.offset, fmt::format("expected a closing {} for this string, found the end "
                                           "of the {}",
                                           quote, at_ == text_.size() ? "text" : "line"));
  }
  ++at_;
  token.text = text_.substr(token.offset, at_ - token.offset);
  return token;
}

/// Go's escapes, as Prometheus reads them: a byte by \ooo and \xhh, a character by \uhhhh and
/// \Uhhhhhhhh, and of the two quotes only the one that encloses the string.
std::expected<void, ParseError> Lexer::escape(char quote, std::string& value) {
  const std::size_t start = at_++;
  if (at_ == text_.size()) {
    return error(start, "expected a character after the backslash, found the end of the text");
  }
  const char kind = text_[at_++];
  constexpr std::string_view names = "abfnrtv\\";
  constexpr std::string_view bytes = "\a\b\f\n\r\t\v\\";
  if (const std::size_t known = names.find(kind); known != std::string_view::npos) {
    value.push_back(bytes[known]);
    return {};
  }
  if (kind == quote) {
    value.push_back(quote);
    return {};
  }
  if (is_digit(kind) || kind == 'x' || kind == 'u' || kind == 'U') {
    return code_point(kind, start, value);
  }
  const std::size_t length = utf8_length(text_.substr(at_ - 1));
  return error(start,
               fmt::format("expected one of Go's escapes (\\n, \\t, \\\\, \\{}, \\x41, \\u00e9), "
                           "found \\{}; a regular expression needs two backslashes, or back-ticks "
                           "around it",
                           quote, length == 0 ? "?" : text_.substr(at_ - 1, length)));
}

std::expected<void, ParseError> Lexer::code_point(char kind, std::size_t start,
                                                  std::string& value) {
  if (is_digit(kind)) {
    --at_;
    const auto byte = digits(3, 8, start);
    if (!byte) return std::unexpected(byte.error());
    if (*byte > 255)
      return error(start, "expected an octal escape up to \\377, found a larger one");
    value.push_back(static_cast<char>(*byte));
    return {};
  }
  const auto point = digits(kind == 'x' ? 2 : kind == 'u' ? 4 : 8, 16, start);
  if (!point) return std::unexpected(point.error());
  if (kind == 'x') {
    value.push_back(static_cast<char>(*point));
    return {};
  }
  if (*point > 0x10FFFF || (*point >= 0xD800 && *point < 0xE000)) {
    return error(start, fmt::format("expected a Unicode character, found U+{:04X}", *point));
  }
  append_utf8(*point, value);
  return {};
}

std::expected<unsigned, ParseError> Lexer::digits(std::size_t count, unsigned base,
                                                  std::size_t start) {
  unsigned number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const unsigned digit = digit_value(c);
    if (digit >= base) {
      return error(start, fmt::format("expected {} digits of base {} in this escape, found {}",
                                      count, base, i));
    }
    number = number * base + digit;
    ++at_;
  }
  return number;
}

}  // namespace slod::promql
