#include "lib/slo/budget.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

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
  definition.window = CalendarWindow{CalendarPeriod::month, "UTC"};
  definition.cold_start = cold_start;
  return definition;
}

/// Scrapes every minute with the same events each.
void scrape(Ledger& ledger, Instant from, Instant to, Events per_minute) {
  ledger.begin(from);
  for (Instant at = from; at < to; at += 1min) {
    ledger.record({at, at + 1min}, per_minute);
    ledger.account({at, at + 1min}, 1, 0);
  }
}

TEST(AllowedRatio, IsTheNumberThatPeopleMean) {
  EXPECT_EQ(allowed_ratio(0.999), 0.001);
  EXPECT_EQ(allowed_ratio(0.99), 0.01);
  EXPECT_EQ(allowed_ratio(0.995), 0.005);
  EXPECT_EQ(allowed_ratio(0.9995), 0.0005);
  EXPECT_EQ(allowed_ratio(0.99999), 0.00001);
  EXPECT_GT(allowed_ratio(0.9999999999999), 0);
}

TEST(Budget, OfAYoungLedgerIsThatOfAnOldOneWithACleanPast) {
  // One hour at burn rate 14.4 spends 2 % of 30 days, on the first day as on any other.
  Ledger young(15s, 30 * days(1));
  scrape(young, day_one, day_one + 1h, {10'000, 144});
  const Budget first_hour = budget(young, rolling(0.999, days(30)), day_one + 1h);
  EXPECT_EQ(first_hour.basis, Basis::projected);
  EXPECT_DOUBLE_EQ(first_hour.total, 600'000 * 720.0);
  EXPECT_NEAR(*first_hour.spent_ratio, 0.02, 1e-12);
  EXPECT_NEAR(*first_hour.remaining_ratio, 0.98, 1e-12);
  EXPECT_DOUBLE_EQ(*first_hour.coverage_ratio, 1);

  Ledger old(15s, 30 * days(1));
  scrape(old, day_one, day_one + 40 * days(1), {10'000, 0});
  const Instant later = day_one + 40 * days(1);
  scrape(old, later, later + 1h, {10'000, 144});
  const Budget budget_later = budget(old, rolling(0.999, days(30)), later + 1h);
  EXPECT_EQ(budget_later.basis, Basis::complete);
  EXPECT_NEAR(*budget_later.spent_ratio, 0.02, 1e-9);
}

TEST(Budget, OfAYoungLedgerIsTheSameJustAfterAReadAndJustBeforeTheNext) {
  Ledger ledger(15s, 30 * days(1));
  ledger.begin(day_one);
  for (Instant at = day_one; at < day_one + 30s; at += 15s) {
    ledger.record({at, at + 15s}, {600, 60});
    ledger.account({at, at + 15s}, 1, 0);
  }
  for (const auto& definition : {rolling(0.9, days(30)), monthly()}) {
    const Budget after_read = budget(ledger, definition, day_one + 30s);
    for (const Duration since_read : {Duration(1s), Duration(14s), Duration(29s)}) {
      const Instant now = day_one + 30s + since_read;
      const Budget later = budget(ledger, definition, now);
      EXPECT_EQ(later.basis, Basis::projected);
      EXPECT_DOUBLE_EQ(later.total, after_read.total);
      EXPECT_DOUBLE_EQ(*later.spent_ratio, *after_read.spent_ratio);
      EXPECT_DOUBLE_EQ(*burn_rate(ledger, definition, 1h, now),
                       *burn_rate(ledger, definition, 1h, day_one + 30s));
      EXPECT_GT(*earliest_below(ledger, definition, *later.spent_ratio, {}, now), now)
          << "not below yet";
    }
  }
  EXPECT_DOUBLE_EQ(budget(ledger, rolling(0.9, days(30)), day_one + 44s).total, 40 * 30 * 86'400.0);
}

TEST(Budget, OfWhatWasObservedCountsFromTheFirstMinute) {
  Ledger ledger(15s, 30 * days(1));
  scrape(ledger, day_one, day_one + 1h, {10'000, 144});
  const auto definition = rolling(0.999, days(30), ColdStart::observed);
  const Budget observed = budget(ledger, definition, day_one + 1h);
  EXPECT_EQ(observed.basis, Basis::observed);
  EXPECT_NEAR(*observed.spent_ratio, 14.4, 1e-9);
  EXPECT_NEAR(*observed.remaining_ratio, -13.4, 1e-9);
}

TEST(Budget, SpentToTheLastEventIsExactlyOne) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 1h, {1000, 1});
  const Budget spent = budget(ledger, rolling(0.999, 1h), day_one + 1h);
  EXPECT_EQ(spent.basis, Basis::complete);
  EXPECT_EQ(*spent.spent_ratio, 1.0);
  EXPECT_EQ(*spent.remaining_ratio, 0.0);
}

TEST(Budget, WithoutEventsHasNoRatios) {
  Ledger idle(15s, 1h);
  scrape(idle, day_one, day_one + 2h, {0, 0});
  const Budget none = budget(idle, rolling(0.999, 1h), day_one + 2h);
  EXPECT_FALSE(none.spent_ratio || none.spent_worst_ratio || none.remaining_ratio);
  EXPECT_DOUBLE_EQ(*none.coverage_ratio, 1);
  EXPECT_FALSE(burn_rate(idle, rolling(0.999, 1h), 5min, day_one + 2h));
  EXPECT_FALSE(spent_in(idle, rolling(0.999, 1h), 5min, day_one + 2h));
  EXPECT_FALSE(earliest_below(idle, rolling(0.999, 1h), 0.5, {}, day_one + 2h));
}

TEST(Budget, OfALedgerThatNeverBeganKnowsNothing) {
  const Ledger ledger(15s, 1h);
  for (const auto& definition : {rolling(0.999, 1h), monthly()}) {
    const Budget none = budget(ledger, definition, day_one);
    EXPECT_FALSE(none.spent_ratio || none.coverage_ratio);
    EXPECT_FALSE(burn_rate(ledger, definition, 5min, day_one));
    EXPECT_FALSE(earliest_below(ledger, definition, 0.5, {}, day_one));
  }
}

TEST(Budget, MissingTimeLowersCoverageAndBurnsNothing) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 1h, {1000, 0});
  const Budget blind = budget(ledger, rolling(0.999, 1h), day_one + 2h);
  EXPECT_FALSE(blind.spent_ratio);
  EXPECT_DOUBLE_EQ(*blind.coverage_ratio, 0);
  const Budget half = budget(ledger, rolling(0.999, 1h), day_one + 90min);
  EXPECT_DOUBLE_EQ(*half.spent_ratio, 0);
  EXPECT_DOUBLE_EQ(*half.coverage_ratio, 0.5);
}

TEST(Budget, WorstCaseSupposesThatUnknownTimeWasAllBad) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 54min, {1000, 0});
  ledger.account({day_one + 54min, day_one + 1h}, 0, 1);
  const Budget lost = budget(ledger, rolling(0.9, 1h), day_one + 1h);
  EXPECT_DOUBLE_EQ(*lost.spent_ratio, 0);
  // 6 unknown minutes at 1000 a minute, of 60,000 in all, where 10 % are allowed.
  EXPECT_DOUBLE_EQ(*lost.spent_worst_ratio, 6000 / 6000.0);
  EXPECT_DOUBLE_EQ(*lost.coverage_ratio, 0.9);
}

TEST(Budget, RecoveredTimeLeavesTheWorstCaseAlone) {
  Ledger ledger(15s, 1h);
  scrape(ledger, day_one, day_one + 54min, {1000, 1});
  ledger.record({day_one + 54min, day_one + 1h}, {6000, 6});
  ledger.account({day_one + 54min, day_one + 1h}, 0, 0);
  const Budget recovered = budget(ledger, rolling(0.999, 1h), day_one + 1h);
  EXPECT_DOUBLE_EQ(*recovered.spent_ratio, 1);
  EXPECT_DOUBLE_EQ(*recovered.spent_worst_ratio, 1);
  EXPECT_DOUBLE_EQ(*recovered.coverage_ratio, 0.9);
}

TEST(Budget, KeepsBadWithinTheTotalWhenCountersLag) {
  Ledger ledger(15s, 1h);
  ledger.begin(day_one);
  ledger.record({day_one, day_one + 15s}, {10, -3});
  EXPECT_EQ(budget(ledger, rolling(0.9, 1h), day_one + 15s).bad, 0);
  ledger.record({day_one + 15s, day_one + 30s}, {0, 20});
  EXPECT_EQ(budget(ledger, rolling(0.9, 1h), day_one + 30s).bad, 10);
}

TEST(Budget, OfACalendarMonthProjectsTheRestOfIt) {
  Ledger ledger(15s, 31 * days(1));
  const Instant september = day_one - 3 * days(1);
  scrape(ledger, september, day_one, {1000, 500});
  scrape(ledger, day_one, day_one + 24h, {1000, 10});
  const Budget projected = budget(ledger, monthly(), day_one + 24h);
  EXPECT_EQ(projected.basis, Basis::projected);
  EXPECT_NEAR(projected.total, 31 * 1'440'000.0, 1);
  EXPECT_NEAR(projected.bad, 14'400, 1e-6);
  EXPECT_NEAR(*projected.spent_ratio, 14'400 / 44'640.0, 1e-9);
  const Budget observed = budget(ledger, monthly(ColdStart::observed), day_one + 24h);
  EXPECT_EQ(observed.basis, Basis::observed);
  EXPECT_NEAR(*observed.spent_ratio, 10, 1e-9);
}

TEST(Budget, OfACalendarMonthThatBeganUnseenProjectsFromTheFirstRead) {
  Ledger ledger(15s, 31 * days(1));
  scrape(ledger, day_one + 10 * days(1), day_one + 11 * days(1), {1000, 10});
  const Budget projected = budget(ledger, monthly(), day_one + 11 * days(1));
  EXPECT_NEAR(projected.total, 31 * 1'440'000.0, 1);
}

TEST(BurnRate, IsTheBadRatioOverTheAllowedOne) {
  Ledger ledger(15s, 30 * days(1));
  scrape(ledger, day_one, day_one + 2h, {1000, 0});
  scrape(ledger, day_one + 2h, day_one + 3h, {1000, 6});
  const auto definition = rolling(0.999, days(30));
  const Instant now = day_one + 3h;
  EXPECT_NEAR(*burn_rate(ledger, definition, 5min, now), 6, 1e-9);
  EXPECT_NEAR(*burn_rate(ledger, definition, 1h, now), 6, 1e-9);
  EXPECT_NEAR(*burn_rate(ledger, definition, 2h, now), 3, 1e-9);
  // Younger than the window: the unseen half of it is supposed to be clean.
  EXPECT_NEAR(*burn_rate(ledger, definition, 6h, now), 1, 1e-9);
  const auto observed = rolling(0.999, days(30), ColdStart::observed);
  EXPECT_NEAR(*burn_rate(ledger, observed, 6h, now), 2, 1e-9);
}

TEST(SpentIn, MeasuresTheLastPartOfTheWindowAgainstTheWholeBudget) {
  Ledger ledger(15s, 10 * days(1));
  scrape(ledger, day_one, day_one + 9 * days(1), {1000, 1});
  scrape(ledger, day_one + 9 * days(1), day_one + 10 * days(1), {1000, 5});
  const auto definition = rolling(0.999, days(10));
  const Instant now = day_one + 10 * days(1);
  EXPECT_NEAR(*spent_in(ledger, definition, days(1), now), 0.5, 1e-9);
  EXPECT_NEAR(*spent_in(ledger, definition, days(10), now), 1.4, 1e-9);
}

TEST(SpentIn, LeavesOutWhatAnEarlierMonthPaidFor) {
  Ledger ledger(15s, 31 * days(1));
  scrape(ledger, day_one - 3 * days(1), day_one, {1000, 500});
  scrape(ledger, day_one, day_one + 24h, {1000, 10});
  EXPECT_NEAR(*spent_in(ledger, monthly(), days(7), day_one + 24h), 14'400 / 44'640.0, 1e-9);
}

TEST(EarliestBelow, IsWhenTheOutageRollsOutOfTheWindow) {
  Ledger ledger(15s, 10h);
  scrape(ledger, day_one, day_one + 5h, {1000, 0});
  scrape(ledger, day_one + 5h, day_one + 6h, {1000, 10});  // spends 600 of 600
  scrape(ledger, day_one + 6h, day_one + 12h, {1000, 0});
  const auto definition = rolling(0.999, 10h);
  const Instant now = day_one + 12h;
  EXPECT_EQ(earliest_below(ledger, definition, 1.5, {}, now), now);
  // The outage leaves between 15 h and 16 h; half of it has left at 15 h 30.
  const auto thaw = earliest_below(ledger, definition, 0.5, {}, now);
  ASSERT_TRUE(thaw);
  const double blur = seconds(10h) / 255;
  EXPECT_NEAR(seconds(*thaw - (day_one + 15h + 30min)), 0, blur + 2);
  // Over the last 8 hours it leaves 2 hours earlier.
  const auto thaw_over = earliest_below(ledger, definition, 0.5, 8h, now);
  EXPECT_NEAR(seconds(*thaw_over - (day_one + 13h + 30min)), 0, blur + 2);
  EXPECT_FALSE(earliest_below(ledger, definition, 0, {}, now));
}

TEST(EarliestBelow, OfACalendarMonthIsTheNextOneAtTheLatest) {
  Ledger ledger(15s, 31 * days(1));
  scrape(ledger, day_one, day_one + 24h, {1000, 100});
  const Instant now = day_one + 24h;
  const Instant november = day_one + 31 * days(1);
  EXPECT_EQ(earliest_below(ledger, monthly(), 0.5, {}, now), november);
  // As observed, good traffic makes the budget grow: 144,000 bad are half of it at 288,000,000.
  EXPECT_EQ(earliest_below(ledger, monthly(ColdStart::observed), 0.5, {}, now), november);
  const auto grown = earliest_below(ledger, monthly(ColdStart::observed), 10, {}, now);
  EXPECT_NEAR(seconds(*grown - (day_one + 10 * days(1))), 0, 2);
}

TEST(EarliestBelow, HoldsWhenTheFutureIsLivedThrough) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    Ledger ledger(15s, days(1));
    Instant at = day_one;
    for (int part = 0; part < 40; ++part) {
      const int bad = std::uniform_int_distribution(0, 4)(random);
      const Instant end = at + 1h;
      scrape(ledger, at, end, {1000, bad == 4 ? 8.0 : 0.0});
      at = end;
    }
    const auto definition = rolling(0.999, days(1));
    const double spent = *budget(ledger, definition, at).spent_ratio;
    if (!(spent > 0)) continue;
    const Instant thaw = *earliest_below(ledger, definition, spent / 2, {}, at);
    const Duration blur = 24h / 255 + 1min;
    Ledger lived = ledger;
    scrape(lived, at, thaw + blur, {1000, 0});
    EXPECT_LT(*budget(lived, definition, thaw + blur).spent_ratio, spent / 2);
    EXPECT_GE(*budget(lived, definition, thaw - blur).spent_ratio, spent / 2 * 0.98);
  }
}

}  // namespace
}  // namespace slod
