#include "lib/time/calendar.h"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace slod {
namespace {

constexpr std::array<std::pair<CalendarPeriod, std::string_view>, 5> period_names{
    {{CalendarPeriod::day, "day"},
     {CalendarPeriod::week, "week"},
     {CalendarPeriod::month, "month"},
     {CalendarPeriod::quarter, "quarter"},
     {CalendarPeriod::year, "year"}}};

date::local_days first_day(CalendarPeriod period, date::local_days day) {
  const date::year_month_day ymd(day);
  switch (period) {
    case CalendarPeriod::day:
      return day;
    case CalendarPeriod::week:
      return day - (date::weekday(day) - date::Monday);
    case CalendarPeriod::month:
      return date::local_days(ymd.year() / ymd.month() / 1);
    case CalendarPeriod::quarter: {
      const unsigned month = (static_cast<unsigned>(ymd.month()) - 1) / 3 * 3 + 1;
      return date::local_days(ymd.year() / date::month(month) / 1);
    }
    case CalendarPeriod::year:
      return date::local_days(ymd.year() / 1 / 1);
  }
  return day;
}

date::local_days first_day_after(CalendarPeriod period, date::local_days first) {
  const date::year_month_day ymd(first);
  switch (period) {
    case CalendarPeriod::day:
      return first + date::days(1);
    case CalendarPeriod::week:
      return first + date::days(7);
    case CalendarPeriod::month:
      return date::local_days(ymd + date::months(1));
    case CalendarPeriod::quarter:
      return date::local_days(ymd + date::months(3));
    case CalendarPeriod::year:
      return date::local_days(ymd + date::years(1));
  }
  return first;
}

}  // namespace

bool time_zone_exists(std::string_view name) {
  try {
    date::locate_zone(std::string(name));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

Interval calendar_period(const CalendarWindow& window, Instant now) {
  const date::time_zone* zone = date::locate_zone(window.time_zone);
  const auto today = date::floor<date::days>(zone->to_local(now));
  const date::local_days first = first_day(window.period, today);
  const date::local_days next = first_day_after(window.period, first);
  const auto instant = [zone](date::local_days day) {
    return date::floor<Duration>(zone->to_sys(day, date::choose::earliest));
  };
  return {instant(first), instant(next)};
}

Duration nominal_length(CalendarPeriod period) {
  switch (period) {
    case CalendarPeriod::day:
      return std::chrono::days(1);
    case CalendarPeriod::week:
      return std::chrono::days(7);
    case CalendarPeriod::month:
      return std::chrono::days(30);
    case CalendarPeriod::quarter:
      return std::chrono::days(90);
    case CalendarPeriod::year:
      return std::chrono::days(365);
  }
  return std::chrono::days(30);
}

std::expected<CalendarPeriod, std::string> parse_calendar_period(std::string_view text) {
  for (const auto& [period, name] : period_names) {
    if (name == text) return period;
  }
  return std::unexpected(
      fmt::format("expected day, week, month, quarter or year, found \"{}\"", text));
}

std::string_view to_string(CalendarPeriod period) {
  return period_names[static_cast<std::size_t>(period)].second;
}

}  // namespace slod
