#include "lib/rules/humanize.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/text/number.h"

namespace slod::rules {
namespace {

using Prefixes = std::array<std::string_view, 8>;
constexpr Prefixes large{"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr Prefixes large_binary{"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};
constexpr Prefixes small{"m", "u", "n", "p", "f", "a", "z", "y"};

std::string four_digits(double value) {
  return std::isfinite(value) ? fmt::format("{:.4g}", value) : plain_number(value);
}

std::string divided(double value, double step, const Prefixes& prefixes) {
  std::string_view prefix;
  for (const std::string_view next : prefixes) {
    if (std::fabs(value) < step) break;
    prefix = next;
    value /= step;
  }
  return four_digits(value) + std::string(prefix);
}

std::string multiplied(double value) {
  std::string_view prefix;
  for (const std::string_view next : small) {
    if (std::fabs(value) >= 1) break;
    prefix = next;
    value *= 1000;
  }
  return four_digits(value) + std::string(prefix);
}

/// As Go converts a number to 64 bits: what does not fit becomes the lowest.
std::int64_t whole(double value) {
  constexpr double beyond = 9223372036854775808.0;
  if (value >= beyond || value < -beyond) return INT64_MIN;
  return static_cast<std::int64_t>(value);
}

std::string days_to_seconds(std::string_view sign, double value) {
  const std::int64_t total = whole(value);
  const std::int64_t second = total % 60;
  const std::int64_t minute = total / 60 % 60;
  const std::int64_t hour = total / 3600 % 24;
  const std::int64_t day = total / 86400;
  if (day != 0) return fmt::format("{}{}d {}h {}m {}s", sign, day, hour, minute, second);
  if (hour != 0) return fmt::format("{}{}h {}m {}s", sign, hour, minute, second);
  if (minute != 0) return fmt::format("{}{}m {}s", sign, minute, second);
  return std::string(sign) + four_digits(value) + "s";
}

}  // namespace

std::string humanize(double value) {
  if (value == 0 || !std::isfinite(value)) return four_digits(value);
  return std::fabs(value) >= 1 ? divided(value, 1000, large) : multiplied(value);
}

std::string humanize1024(double value) {
  if (!std::isfinite(value) || std::fabs(value) <= 1) return four_digits(value);
  return divided(value, 1024, large_binary);
}

std::string humanize_duration(double value) {
  if (!std::isfinite(value)) return four_digits(value);
  if (value == 0) return four_digits(value) + "s";
  if (std::fabs(value) < 1) return multiplied(value) + "s";
  return days_to_seconds(value < 0 ? "-" : "", std::fabs(value));
}

std::string humanize_percentage(double value) {
  return four_digits(value * 100) + "%";
}

std::expected<std::string, std::string> humanize_timestamp(double value) {
  if (!std::isfinite(value)) return four_digits(value);
  const double nanoseconds = value * 1e9;
  if (nanoseconds >= 9223372036854775808.0 || nanoseconds < -9223372036854775808.0) {
    return std::unexpected(fmt::format("expected a time between the years 1678 and 2262, found {}",
                                       short_number(value)));
  }
  using namespace std::chrono;
  const sys_time<milliseconds> at(milliseconds(static_cast<std::int64_t>(nanoseconds) / 1'000'000));
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(at - day);
  std::string fraction;
  if (const auto rest = time.subseconds().count(); rest != 0) {
    fraction = fmt::format(".{:03}", rest);
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} +0000 UTC",
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), fraction);
}

}  // namespace slod::rules
