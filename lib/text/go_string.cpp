#include "lib/text/go_string.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>
#include <utility>

#include "lib/text/digits.h"
#include "lib/text/utf8.h"

namespace slod {
namespace {

using Fault = GoStringFault;

/// The escapes of one letter, and the bytes that they stand for.
constexpr std::string_view letters = "abfnrtv\\";
constexpr std::string_view letter_bytes = "\a\b\f\n\r\t\v\\";

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

/// How an escape with digits is written.
struct Digits {
  std::size_t count;
  unsigned base;
  char32_t largest;
};

std::optional<Digits> digits_of(char kind) {
  if (kind >= '0' && kind <= '7') return Digits{.count = 3, .base = 8, .largest = 0xFF};
  if (kind == 'x') return Digits{.count = 2, .base = 16, .largest = 0xFF};
  if (kind == 'u') return Digits{.count = 4, .base = 16, .largest = 0x10FFFF};
  if (kind == 'U') return Digits{.count = 8, .base = 16, .largest = 0x10FFFF};
  return std::nullopt;
}

/// The bytes in front of the digits: the backslash, and the letter unless the escape is octal.
std::size_t digits_begin(const Digits& digits) {
  return digits.base == 8 ? 1 : 2;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), quote_(text.front()) {}

  std::expected<GoString, Fault> read() {
    while (at_ < text_.size() && text_[at_] != quote_) {
      const char c = text_[at_];
      if (c == '\n' && quote_ != '`') break;
      const auto wrong = c == '\\' && quote_ != '`' ? escape() : character();
      if (wrong) return std::unexpected(*wrong);
    }
    if (at_ == text_.size() || text_[at_] != quote_) {
      return std::unexpected(Fault{.kind = Fault::Kind::unclosed, .offset = 0, .stop = at_});
    }
    return GoString{.value = std::move(value_), .length = at_ + 1};
  }

 private:
  std::optional<Fault> character() {
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) return Fault{.kind = Fault::Kind::not_utf8, .offset = at_, .stop = at_};
    value_.append(text_.substr(at_, length));
    at_ += length;
    return std::nullopt;
  }

  std::optional<Fault> escape() {
    const std::size_t start = at_++;
    const auto fault = [&](Fault::Kind kind) {
      return Fault{.kind = kind, .offset = start, .stop = at_};
    };
    if (at_ == text_.size()) return fault(Fault::Kind::cut_escape);
    const char kind = text_[at_];
    if (const std::size_t known = letters.find(kind); known != std::string_view::npos) {
      value_.push_back(letter_bytes[known]);
      ++at_;
      return std::nullopt;
    }
    if (kind == quote_) {
      value_.push_back(quote_);
      ++at_;
      return std::nullopt;
    }
    const auto digits = digits_of(kind);
    if (!digits) return fault(Fault::Kind::unknown_escape);
    std::uint64_t point = 0;
    at_ = start + digits_begin(*digits);
    for (std::size_t i = 0; i < digits->count; ++i, ++at_) {
      if (at_ == text_.size()) return fault(Fault::Kind::cut_escape);
      const unsigned digit = digit_value(text_[at_]);
      if (digit >= digits->base) return fault(Fault::Kind::not_a_digit);
      point = point * digits->base + digit;
    }
    const bool is_surrogate = point >= 0xD800 && point < 0xE000;
    if (point > digits->largest || is_surrogate) return fault(Fault::Kind::not_a_code_point);
    if (digits->largest == 0xFF) {
      value_.push_back(static_cast<char>(point));
    } else {
      append_utf8(value_, static_cast<char32_t>(point));
    }
    return std::nullopt;
  }

  std::string_view text_;
  char quote_;
  std::size_t at_ = 1;
  std::string value_;
};

std::string explain_escape(const Fault& fault, std::string_view escape) {
  const std::size_t read = fault.stop - fault.offset;
  if (read < 2 && fault.kind == Fault::Kind::cut_escape) {
    return "expected a character after the backslash, found the end of the text";
  }
  const Digits digits = digits_of(escape[1]).value();
  const std::size_t begin = digits_begin(digits);
  if (fault.kind != Fault::Kind::not_a_code_point) {
    return fmt::format("expected {} digits of base {} in this escape, found {}", digits.count,
                       digits.base, read - begin);
  }
  if (digits.base == 8) return "expected an octal escape up to \\377, found a larger one";
  std::uint64_t point = 0;
  for (const char c : escape.substr(begin, digits.count)) point = point * 16 + digit_value(c);
  return fmt::format("expected a Unicode character, found U+{:04X}", point);
}

}  // namespace

std::string go_quoted(std::string_view text) {
  constexpr std::string_view escaped = "\"\\\a\b\f\n\r\t\v";
  constexpr std::string_view names = "\"\\abfnrtv";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text.front();
    const char32_t point = length == 0 ? 0 : code_point(text.substr(0, length));
    if (const std::size_t known = escaped.find(c); known != std::string_view::npos) {
      out.push_back('\\');
      out.push_back(names[known]);
    } else if (length == 0 || point < 0x20 || point == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else if (is_printable(point)) {
      out.append(text.substr(0, length));
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(point));
    } else {
      out += fmt::format("\\U{:08x}", static_cast<unsigned>(point));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
  return out;
}

std::expected<GoString, GoStringFault> read_go_string(std::string_view text) {
  assert(!text.empty());
  return Reader(text).read();
}

std::string explain(const GoStringFault& fault, std::string_view text) {
  const std::string_view found = text.substr(fault.offset);
  switch (fault.kind) {
    case Fault::Kind::unclosed:
      return fmt::format("expected a closing {} for this string, found the end of the {}",
                         text.front(), fault.stop == text.size() ? "text" : "line");
    case Fault::Kind::not_utf8:
      return fmt::format("expected UTF-8 in a string, found the byte 0x{:02x}",
                         static_cast<unsigned>(static_cast<unsigned char>(found.front())));
    case Fault::Kind::unknown_escape: {
      const std::size_t length = utf8_length(found.substr(1));
      return fmt::format(
          "expected one of Go's escapes (\\n, \\t, \\\\, \\{}, \\x41, \\u00e9), found \\{}; a "
          "regular expression needs two backslashes, or back-ticks around it",
          text.front(), length == 0 ? "?" : found.substr(1, length));
    }
    default:
      return explain_escape(fault, found);
  }
}

}  // namespace slod
