#include "lib/time/calendar.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

Instant at(const char* text) {
  return parse_instant(text).value();
}

struct Case {
  CalendarPeriod period;
  const char* zone;
  const char* now;
  const char* begin;
  const char* end;
};

TEST(CalendarPeriod, RunsFromLocalMidnightToLocalMidnight) {
  using enum CalendarPeriod;
  const Case cases[] = {
      {month, "UTC", "2026-11-24T10:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
      {month, "UTC", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {month, "UTC", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
      // October in Madrid begins in summer time and ends in winter time.
      {month, "Europe/Madrid", "2026-10-10T00:00:00Z", "2026-09-30T22:00:00Z",
       "2026-10-31T23:00:00Z"},
      {day, "Europe/Madrid", "2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z",
       "2026-10-25T23:00:00Z"},
      {week, "UTC", "2026-11-24T10:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
      {week, "UTC", "2026-11-29T23:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
      {quarter, "UTC", "2026-11-24T10:00:00Z", "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {year, "Asia/Tokyo", "2026-11-24T10:00:00Z", "2025-12-31T15:00:00Z", "2026-12-31T15:00:00Z"},
      // In Beirut the clock skips midnight on 29 March 2026: the day begins with the change.
      {day, "Asia/Beirut", "2026-03-29T12:00:00Z", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"},
  };
  for (const Case& c : cases) {
    const Interval period = calendar_period({c.period, c.zone}, at(c.now));
    EXPECT_EQ(format_instant(period.begin), c.begin) << c.zone << " " << c.now;
    EXPECT_EQ(format_instant(period.end), c.end) << c.zone << " " << c.now;
  }
}

TEST(CalendarPeriod, NamesReadBack) {
  EXPECT_EQ(parse_calendar_period("month"), CalendarPeriod::month);
  EXPECT_EQ(to_string(CalendarPeriod::quarter), "quarter");
  EXPECT_EQ(parse_calendar_period("fortnight").error(),
            "expected day, week, month, quarter or year, found \"fortnight\"");
}

TEST(TimeZone, IsKnownByItsIanaName) {
  EXPECT_TRUE(time_zone_exists("Europe/Madrid"));
  EXPECT_FALSE(time_zone_exists("Europe/Atlantis"));
}

}  // namespace
}  // namespace slod
