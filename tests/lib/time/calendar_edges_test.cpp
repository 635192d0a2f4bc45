// Periods that begin in a midnight that comes twice, and what a period is taken to last.

#include <gtest/gtest.h>

#include <string>

#include "lib/time/calendar.h"

namespace slod {
namespace {

Instant at(const char* text) {
  return parse_instant(text).value();
}

TEST(CalendarPeriod, BeginsWithTheFirstOfTwoMidnights) {
  struct Case {
    const char* zone;
    const char* midnight;  ///< the first of the two
    const char* next;      ///< the one after that day
  };
  // Both set their clocks back from 1:00 to 0:00. Of years to come that may change still.
  for (const Case& c : {Case{"America/Havana", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z"},
                        Case{"Atlantic/Azores", "2024-10-27T00:00:00Z", "2024-10-28T01:00:00Z"}}) {
    const CalendarWindow day{CalendarPeriod::day, c.zone};
    const Interval longer{at(c.midnight), at(c.next)};
    EXPECT_EQ(longer.length(), std::chrono::hours(25));
    for (const Instant now : {longer.begin, longer.begin + std::chrono::minutes(90),
                              longer.begin + std::chrono::hours(12), longer.end - Duration(1)}) {
      EXPECT_EQ(calendar_period(day, now), longer) << c.zone << " " << format_instant(now);
    }
    EXPECT_EQ(calendar_period(day, longer.begin - Duration(1)).end, longer.begin) << c.zone;
    EXPECT_EQ(calendar_period(day, longer.end).begin, longer.end) << c.zone;
  }
}

TEST(CalendarPeriod, IsTakenToLastAsLongAsPeopleSay) {
  using std::chrono::days;
  EXPECT_EQ(nominal_length(CalendarPeriod::day), Duration(days(1)));
  EXPECT_EQ(nominal_length(CalendarPeriod::week), Duration(days(7)));
  EXPECT_EQ(nominal_length(CalendarPeriod::month), Duration(days(30)));
  EXPECT_EQ(nominal_length(CalendarPeriod::quarter), Duration(days(90)));
  EXPECT_EQ(nominal_length(CalendarPeriod::year), Duration(days(365)));
}

TEST(CalendarPeriod, FollowsTheOneBeforeWithoutAGap) {
  for (const CalendarPeriod period :
       {CalendarPeriod::day, CalendarPeriod::week, CalendarPeriod::month, CalendarPeriod::quarter,
        CalendarPeriod::year}) {
    for (const char* zone : {"UTC", "America/Havana", "Asia/Beirut", "Pacific/Apia"}) {
      Instant now = at("2025-12-31T12:00:00Z");
      for (int i = 0; i < 800 && now < at("2028-03-01T00:00:00Z"); ++i) {
        const Interval one = calendar_period({period, zone}, now);
        ASSERT_LE(one.begin, now) << zone << " " << format_instant(now);
        ASSERT_GT(one.end, now) << zone << " " << format_instant(now);
        ASSERT_EQ(calendar_period({period, zone}, one.end).begin, one.end) << zone;
        now = one.end;
      }
    }
  }
}

}  // namespace
}  // namespace slod
