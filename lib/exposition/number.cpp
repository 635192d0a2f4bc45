#include "lib/exposition/number.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace slod {
namespace {

/// Whether `text` is `lower`, whatever the case of its letters.
bool is_word(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

std::optional<double> parse_word(std::string_view unsigned_text, bool has_sign, bool negative) {
  if (is_word(unsigned_text, "inf") || is_word(unsigned_text, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (!has_sign && is_word(unsigned_text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  return std::nullopt;
}

/// Most counters are whole numbers of few digits, for which adding up digits is exact and several
/// times as fast as the general way.
std::optional<double> parse_whole(std::string_view text) {
  if (text.size() > std::numeric_limits<double>::digits10) return std::nullopt;
  std::int64_t whole = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    whole = whole * 10 + (c - '0');
  }
  return static_cast<double>(whole);
}

}  // namespace

std::optional<double> parse_number(std::string_view text) {
  const bool has_sign = !text.empty() && (text.front() == '+' || text.front() == '-');
  const bool negative = has_sign && text.front() == '-';
  const std::string_view digits = text.substr(has_sign ? 1 : 0);
  if (digits.empty()) return std::nullopt;
  const char first = digits.front();
  if ((first < '0' || first > '9') && first != '.') return parse_word(digits, has_sign, negative);

  if (!has_sign) {
    if (const auto whole = parse_whole(digits)) return whole;
  }
  double value = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (stop != end || error == std::errc::invalid_argument) return std::nullopt;
  if (error == std::errc::result_out_of_range) {
    value = std::strtod(std::string(digits).c_str(), nullptr);
    if (std::isinf(value)) return std::nullopt;
  }
  return negative ? -value : value;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Go's strconv.FormatFloat(value, 'g', -1, 64): an exponent below -4 or from 6 up is written out.
  std::array<char, 400> buffer;
  char* const begin = buffer.data();
  char* const limit = begin + buffer.size();
  const char* end = std::to_chars(begin, limit, value, std::chars_format::scientific).ptr;
  const std::string_view scientific(begin, static_cast<std::size_t>(end - begin));
  const std::string_view exponent_text = scientific.substr(scientific.rfind('e') + 1);
  int exponent = 0;
  std::from_chars(exponent_text.data() + 1, end, exponent);
  if (exponent_text.front() == '-') exponent = -exponent;
  if (exponent < -4 || exponent >= 6) return std::string(scientific);
  end = std::to_chars(begin, limit, value, std::chars_format::fixed).ptr;
  std::string fixed(begin, static_cast<std::size_t>(end - begin));
  if (fixed.find('.') == std::string::npos) fixed += ".0";
  return fixed;
}

}  // namespace slod
