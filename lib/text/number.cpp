#include "lib/text/number.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <limits>
#include <system_error>

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

std::string special_text(double value) {
  if (std::isnan(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

/// Precondition: in the format fixed, the magnitude is 0 or from 1e-4 to below 1e6.
std::string finite_text(double value, std::chars_format format) {
  std::array<char, 32> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, format);
  assert(error == std::errc());
  return {text.data(), end};
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

std::string plain_number(double value) {
  if (!std::isfinite(value)) return special_text(value);
  // Not to_chars in its fixed format: from 2^53 up it writes more digits than reading back needs.
  const std::string scientific = finite_text(value, std::chars_format::scientific);
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t skipped = e + (scientific[e + 1] == '+' ? 2 : 1);
  std::from_chars(scientific.data() + skipped, scientific.data() + scientific.size(), exponent);
  std::string digits;
  std::copy_if(scientific.begin(), scientific.begin() + static_cast<std::ptrdiff_t>(e),
               std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  std::string out = std::signbit(value) ? "-" : "";
  if (exponent < 0) {
    return out + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  }
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return out + digits + std::string(whole - digits.size(), '0');
  return out + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string short_number(double value) {
  if (!std::isfinite(value)) return special_text(value);
  const double magnitude = std::fabs(value);
  const bool is_plain = value == 0 || (magnitude >= 1e-4 && magnitude < 1e6);
  return finite_text(value, is_plain ? std::chars_format::fixed : std::chars_format::scientific);
}

std::string exponent_number(double value) {
  if (!std::isfinite(value)) return special_text(value);
  return finite_text(value, std::chars_format::scientific);
}

std::string bucket_bound_text(double value) {
  std::string text = short_number(value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace slod
