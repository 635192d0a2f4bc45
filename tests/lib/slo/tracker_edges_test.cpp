// How long a tracker remembers, what it says of a part of its window, and what it counts of time
// from before it began.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "lib/slo/tracker.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

promql::Selector selector(std::string_view text) {
  return *promql::parse_selector(text);
}

SloDefinition with(Sli sli, Window window = RollingWindow{24h}) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "slo";
  definition.window = std::move(window);
  definition.sli = std::move(sli);
  return definition;
}

Sli availability() {
  return AvailabilitySli{selector("requests_total"), {}, selector("errors_total")};
}
Sli latency() {
  return LatencySli{selector("seconds"), 0.3};
}
Sli throughput() {
  return ThroughputSli{selector("requests_total"), 10.0, {}, 1min};
}

/// Reads once a minute of requests that took at most `upper` seconds.
void serve(Tracker& tracker, Instant from, Instant to, double upper) {
  for (Instant at = from; at < to; at += 1min) {
    const Interval when{at, at + 1min};
    tracker.count(Role::bucket, 0.1, upper <= 0.1 ? 100 : 0, when);
    tracker.count(Role::bucket, 2, 100, when);
    tracker.count(Role::bucket, infinity, 100, when);
    tracker.record();
    tracker.account(when, 1, 0);
  }
}

TEST(Tracker, RemembersTheLongestPeriodThatItsCalendarHas) {
  for (const CalendarPeriod period :
       {CalendarPeriod::day, CalendarPeriod::week, CalendarPeriod::month, CalendarPeriod::quarter,
        CalendarPeriod::year}) {
    for (const char* zone : {"UTC", "Europe/Madrid", "America/New_York"}) {
      const CalendarWindow window{period, zone};
      Duration longest{0};
      const Instant first = parse_instant("2024-01-01T12:00:00Z").value();
      for (Instant at = first; at < first + 4 * days(366); at += days(1)) {
        longest = std::max(longest, calendar_period(window, at).length());
      }
      const Tracker tracker(with(availability(), window), 1min, 1h);
      EXPECT_GE(tracker.ledger().retention(), longest) << to_string(period) << " in " << zone;
      EXPECT_LE(tracker.ledger().retention(), longest + days(1)) << to_string(period);
    }
  }
}

TEST(Tracker, RemembersTheLongestWindowThatItWillBeAskedFor) {
  EXPECT_EQ(Tracker(with(availability(), RollingWindow{1h}), 1min, 6h).ledger().retention(), 6h);
  EXPECT_EQ(Tracker(with(availability(), RollingWindow{6h}), 1min, 1h).ledger().retention(), 6h);
}

TEST(Tracker, TakesTheLatencyOfTheWindowThatIsAskedFor) {
  Tracker tracker(with(latency()), 1min);
  tracker.begin(day_one);
  serve(tracker, day_one, day_one + 20h, 2);
  serve(tracker, day_one + 20h, day_one + 22h, 0.1);
  const Instant now = day_one + 22h;
  EXPECT_GT(tracker.reading(now).latency.value().seconds.value, 1) << "slow for most of the window";
  EXPECT_LE(tracker.reading(now, 1h).latency.value().seconds.value, 0.1);
  EXPECT_LE(tracker.reading(now, 1h).latency.value().seconds.upper, 0.1);
}

TEST(Tracker, KeepsItsBucketsForTheWindowThatItHasNow) {
  Tracker tracker(with(latency(), RollingWindow{1h}), 1min, 1h);
  tracker.begin(day_one);
  tracker.redefine(with(latency(), RollingWindow{24h}), 1min, 1h);
  serve(tracker, day_one, day_one + 2h, 2);
  serve(tracker, day_one + 2h, day_one + 30h, 0.1);
  EXPECT_LE(tracker.reading(day_one + 30h).latency.value().seconds.value, 0.1);
}

TEST(Tracker, JudgesNoSliceFromBeforeItBegan) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one + 10min);
  // The samples of a second source are older, and were read all the time.
  tracker.count(Role::total, 0, 0, {day_one, day_one + 11min});
  tracker.account({day_one, day_one + 10min}, 1, 0);
  tracker.account({day_one, day_one + 11min}, 1, 0);
  tracker.close(day_one + 11min);
  EXPECT_EQ(tracker.ledger().lifetime().total, 1);
  EXPECT_EQ(tracker.reading(day_one + 11min).bad, 1);
}

TEST(Tracker, TakesNothingOffASliceForTimeFromBeforeItBegan) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one + 30s);
  tracker.account({day_one, day_one + 15s}, 1, 0);
  tracker.account({day_one + 30s, day_one + 1min}, 1, 0);  // half of the slice
  tracker.close(day_one + 1min);
  EXPECT_EQ(tracker.ledger().lifetime().total, 1);
}

TEST(Tracker, PutsASliceIntoTheTimeThatItLasted) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one);
  tracker.account({day_one, day_one + 4min}, 1, 0);
  tracker.close(day_one + 4min);
  EXPECT_NEAR(tracker.reading(day_one + 4min, 30s).total, 0.5, 1e-9);
  EXPECT_NEAR(tracker.reading(day_one + 4min, 90s).total, 1.5, 1e-9);
}

TEST(Tracker, CountsSlicesByTheTimeOfWhichTheEventsBecameKnown) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one);
  const Interval minute{day_one, day_one + 1min};
  tracker.account({day_one, day_one + 36s}, 1, 0);
  tracker.account({day_one + 36s, day_one + 1min}, 0, 1);
  tracker.recover({day_one + 36s, day_one + 1min}, 1);
  tracker.count(Role::total, 0, 599, minute);  // ten a second would be 600
  tracker.record();
  tracker.close(minute.end);
  EXPECT_EQ(tracker.reading(minute.end).bad, 1);
}

TEST(Tracker, IsNeverBelowZero) {
  Tracker tracker(with(availability()), 15s);
  tracker.begin(day_one);
  const Interval when{day_one, day_one + 15s};
  tracker.count(Role::total, 0, -5, when);  // what is subtracted ran ahead
  tracker.record();
  const Reading reading = tracker.reading(when.end);
  EXPECT_EQ(reading.total, 0);
  EXPECT_EQ(reading.bad, 0);
  EXPECT_EQ(reading.good, 0);
  EXPECT_FALSE(reading.sli_ratio);
}

SloDefinition evaluated() {
  const Expression expression = parse_expression("avg(x)", 1min).value();
  return with(EvaluatedAvailabilitySli{expression, {}, expression, 1min});
}

TEST(EvaluatedTracker, BeginsWithTimeThatIsMissing) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(day_one);
  tracker.close(day_one + 3min);
  EXPECT_EQ(tracker.ledger().observed_since(), day_one);
  const Tally tally = tracker.ledger().over({day_one, day_one + 3min});
  EXPECT_EQ(tally.missing_seconds, 180);
  EXPECT_EQ(tally.unknown_seconds, 180) << "what was not read is not known";
}

TEST(EvaluatedTracker, CountsASliceAsFarAsItWasRead) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(day_one);
  tracker.account({day_one, day_one + 1min}, 0.75, 0);
  tracker.account({day_one + 2min, day_one + 3min}, 1, 0);
  tracker.close(day_one + 3min);
  const Interval first{day_one, day_one + 1min};
  EXPECT_TRUE(tracker.judge(first, {SliceValue::Kind::counted, {10, 1}, {}}));
  Tally tally = tracker.ledger().over(first);
  EXPECT_EQ(tally.measured_seconds, 45);
  EXPECT_EQ(tally.unknown_seconds, 15);
  // The second slice was not read: it is settled at once, and the third is next.
  EXPECT_EQ(tracker.ledger().observed_until(), day_one + 2min);
  const Interval third{day_one + 2min, day_one + 3min};
  EXPECT_EQ(tracker.due_slices(9), std::vector<Interval>{third});
  EXPECT_TRUE(tracker.judge(third, {SliceValue::Kind::idle, {5, 5}, {}}));
  tally = tracker.ledger().over(third);
  EXPECT_EQ(tally.measured_seconds, 60);
  EXPECT_EQ(tally.total, 0) << "idle";
}

}  // namespace
}  // namespace slod
