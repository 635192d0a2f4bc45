#include "lib/promql/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <limits>
#include <system_error>

#include "lib/promql/characters.h"
#include "lib/text/digits.h"
#include "lib/text/go_string.h"

namespace slod::promql {
namespace {

/// Underscores stand between two digits, or between the base prefix and a digit.
bool underscores_fit(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    const bool after_prefix = i == 2 && (text[1] == 'x' || text[1] == 'X');
    const bool between = i > 0 && (digit_value(text[i - 1]) < 16 || after_prefix) &&
                         i + 1 < text.size() && digit_value(text[i + 1]) < 16;
    if (!between) return false;
  }
  return true;
}

bool is_integer(std::string_view digits, std::int64_t& value, int base) {
  const char* end = digits.data() + digits.size();
  const auto [stop, problem] = std::from_chars(digits.data(), end, value, base);
  return !digits.empty() && problem == std::errc() && stop == end;
}

std::unexpected<std::string> bad_number(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}",
                                     go_quoted(text), why));
}

}  // namespace

std::expected<double, std::string> read_number_literal(std::string_view text) {
  std::string plain;
  std::ranges::copy_if(lower(text), std::back_inserter(plain), [](char c) { return c != '_'; });
  if (plain == "inf") return std::numeric_limits<double>::infinity();
  if (plain == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (!underscores_fit(text)) return bad_number(text, "invalid syntax");
  std::int64_t whole = 0;
  if (plain.starts_with("0x")) {
    if (!is_integer(std::string_view(plain).substr(2), whole, 16)) {
      return bad_number(text, "invalid syntax");
    }
    return static_cast<double>(whole);
  }
  const bool is_octal = plain.size() > 1 && plain[0] == '0';
  if (is_integer(plain, whole, is_octal ? 8 : 10)) return static_cast<double>(whole);
  double value = 0;
  const char* end = plain.data() + plain.size();
  const auto [stop, problem] = std::from_chars(plain.data(), end, value);
  if (problem == std::errc::result_out_of_range) {
    if (plain.find("e-") != std::string::npos) return 0.0;
    return bad_number(text, "value out of range");
  }
  if (problem != std::errc() || stop != end) return bad_number(text, "invalid syntax");
  return value;
}

std::expected<double, std::string> read_duration_seconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) {
    return std::unexpected(fmt::format("not a valid duration string: {}", go_quoted(text)));
  }
  if (seconds(*duration) > duration_seconds_max) return std::unexpected("duration out of range");
  return seconds(*duration);
}

std::string duration_text(Duration duration) {
  struct Unit {
    std::string_view name;
    std::int64_t milliseconds;
    bool exact;  ///< only where nothing is left: "90d" reads better than "12w6d"
  };
  constexpr std::array<Unit, 7> units{{{"y", 365LL * 24 * 3600 * 1000, true},
                                       {"w", 7LL * 24 * 3600 * 1000, true},
                                       {"d", 24LL * 3600 * 1000, false},
                                       {"h", 3600LL * 1000, false},
                                       {"m", 60LL * 1000, false},
                                       {"s", 1000, false},
                                       {"ms", 1, false}}};
  std::int64_t left = std::abs(duration.count());
  if (left == 0) return "0s";
  std::string out = duration.count() < 0 ? "-" : "";
  for (const Unit& unit : units) {
    const std::int64_t count = left / unit.milliseconds;
    if (count == 0 || (unit.exact && left % unit.milliseconds != 0)) continue;
    fmt::format_to(std::back_inserter(out), "{}{}", count, unit.name);
    left %= unit.milliseconds;
  }
  return out;
}

}  // namespace slod::promql
