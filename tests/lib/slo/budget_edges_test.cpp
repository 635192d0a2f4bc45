// Budgets between two reads, at the age of exactly one window, and over a part of a calendar month.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>

#include "lib/slo/budget.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

SloDefinition rolling(double objective, Duration length,
                      ColdStart cold_start = ColdStart::project) {
  SloDefinition definition;
  definition.objective = objective;
  definition.window = RollingWindow{length};
  definition.cold_start = cold_start;
  return definition;
}

SloDefinition monthly(ColdStart cold_start = ColdStart::project) {
  SloDefinition definition;
  definition.objective = 0.9;
  definition.window = CalendarWindow{CalendarPeriod::month, "UTC"};
  definition.cold_start = cold_start;
  return definition;
}

/// A read every `step` with the same events each.
void scrape(Ledger& ledger, Instant from, Instant to, Events events, Duration step = 1min) {
  ledger.begin(from);
  for (Instant at = from; at < to; at += step) {
    ledger.record({at, at + step}, events);
    ledger.account({at, at + step}, 1, 0);
  }
}

TEST(BurnRate, OfAnOldLedgerIsTheSameUntilTheNextReadIsDue) {
  Ledger ledger(30s, days(1));
  const Instant read = day_one + 3h;
  scrape(ledger, day_one, read, {100, 20}, 30s);
  for (const ColdStart cold_start : {ColdStart::project, ColdStart::observed}) {
    const SloDefinition definition = rolling(0.9, days(1), cold_start);
    for (const Duration window : {Duration(1min), Duration(5min), Duration(1h), Duration(3h)}) {
      for (const Duration since_read : {Duration(0), Duration(1ms), Duration(15s), Duration(59s)}) {
        // 20 of 100 are bad, and 10 may be.
        EXPECT_NEAR(*burn_rate(ledger, definition, window, read + since_read), 2, 1e-9)
            << format_duration(window) << ", " << format_duration(since_read);
      }
    }
  }
}

TEST(BurnRate, OfALedgerAsOldAsTheWindowIsNotProjected) {
  Ledger ledger(15s, days(1));
  scrape(ledger, day_one, day_one + 1h, {100, 20}, 15s);
  const SloDefinition definition = rolling(0.9, days(1));
  EXPECT_NEAR(*burn_rate(ledger, definition, 1h, day_one + 1h), 2, 1e-9);
  EXPECT_NEAR(*burn_rate(ledger, definition, 2h, day_one + 1h), 1, 1e-9);
}

TEST(Budget, IsCompleteFromTheAgeOfOneWindowOn) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 2h, {100, 20}, 15s);
  const SloDefinition hour = rolling(0.9, 1h);
  EXPECT_EQ(budget(ledger, hour, day_one + 1h - 1ms).basis, Basis::projected);
  EXPECT_EQ(budget(ledger, hour, day_one + 1h).basis, Basis::complete);
  EXPECT_EQ(budget(ledger, rolling(0.9, 1h, ColdStart::observed), day_one + 1h - 1ms).basis,
            Basis::observed);
  EXPECT_EQ(budget(ledger, rolling(0.9, 1h, ColdStart::observed), day_one + 1h).basis,
            Basis::complete);
}

TEST(Budget, CountsTheMeanTrafficOfKnownTimeForTimeThatIsUnknown) {
  Ledger ledger(15s, 1h);
  ledger.begin(day_one);
  ledger.record({day_one, day_one + 30min}, {3000, 30});
  ledger.account({day_one, day_one + 30min}, 1, 0);
  ledger.account({day_one + 30min, day_one + 50min}, 0, 1);
  ledger.account({day_one + 50min, day_one + 1h}, 1, 0);  // idle
  const Budget half = budget(ledger, rolling(0.9, 1h), day_one + 1h);
  const double lost = 3000.0 / 40 * 20;  // 40 minutes are known
  EXPECT_NEAR(*half.spent_ratio, 30 / 300.0, 1e-9);
  EXPECT_NEAR(*half.spent_worst_ratio, (30 + lost) / (0.1 * (3000 + lost)), 1e-9);
  EXPECT_NEAR(*half.coverage_ratio, 40 / 60.0, 1e-9);
}

TEST(Budget, OfACalendarMonthIsProjectedHoweverOldTheLedger) {
  Ledger ledger(1min, 31 * days(1));
  scrape(ledger, day_one - 40 * days(1), day_one + days(1), {10, 1});
  const Budget second_day = budget(ledger, monthly(), day_one + days(1));
  EXPECT_EQ(second_day.basis, Basis::projected);
  EXPECT_NEAR(second_day.total, 31 * 14'400.0, 1);
}

TEST(Budget, HoldsNoEventsWhereMoreAreTakenOffThanThereAre) {
  Ledger ledger(15s, 1h);
  ledger.begin(day_one);
  ledger.record({day_one, day_one + 15s}, {-5, 1});
  const Budget none = budget(ledger, rolling(0.9, 1h), day_one + 15s);
  EXPECT_EQ(none.total, 0);
  EXPECT_EQ(none.bad, 0);
  EXPECT_EQ(none.allowed_bad, 0);
  EXPECT_FALSE(none.spent_ratio);
}

TEST(EarliestBelow, OfAnOldLedgerIsNotNowOnlyBecauseTheNextReadIsNotDue) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 2h, {100, 20}, 15s);
  for (const Duration since_read : {Duration(0), Duration(14s), Duration(29s)}) {
    const Instant now = day_one + 2h + since_read;
    const double spent = *budget(ledger, rolling(0.9, 1h), now).spent_ratio;
    EXPECT_GT(*earliest_below(ledger, rolling(0.9, 1h), spent, {}, now), now)
        << format_duration(since_read);
  }
}

TEST(EarliestBelow, IsTheFirstTimeThoughItRisesAboveAgain) {
  // Bad events are the first to leave the window. Then goes a burst of good ones, without which the
  // last bad events weigh more.
  Ledger ledger(1min, days(1));
  scrape(ledger, day_one, day_one + 1h, {10, 10});
  scrape(ledger, day_one + 1h, day_one + 2h, {10, 0});
  scrape(ledger, day_one + 2h, day_one + 4h, {1000, 0});
  scrape(ledger, day_one + 4h, day_one + 23h, {10, 0});
  scrape(ledger, day_one + 23h, day_one + 24h, {10, 5});
  const Instant now = day_one + 24h;
  const SloDefinition definition = rolling(0.99, days(1));
  const double spent = *budget(ledger, definition, now).spent_ratio;
  const auto first = earliest_below(ledger, definition, spent / 2, {}, now);
  ASSERT_TRUE(first);
  EXPECT_GT(*first, now);
  EXPECT_LT(*first, now + 1h);
}

TEST(EarliestBelow, OverAPartOfACalendarMonthForgetsTheMonthBefore) {
  Ledger ledger(15s, 31 * days(1));
  scrape(ledger, day_one - 3 * days(1), day_one, {1000, 500});
  scrape(ledger, day_one, day_one + 24h, {1000, 10});
  const Instant now = day_one + 24h;
  // 14,400 of this month's 31 * 144,000 that are allowed.
  const double spent = *spent_in(ledger, monthly(), 7 * days(1), now);
  EXPECT_NEAR(spent, 14'400 / (31 * 144'000.0), 1e-9);
  EXPECT_EQ(earliest_below(ledger, monthly(), spent * 1.01, 7 * days(1), now), now);
  // The last day of it that was bad leaves the week before the month ends.
  const auto thaw = earliest_below(ledger, monthly(), spent / 2, 7 * days(1), now);
  ASSERT_TRUE(thaw);
  EXPECT_NEAR(seconds(*thaw - (day_one + 7 * days(1) + 12h)), 0, 24 * 3600 / 100.0);
}

/// What was spent of the budget, over the last `over` where given.
double spent_at(const Ledger& ledger, const SloDefinition& definition, std::optional<Duration> over,
                Instant now) {
  return over ? spent_in(ledger, definition, *over, now).value()
              : budget(ledger, definition, now).spent_ratio.value();
}

/// The oracle lives through the promised future, minute by minute.
TEST(EarliestBelow, IsWhenAFutureLivedThroughIsBelowWhateverTheAge) {
  struct Case {
    Duration age;
    ColdStart cold_start;
    std::optional<Duration> over;
  };
  for (const Case& c :
       {Case{6h, ColdStart::project, {}}, Case{6h, ColdStart::observed, {}},
        Case{23h, ColdStart::project, {}}, Case{40h, ColdStart::project, {}},
        Case{6h, ColdStart::project, Duration(8h)}, Case{6h, ColdStart::observed, Duration(8h)},
        Case{40h, ColdStart::project, Duration(8h)}}) {
    SCOPED_TRACE(fmt::format("{} old, {}, over {}", format_duration(c.age),
                             c.cold_start == ColdStart::project ? "project" : "observed",
                             c.over ? format_duration(*c.over) : "the window"));
    Ledger ledger(1min, days(1));
    const Instant now = day_one + c.age;
    scrape(ledger, day_one, now - 3h, {1000, 0});
    scrape(ledger, now - 3h, now - 2h, {1000, 10});
    scrape(ledger, now - 2h, now, {1000, 0});
    const SloDefinition definition = rolling(0.999, days(1), c.cold_start);
    const double threshold = spent_at(ledger, definition, c.over, now) / 2;
    const auto promised = earliest_below(ledger, definition, threshold, c.over, now);
    ASSERT_TRUE(promised);
    Instant lived = now;
    while (spent_at(ledger, definition, c.over, lived) >= threshold && lived < now + days(2)) {
      scrape(ledger, lived, lived + 1min, {1000, 0});
      lived += 1min;
    }
    EXPECT_NEAR(seconds(*promised - lived), 0, seconds(days(1)) / 255 + 60);
  }
}

}  // namespace
}  // namespace slod
