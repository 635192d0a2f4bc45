#include "lib/slo/ledger.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <vector>

#include "tests/lib/slo/history.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

/// What a store holds: rows by time.
class Stored {
 public:
  void apply(const LedgerChanges& changes) {
    for (const LedgerRow& row : changes.changed) {
      EXPECT_EQ(std::ranges::count(changes.removed, row.at), 0) << format_instant(row.at);
      rows_[row.at] = row;
    }
    for (const Instant at : changes.removed) EXPECT_EQ(rows_.erase(at), 1u) << format_instant(at);
  }
  std::vector<LedgerRow> rows() const {
    std::vector<LedgerRow> rows;
    for (const auto& [at, row] : rows_) rows.push_back(row);
    return rows;
  }

 private:
  std::map<Instant, LedgerRow> rows_;
};

bool about_equal(double a, double b) {
  return std::abs(a - b) <= 1e-9 * (1 + std::abs(a));
}

/// What the ledger says of a window, against the naive sums of the window made narrower and wider
/// by the edge blur that the ledger reports, and nothing else.
void expect_agreement(const Ledger& ledger, const History& history, Interval window) {
  SCOPED_TRACE(fmt::format("({}, {}]", format_instant(window.begin), format_instant(window.end)));
  const Tally tally = ledger.over(window);
  const Duration blur = duration_from_seconds(tally.edge_blur_seconds);
  const bool from_the_start = window.begin <= *ledger.observed_since();
  const auto sums = [&](Duration wider) {
    History::Sums sum = history.until(window.end + wider);
    if (!from_the_start) {
      const History::Sums before = history.until(window.begin - wider);
      sum.total -= before.total;
      sum.bad -= before.bad;
      sum.measured_seconds -= before.measured_seconds;
      sum.unknown_seconds -= before.unknown_seconds;
    }
    return sum;
  };
  const auto between = [](double low, double value, double high, double tolerance) {
    return low - tolerance <= value && value <= high + tolerance;
  };
  const History::Sums least = sums(-blur);
  const History::Sums most = sums(blur);
  const double rounding = 1e-9 * (1 + ledger.lifetime().total);
  EXPECT_PRED4(between, least.total, tally.total, most.total, rounding);
  EXPECT_PRED4(between, least.bad, tally.bad, most.bad, rounding);
  // Times are kept in hundredths of a second: each edge may be off by one.
  const double hundredths = 0.02 + 1e-6;
  EXPECT_PRED4(between, least.measured_seconds, tally.measured_seconds, most.measured_seconds,
               hundredths);
  EXPECT_PRED4(between, least.unknown_seconds, tally.unknown_seconds, most.unknown_seconds,
               hundredths);
  EXPECT_NEAR(tally.measured_seconds + tally.missing_seconds, seconds(tally.counted.length()),
              1e-6);
  if (window.end >= *ledger.observed_until()) {
    const double slice = std::max(seconds(ledger.resolution()), seconds(window.length()) / 125);
    EXPECT_LE(tally.edge_blur_seconds, slice);
  }
}

/// A history of scrapes with gaps, late events and idle times, told to a ledger and to the oracle.
class RandomLife {
 public:
  RandomLife(std::uint32_t seed, Duration interval)
      : random_(seed), interval_(interval), now_(day_one + 20ms * uniform(0, 5'000)) {}

  void begin(Ledger& ledger) { ledger.begin(now_); }

  void step(Ledger& ledger, History* history) {
    Duration length = interval_ + 20ms * uniform(-2, 2);
    const bool gap = uniform(0, 99) == 0;
    if (gap) length *= uniform(2, 400);
    const Interval when{now_, now_ + length};
    now_ = when.end;
    const bool recovered = uniform(0, 1) == 0;
    const double total = uniform(0, 4) == 0 ? 0 : uniform(0, 1000);
    Events events{total, std::floor(total * uniform(0, 10) / 100.0)};
    if (gap && !recovered) events = {};
    Interval recorded = when;
    if (uniform(0, 49) == 0) {  // late, at a single moment
      const Duration late = interval_ * uniform(1, 5000);
      recorded = {when.end - late, when.end - late};
      if (recorded.begin < *ledger.observed_since()) recorded = when;
    }
    ledger.record(recorded, events);
    // Times are multiples of 20 ms, so that half of each is whole hundredths.
    const double share = gap ? 0 : uniform(0, 1) == 0 ? 1 : 0.5;
    ledger.account(when, share, gap && !recovered ? 1 : 0);
    if (history) {
      history->record(recorded, events);
      history->account(when, share, gap && !recovered ? 1 : 0);
    }
  }

  int uniform(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }
  Instant now() const { return now_; }

 private:
  std::mt19937 random_;
  Duration interval_;
  Instant now_;
};

TEST(Ledger, KnowsNothingBeforeItBegins) {
  const Ledger ledger(15s, 24h);
  const Tally tally = ledger.over({day_one, day_one + 1h});
  EXPECT_EQ(tally.total, 0);
  EXPECT_EQ(tally.counted.length(), 0s);
  EXPECT_FALSE(ledger.observed_since());
  EXPECT_EQ(ledger.lifetime().total, 0);
}

TEST(Ledger, BeginsOnlyOnce) {
  Ledger ledger(15s, 24h);
  ledger.begin(day_one);
  ledger.begin(day_one + 1h);
  EXPECT_EQ(ledger.observed_since(), day_one);
}

TEST(Ledger, AnswersForAnyWindowAsANaiveSum) {
  for (std::uint32_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomLife life(seed, seed % 2 == 0 ? 15s : 7s);
    Ledger ledger(seed % 3 == 0 ? 15s : 7s, 2 * days(1));
    History history;
    life.begin(ledger);
    for (int step = 1; step <= 4000; ++step) {
      life.step(ledger, &history);
      if (step % 80 != 0) continue;
      const Instant now = life.now();
      const Duration length(life.uniform(1, 2 * 86'400'000));
      expect_agreement(ledger, history, {now - length, now});
      if (HasFailure()) return;
    }
    EXPECT_PRED2(about_equal, history.until(life.now()).total, ledger.lifetime().total);
    EXPECT_PRED2(about_equal, history.until(life.now()).bad, ledger.lifetime().bad);
  }
}

TEST(Ledger, AnswersForWindowsThatEndInThePast) {
  for (std::uint32_t seed = 21; seed <= 24; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomLife life(seed, 15s);
    Ledger ledger(15s, 2 * days(1));
    History history;
    life.begin(ledger);
    for (int step = 1; step <= 3000; ++step) life.step(ledger, &history);
    for (int question = 0; question < 100; ++question) {
      const Instant end = life.now() - Duration(life.uniform(0, 86'400'000));
      expect_agreement(ledger, history, {end - Duration(life.uniform(1, 86'400'000)), end});
    }
  }
}

TEST(Ledger, GoesOnAfterARestartAsIfNothingHadHappened) {
  for (std::uint32_t seed = 31; seed <= 42; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomLife life(seed, 15s);
    Ledger ledger(15s, 2 * days(1));
    life.begin(ledger);
    Stored stored;
    const int before = life.uniform(0, 5000);
    for (int step = 0; step < before; ++step) {
      life.step(ledger, nullptr);
      if (life.uniform(0, 3) == 0) stored.apply(ledger.take_changes());
    }
    stored.apply(ledger.take_changes());
    EXPECT_TRUE(ledger.take_changes().empty());

    const auto rows = stored.rows();
    Ledger restored = Ledger::restore(15s, 2 * days(1), *ledger.observed_since(), rows);
    EXPECT_TRUE(restored.take_changes().empty());
    RandomLife same_life = life;
    Stored stored_again = stored;
    for (int step = 0; step < 2000; ++step) {
      life.step(ledger, nullptr);
      same_life.step(restored, nullptr);
      stored.apply(ledger.take_changes());
      stored_again.apply(restored.take_changes());
      const Duration length(life.uniform(1, 2 * 86'400'000));
      same_life.uniform(1, 2 * 86'400'000);
      const Tally expected = ledger.over({life.now() - length, life.now()});
      const Tally found = restored.over({life.now() - length, life.now()});
      ASSERT_EQ(expected.total, found.total);
      ASSERT_EQ(expected.bad, found.bad);
      ASSERT_EQ(expected.measured_seconds, found.measured_seconds);
      ASSERT_EQ(expected.unknown_seconds, found.unknown_seconds);
    }
    EXPECT_EQ(stored.rows(), stored_again.rows());
  }
}

TEST(Ledger, KeepsItsTotalsWhenResolutionAndRetentionChange) {
  RandomLife life(51, 15s);
  Ledger ledger(15s, 2 * days(1));
  History history;
  life.begin(ledger);
  for (int step = 0; step < 4000; ++step) life.step(ledger, &history);
  Stored stored;
  stored.apply(ledger.take_changes());

  const auto rows = stored.rows();
  Ledger restored = Ledger::restore(10s, 7 * days(1), *ledger.observed_since(), rows);
  stored.apply(restored.take_changes());
  EXPECT_EQ(restored.lifetime().total, ledger.lifetime().total);
  for (int step = 0; step < 2000; ++step) life.step(restored, &history);
  stored.apply(restored.take_changes());
  const Interval last_hour{life.now() - 1h, life.now()};
  expect_agreement(restored, history, last_hour);

  const auto rows_again = stored.rows();
  const Ledger again = Ledger::restore(10s, 7 * days(1), *ledger.observed_since(), rows_again);
  EXPECT_EQ(again.over(last_hour).total, restored.over(last_hour).total);
}

TEST(Ledger, GoesOnWhenItIsResized) {
  Ledger ledger(15s, days(7));
  std::map<Instant, LedgerRow> rows;
  const auto store = [&] {
    const LedgerChanges changes = ledger.take_changes();
    for (const LedgerRow& row : changes.changed) rows[row.at] = row;
    for (const Instant at : changes.removed) rows.erase(at);
  };
  ledger.begin(day_one);
  for (Instant at = day_one; at < day_one + days(2); at += 15s) {
    ledger.record({at, at + 15s}, {10, 1});
    ledger.account({at, at + 15s}, 1, 0);
    if (at == day_one + days(1)) {
      store();
      ledger.resize(10s, days(30));
    }
  }
  store();
  std::vector<LedgerRow> stored;
  for (const auto& [at, row] : rows) stored.push_back(row);
  const Instant end = day_one + days(2);
  const Ledger restored = Ledger::restore(10s, days(30), day_one, stored);
  for (const Ledger& kept : {ledger, restored}) {
    EXPECT_DOUBLE_EQ(kept.lifetime().total, 4 * 60 * 24 * 2 * 10);
    EXPECT_NEAR(kept.over({end - 36h, end}).total, 4 * 60 * 36 * 10, 1e-6);
    EXPECT_NEAR(kept.over({end - 36h, end}).measured_seconds, 36 * 3600, 1);
  }
}

TEST(Ledger, WritesFewRowsForAScrape) {
  Ledger ledger(15s, 30 * days(1));
  ledger.begin(day_one);
  std::size_t changed = 0;
  std::size_t removed = 0;
  constexpr int scrapes = 20'000;
  for (int i = 0; i < scrapes; ++i) {
    const Interval when{day_one + i * 15s + 7s, day_one + (i + 1) * 15s + 7s};
    ledger.record(when, {100, 1});
    ledger.account(when, 1, 0);
    const LedgerChanges changes = ledger.take_changes();
    changed += changes.changed.size();
    removed += changes.removed.size();
  }
  EXPECT_LE(changed, 2u * scrapes + 1);
  EXPECT_LE(removed, 2u * scrapes);
}

TEST(Ledger, FindsAQuickWayThroughALongSilence) {
  Ledger slow(15s, 2 * days(1));
  Ledger quick(15s, 2 * days(1));
  const Interval before{day_one, day_one + 15s};
  const Interval after{day_one + 30 * days(1), day_one + 30 * days(1) + 5s};
  for (Ledger* ledger : {&slow, &quick}) {
    ledger->begin(day_one);
    ledger->record(before, {1000, 10});
  }
  Stored stored;
  stored.apply(quick.take_changes());
  for (Instant at = before.end; at < after.begin; at += 1h) slow.record({at, at}, {0, 0});
  slow.record(after, {7, 3});
  quick.record(after, {7, 3});
  for (const Duration length : {Duration(1s), Duration(1h), Duration(days(1)), Duration(days(2))}) {
    EXPECT_NEAR(quick.over({after.end - length, after.end}).total, length == 1s ? 1.4 : 7, 1e-9);
    EXPECT_EQ(slow.over({after.end - length, after.end}).bad,
              quick.over({after.end - length, after.end}).bad);
  }
  EXPECT_EQ(quick.lifetime().total, 1007);
  stored.apply(quick.take_changes());
  const auto rows = stored.rows();
  EXPECT_TRUE(Ledger::restore(15s, 2 * days(1), day_one, rows).take_changes().empty());
}

TEST(Ledger, CountsWhatHappenedBeforeItBegan) {
  Ledger ledger(15s, 24h);
  ledger.begin(day_one + 5s);
  ledger.record({day_one - 1h, day_one + 5s}, {500, 5});  // a counter born an hour ago
  ledger.record({day_one + 5s, day_one + 20s}, {30, 0});
  const Instant now = day_one + 20s;
  EXPECT_EQ(ledger.over({now - 24h, now}).total, 530);
  EXPECT_EQ(ledger.over({now - 24h, now}).counted, (Interval{day_one + 5s, now}));
  EXPECT_EQ(ledger.over({now - 5s, now}).total, 10);
}

TEST(Ledger, KeepsTotalsExactForEventsOlderThanItsRetention) {
  Ledger ledger(15s, 1h);
  ledger.begin(day_one);
  ledger.record({day_one + 24h - 15s, day_one + 24h}, {10, 1});
  ledger.record({day_one + 1h, day_one + 2h}, {100, 100});
  EXPECT_EQ(ledger.lifetime().total, 110);
  EXPECT_EQ(ledger.over({day_one + 23h, day_one + 24h}).total, 10);
}

TEST(Ledger, TellsMeasuredMissingAndUnknownTimeApart) {
  Ledger ledger(15s, 24h);
  ledger.begin(day_one);
  ledger.account({day_one, day_one + 10min}, 1, 0);
  ledger.account({day_one + 10min, day_one + 20min}, 0, 0);      // a gap, recovered
  ledger.account({day_one + 20min, day_one + 30min}, 0.5, 0.5);  // one of two sources is lost
  ledger.account({day_one + 30min, day_one + 40min}, 1, 0);
  const Tally tally = ledger.over({day_one - 1h, day_one + 40min});
  EXPECT_EQ(tally.counted, (Interval{day_one, day_one + 40min}));
  EXPECT_DOUBLE_EQ(tally.measured_seconds, 1500);
  EXPECT_DOUBLE_EQ(tally.missing_seconds, 900);
  EXPECT_DOUBLE_EQ(tally.unknown_seconds, 300);
}

TEST(Ledger, TakesUnknownTimeBackWhenItsEventsAreRecovered) {
  Ledger ledger(15s, days(30));
  ledger.begin(day_one);
  // A third of the sources is away for an hour, reported in pieces, and taken back in one.
  for (Instant at = day_one; at < day_one + 1h; at += 15s) {
    ledger.account({at, at + 15s}, 2.0 / 3, 1.0 / 3);
  }
  EXPECT_NEAR(ledger.over({day_one, day_one + 1h}).unknown_seconds, 1200, 0.1);
  ledger.recover({day_one, day_one + 1h}, 1.0 / 3);
  const Tally hour = ledger.over({day_one, day_one + 1h});
  EXPECT_NEAR(hour.unknown_seconds, 0, 0.1);
  EXPECT_NEAR(hour.missing_seconds, 1200, 0.1);
  // Taken back in part of a window, it never turns into a wrapped, huge number.
  EXPECT_NEAR(ledger.over({day_one + 7s, day_one + 30min + 1s}).unknown_seconds, 0, 0.1);
}

TEST(Ledger, TakesSilenceForMissingOnceItIsTwoResolutionsLong) {
  Ledger ledger(15s, 24h);
  ledger.begin(day_one);
  ledger.account({day_one, day_one + 60s}, 1, 0);
  EXPECT_EQ(ledger.over({day_one, day_one + 89s}).missing_seconds, 0);
  EXPECT_EQ(ledger.over({day_one, day_one + 90s}).missing_seconds, 30);
  EXPECT_EQ(ledger.over({day_one, day_one + 1h}).missing_seconds, 3540);
}

TEST(Ledger, SurvivesTheWrapOfItsTimes) {
  Ledger ledger(1min, 30 * days(1));
  ledger.begin(day_one);
  Instant at = day_one;
  for (; at < day_one + 600 * days(1); at += 6h) ledger.account({at, at + 6h}, 1, 0);
  const Tally tally = ledger.over({at - 30 * days(1), at});
  EXPECT_DOUBLE_EQ(tally.measured_seconds, 30 * 86'400);
  EXPECT_DOUBLE_EQ(tally.missing_seconds, 0);
}

TEST(Ledger, DoesNotDriftWhenIntervalsAreNoWholeHundredths) {
  Ledger ledger(15s, 24h);
  ledger.begin(day_one);
  Instant at = day_one;
  for (int i = 0; i < 5000; ++i, at += 15'004ms) ledger.account({at, at + 15'004ms}, 1.0 / 3, 0);
  EXPECT_NEAR(ledger.over({at - 18h, at}).measured_seconds, 6 * 3600, 0.03);
}

TEST(Ledger, HoldsThirtyDaysInUnder64KiB) {
  Ledger ledger(15s, 30 * days(1));
  ledger.begin(day_one);
  for (int i = 0; i < 200'000; ++i) {
    const Interval when{day_one + i * 15s, day_one + (i + 1) * 15s};
    ledger.record(when, {100, 1});
    ASSERT_LT(ledger.memory_bytes(), 64u * 1024) << "after " << i << " scrapes";
  }
  Stored stored;
  stored.apply(ledger.take_changes());
  EXPECT_GT(stored.rows().size(), 1400u);
  EXPECT_LT(ledger.memory_bytes(), 64u * 1024);
}

}  // namespace
}  // namespace slod
