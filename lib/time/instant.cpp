#include "lib/time/instant.h"

#include <date/date.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>

namespace slod {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::array<Unit, 7> units{{{"y", 365LL * 24 * 3600 * 1000},
                                     {"w", 7LL * 24 * 3600 * 1000},
                                     {"d", 24LL * 3600 * 1000},
                                     {"h", 3600LL * 1000},
                                     {"m", 60LL * 1000},
                                     {"s", 1000},
                                     {"ms", 1}}};

std::unexpected<std::string> bad_duration(std::string_view text) {
  return std::unexpected(
      fmt::format("expected a duration such as 30s, 5m, 1h30m or 30d, found \"{}\"", text));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}

}  // namespace

Duration duration_from_seconds(double value) {
  return Duration(std::llround(value * 1000.0));
}

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  if (text == "0") return Duration(0);
  if (text.empty()) return bad_duration(text);
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 2;
  std::int64_t sum = 0;
  std::size_t next_unit = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t digits = at;
    std::int64_t count = 0;
    while (at < text.size() && is_digit(text[at])) {
      if (count > limit / 10 - 10) return bad_duration(text);
      count = count * 10 + (text[at++] - '0');
    }
    const std::size_t letters = at;
    while (at < text.size() && is_letter(text[at])) ++at;
    if (letters == digits || at == letters) return bad_duration(text);
    const std::string_view name = text.substr(letters, at - letters);
    while (next_unit < units.size() && units[next_unit].name != name) ++next_unit;
    if (next_unit == units.size()) return bad_duration(text);
    const std::int64_t unit = units[next_unit++].milliseconds;
    if (count > (limit - sum) / unit) return bad_duration(text);
    sum += count * unit;
  }
  return Duration(sum);
}

std::string format_duration(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string out;
  if (left < 0) {
    out = "-";
    left = -left;
  }
  for (const Unit& unit : units) {
    // Years and weeks only where nothing else would be left: "30d" reads better than "4w2d".
    const bool exact_only = unit.name == "y" || unit.name == "w";
    if (left < unit.milliseconds || (exact_only && left % unit.milliseconds != 0)) continue;
    if (unit.name == "w" && left / unit.milliseconds < 8) continue;
    fmt::format_to(std::back_inserter(out), "{}{}", left / unit.milliseconds, unit.name);
    left %= unit.milliseconds;
  }
  return out;
}

std::string format_instant(Instant at) {
  const auto day = date::floor<date::days>(at);
  const date::year_month_day ymd(day);
  const date::hh_mm_ss<Duration> clock(at - day);
  std::string out =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(ymd.year()),
                  static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (clock.subseconds().count() != 0) out += fmt::format(".{:03}", clock.subseconds().count());
  return out + "Z";
}

std::expected<Instant, std::string> parse_instant(std::string_view text) {
  Instant at;
  std::istringstream zulu{std::string(text)};
  zulu >> date::parse("%FT%TZ", at);
  if (!zulu.fail() && zulu.peek() == std::istringstream::traits_type::eof()) return at;
  std::istringstream offset{std::string(text)};
  offset >> date::parse("%FT%T%Ez", at);
  if (!offset.fail() && offset.peek() == std::istringstream::traits_type::eof()) return at;
  return std::unexpected(
      fmt::format("expected a time such as 2026-11-24T10:00:00Z, found \"{}\"", text));
}

}  // namespace slod
