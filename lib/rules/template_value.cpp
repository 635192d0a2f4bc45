#include "lib/rules/template_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "lib/promql/characters.h"
#include "lib/text/go_string.h"
#include "lib/text/number.h"
#include "lib/text/utf8.h"

namespace slod::rules {
namespace {

constexpr int width_max = 1000;

/// One verb of a format with its flags: `%-8.2f`.
struct Verb {
  bool minus = false;
  bool plus = false;
  bool space = false;
  bool zero = false;
  int width = 0;
  std::optional<int> precision;
  char letter = '\0';
  std::size_t length = 0;  ///< of its text, percent sign included; 0: it is none
};

int read_number(std::string_view text, std::size_t& at) {
  int number = 0;
  for (; at < text.size() && promql::is_digit(text[at]); ++at) {
    number = std::min(number * 10 + (text[at] - '0'), width_max + 1);
  }
  return number;
}

/// Reads the verb at the front of `text`, which begins with a percent sign.
Verb read_verb(std::string_view text) {
  Verb verb;
  std::size_t at = 1;
  for (; at < text.size(); ++at) {
    bool* flag = text[at] == '-'   ? &verb.minus
                 : text[at] == '+' ? &verb.plus
                 : text[at] == ' ' ? &verb.space
                 : text[at] == '0' ? &verb.zero
                                   : nullptr;
    if (flag == nullptr) break;
    *flag = true;
  }
  verb.width = read_number(text, at);
  if (at < text.size() && text[at] == '.') {
    ++at;
    verb.precision = read_number(text, at);
  }
  if (at == text.size()) return verb;
  verb.letter = text[at];
  verb.length = at + 1;
  return verb;
}

std::string padded(std::string text, const Verb& verb) {
  const std::size_t length = character_count(text);
  const auto width = static_cast<std::size_t>(verb.width);
  if (length >= width) return text;
  const std::string blanks(width - length, ' ');
  return verb.minus ? text + blanks : blanks + text;
}

/// A number's text with the sign that the flags ask for, filled up with zeros after it.
std::string padded_number(std::string digits, bool negative, bool is_finite, const Verb& verb) {
  const std::string sign = negative ? "-" : verb.plus ? "+" : verb.space ? " " : "";
  const auto width = static_cast<std::size_t>(verb.width);
  const std::size_t length = sign.size() + digits.size();
  if (verb.zero && !verb.minus && is_finite && length < width) {
    digits.insert(0, width - length, '0');
  }
  return padded(sign + digits, verb);
}

std::string magnitude(double value, const Verb& verb) {
  const char letter = verb.letter == 'v' ? 'g' : verb.letter == 'F' ? 'f' : verb.letter;
  const bool is_short = letter == 'g' || letter == 'G';
  if (is_short && !verb.precision) {
    std::string text = short_number(value);
    if (letter == 'G') std::ranges::replace(text, 'e', 'E');
    return text;
  }
  const int precision = verb.precision.value_or(6);
  switch (letter) {
    case 'f':
      return fmt::format("{:.{}f}", value, precision);
    case 'e':
      return fmt::format("{:.{}e}", value, precision);
    case 'E':
      return fmt::format("{:.{}E}", value, precision);
    case 'G':
      return fmt::format("{:.{}G}", value, precision);
    default:
      return fmt::format("{:.{}g}", value, precision);
  }
}

std::string printed(double value, const Verb& verb) {
  if (std::isnan(value)) return padded_number("NaN", false, false, verb);
  if (std::isinf(value)) {
    Verb with_sign = verb;  // unlike NaN, an infinity shows a plus unasked
    with_sign.plus = !verb.space || verb.plus;
    return padded_number("Inf", value < 0, false, with_sign);
  }
  return padded_number(magnitude(std::fabs(value), verb), std::signbit(value), true, verb);
}

std::string printed(std::int64_t value, const Verb& verb) {
  const auto bits = static_cast<std::uint64_t>(value);
  std::string digits = fmt::format("{}", value < 0 ? 0 - bits : bits);
  Verb used = verb;
  if (verb.precision) {
    used.zero = false;  // a precision says how many digits there are at least
    const auto least = static_cast<std::size_t>(*verb.precision);
    if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
    if (value == 0 && least == 0) return padded("", verb);
  }
  return padded_number(std::move(digits), value < 0, true, used);
}

std::string printed_text(std::string_view text, const Verb& verb) {
  if (verb.precision) text = first_characters(text, static_cast<std::size_t>(*verb.precision));
  return padded(verb.letter == 'q' ? go_quoted(text) : std::string(text), verb);
}

bool is_one_of(char letter, std::string_view letters) {
  return letters.find(letter) != std::string_view::npos;
}

/// `%!d(float64=1.5)`: how Go shows a value that its verb cannot print.
std::string misfit(const TemplateValue& value, char letter) {
  return fmt::format("%!{}({}={})", letter, go_type(value), go_text(value));
}

std::string printed(const TemplateValue& value, const Verb& verb) {
  if (const auto* number = std::get_if<double>(&value)) {
    if (is_one_of(verb.letter, "feEgGFv")) return printed(*number, verb);
  } else if (const auto* whole = std::get_if<std::int64_t>(&value)) {
    if (is_one_of(verb.letter, "dv")) return printed(*whole, verb);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    if (is_one_of(verb.letter, "svq")) return printed_text(*text, verb);
  } else if (is_one_of(verb.letter, "v")) {
    return go_text(value);
  }
  return misfit(value, verb.letter);
}

}  // namespace

std::string_view go_type(const TemplateValue& value) {
  static constexpr std::array<std::string_view, 4> names{"int", "float64", "string",
                                                         "map[string]string"};
  return names[value.index()];
}

std::string go_text(const TemplateValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *whole);
  if (const auto* number = std::get_if<double>(&value)) return short_number(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string out = "map[";
  for (const auto& [name, label] : std::get<const Labels*>(value)->pairs()) {
    if (out.size() > 4) out += ' ';
    out += fmt::format("{}:{}", name, label);
  }
  return out + "]";
}

std::expected<void, std::string> check_format(std::string_view format) {
  for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at)) {
    const Verb verb = read_verb(format.substr(at));
    const bool fits = verb.length > 0 && is_one_of(verb.letter, "sdfFgGeEvq%") &&
                      verb.width <= width_max && verb.precision.value_or(0) <= width_max;
    if (!fits) {
      return std::unexpected(
          fmt::format("expected a verb of printf (%s %d %f %g %e %v %q %%) with at most flags, "
                      "width and precision, found {}",
                      format.substr(at, verb.length > 0 ? verb.length : std::string_view::npos)));
    }
    at += verb.length;
  }
  return {};
}

std::string go_printf(std::string_view format, const std::vector<TemplateValue>& values) {
  std::string out;
  std::size_t used = 0;
  while (!format.empty()) {
    const std::size_t percent = format.find('%');
    out += format.substr(0, percent);
    if (percent == std::string_view::npos) break;
    format.remove_prefix(percent);
    const Verb verb = read_verb(format);
    if (verb.letter == '%') {
      out += '%';
    } else if (used < values.size()) {
      out += printed(values[used++], verb);
    } else {
      out += fmt::format("%!{}(MISSING)", verb.letter);
    }
    format.remove_prefix(std::max<std::size_t>(1, verb.length));
  }
  if (used == values.size()) return out;
  out += "%!(EXTRA ";
  for (std::size_t i = used; i < values.size(); ++i) {
    if (i > used) out += ", ";
    out += fmt::format("{}={}", go_type(values[i]), go_text(values[i]));
  }
  return out + ")";
}

}  // namespace slod::rules
