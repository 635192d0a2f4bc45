#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

enum class CalendarPeriod { day, week, month, quarter, year };

/// A window that starts again at midnight, local time, on the first day of each period. Weeks start
/// on Monday.
struct CalendarWindow {
  CalendarPeriod period = CalendarPeriod::month;
  std::string time_zone = "UTC";  ///< an IANA name, "Europe/Madrid"

  bool operator==(const CalendarWindow&) const = default;
};

/// Whether the time-zone database of this machine has `name`.
bool time_zone_exists(std::string_view name);

/// The period that holds `now`, from its first instant to the first instant of the next one. A
/// local midnight that a clock change skips is the instant of the change; one that it repeats is
/// the first of the two. Precondition: time_zone_exists(window.time_zone).
Interval calendar_period(const CalendarWindow& window, Instant now);

/// What a period counts as where one number is needed: 1, 7, 30, 90 or 365 days.
Duration nominal_length(CalendarPeriod period);

std::expected<CalendarPeriod, std::string> parse_calendar_period(std::string_view text);
std::string_view to_string(CalendarPeriod period);

}  // namespace slod
