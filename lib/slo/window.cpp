#include "lib/slo/window.h"

#include <fmt/format.h>

#include <variant>

namespace slod {
namespace {

template <class... Readers>
struct Overloaded : Readers... {
  using Readers::operator()...;
};

}  // namespace

Duration nominal_length(const Window& window) {
  return std::visit(
      Overloaded{[](const RollingWindow& rolling) { return rolling.length; },
                 [](const CalendarWindow& calendar) { return nominal_length(calendar.period); }},
      window);
}

std::string to_text(const Window& window) {
  return std::visit(
      Overloaded{[](const RollingWindow& rolling) { return format_duration(rolling.length); },
                 [](const CalendarWindow& calendar) {
                   return fmt::format("calendar {}", to_string(calendar.period));
                 }},
      window);
}

Duration longest_length(const Window& window) {
  const auto* calendar = std::get_if<CalendarWindow>(&window);
  if (!calendar) return nominal_length(window);
  constexpr Duration clock_change = std::chrono::hours(1);
  switch (calendar->period) {
    case CalendarPeriod::day:
      return std::chrono::days(1) + clock_change;
    case CalendarPeriod::week:
      return std::chrono::days(7) + clock_change;
    case CalendarPeriod::month:
      return std::chrono::days(31) + clock_change;
    case CalendarPeriod::quarter:
      return std::chrono::days(92) + clock_change;
    case CalendarPeriod::year:
      return std::chrono::days(366) + clock_change;
  }
  return nominal_length(window);
}

}  // namespace slod
