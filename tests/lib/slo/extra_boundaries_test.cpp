// The boundaries that a ledger keeps off its grid.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "lib/slo/ledger.h"
#include "tests/lib/slo/lived_histories.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

/// What a store holds: rows by time, each removed once and only if it is there.
class Stored {
 public:
  void take_from(Ledger& ledger) {
    const LedgerChanges changes = ledger.take_changes();
    for (const LedgerRow& row : changes.changed) {
      EXPECT_EQ(std::ranges::count(changes.removed, row.at), 0) << format_instant(row.at);
      rows_[row.at] = row;
    }
    for (const Instant at : changes.removed) EXPECT_EQ(rows_.erase(at), 1U) << format_instant(at);
  }
  std::vector<LedgerRow> rows() const {
    std::vector<LedgerRow> rows;
    for (const auto& [at, row] : rows_) rows.push_back(row);
    return rows;
  }

 private:
  std::map<Instant, LedgerRow> rows_;
};

void read(Ledger& ledger, Instant end, Events events) {
  ledger.record({end - read_interval, end}, events);
  ledger.account({end - read_interval, end}, 1, 0);
}

TEST(Ledger, LetsABurstLeaveAWindowWhenItShould) {
  for (const Duration offset : {Duration(0), Duration(4'321)}) {
    SCOPED_TRACE(format_duration(offset));
    Ledger ledger(read_interval, days(30));
    Instant at = day_one + offset;
    ledger.begin(at);
    const Instant burst = at + 2h + 15min;  // of three reads
    while (at < burst + days(8)) {
      at += read_interval;
      read(ledger, at, {150, at > burst && at <= burst + 45s ? 50.0 : 0.0});
      if (at < burst + days(7) - 1min || at > burst + days(7) + 2min) continue;
      const double left = std::clamp(seconds(at - days(7) - burst) / 15, 0.0, 3.0);
      EXPECT_NEAR(ledger.over({at - days(7), at}).bad, 150 - 50 * left, 1e-6)
          << format_duration(at - burst);
    }
  }
}

/// The last boundary before an idle time is the one that matters: what came until then would be
/// spread over all of it.
TEST(Ledger, KeepsTheBoundaryBeforeASilence) {
  for (const Duration silence : {Duration(1h), Duration(24h), Duration(days(5))}) {
    SCOPED_TRACE(format_duration(silence));
    Ledger ledger(read_interval, days(30));
    Instant at = day_one + 4s;
    ledger.begin(at);
    for (int i = 0; i < 1000; ++i) read(ledger, at += read_interval, {10, i > 990 ? 10.0 : 0.0});
    const Instant idle_since = at;
    while (at < idle_since + silence) read(ledger, at += read_interval, {0, 0});
    for (int i = 0; i < 40'000; ++i) read(ledger, at += read_interval, {10, 0});
    for (const Duration after : {Duration(0), Duration(1min), Duration(silence / 2)}) {
      EXPECT_NEAR(ledger.over({idle_since + after, at}).bad, 0, 1e-6) << format_duration(after);
    }
    EXPECT_NEAR(ledger.over({idle_since - 9 * read_interval, at}).bad, 90, 1e-6);
  }
}

TEST(Ledger, KeepsWhereAGapBeginsAndEnds) {
  Ledger ledger(read_interval, days(30));
  Instant at = day_one + 4s;
  ledger.begin(at);
  const Instant gap = at + 5h + 15min;
  const auto live_until = [&](Instant end) {
    for (; at < end; at += read_interval) read(ledger, at + read_interval, {100, 0});
  };
  live_until(gap);
  at = gap + 10min;
  ledger.account({gap, at}, 0, 1);
  live_until(gap + days(7) + 5min);
  const Tally tally = ledger.over({gap + 5min, at});
  EXPECT_NEAR(tally.unknown_seconds, 300, 0.1);
  EXPECT_NEAR(ledger.over({gap - 1min, at}).unknown_seconds, 600, 0.1);
  EXPECT_NEAR(ledger.over({gap + 10min, at}).missing_seconds, 0, 0.1);
}

TEST(Ledger, GoesOnAfterARestartWithItsExtraBoundaries) {
  for (const LivedHistory& history : lived_histories(5)) {
    SCOPED_TRACE(history.name);
    Ledger ledger(read_interval, days(30));
    Instant at = day_one + 4'321ms;
    ledger.begin(at);
    Stored stored;
    std::mt19937 random(1);
    for (int i = 0; i < 60'000; ++i) {
      read(ledger, at += read_interval, history.reads[static_cast<std::size_t>(i)]);
      if (random() % 4 != 0) stored.take_from(ledger);
    }
    stored.take_from(ledger);
    const std::vector<LedgerRow> rows = stored.rows();
    Ledger restored = Ledger::restore(read_interval, days(30), day_one + 4'321ms, rows);
    EXPECT_TRUE(restored.take_changes().empty());
    Stored stored_again = stored;
    for (int i = 60'000; i < 70'000; ++i) {
      for (Ledger* each : {&ledger, &restored}) {
        read(*each, at + read_interval, history.reads[static_cast<std::size_t>(i)]);
      }
      at += read_interval;
      stored.take_from(ledger);
      stored_again.take_from(restored);
      const Interval asked{at - Duration(random() % 864'000'000), at};
      ASSERT_EQ(ledger.over(asked).bad, restored.over(asked).bad);
      ASSERT_EQ(ledger.over(asked).edge_left_out.bad, restored.over(asked).edge_left_out.bad);
    }
    EXPECT_EQ(stored.rows(), stored_again.rows());
    if (HasFailure()) return;
  }
}

/// Rows as they were stored when the grid was finer and nothing was kept beside it.
std::vector<LedgerRow> rows_of_a_finer_grid(const ExactSums& exact, int reads) {
  std::vector<LedgerRow> rows;
  for (int i = 0; i <= reads; ++i) {
    std::int64_t spacing = 1;
    while (reads - i >= 2 * spacing * 256) spacing *= 2;
    const Instant at = day_one + i * read_interval;
    if (at.time_since_epoch() / read_interval % spacing != 0) continue;
    const Events until = exact.until(i);
    rows.push_back({at, until.total, until.bad, static_cast<std::uint32_t>(i) * 1500, 0});
  }
  return rows;
}

TEST(Ledger, ContinuesTheRowsOfAFinerGrid) {
  for (const LivedHistory& history : lived_histories(6)) {
    SCOPED_TRACE(history.name);
    const ExactSums exact(history.reads);
    const int reads = reads_lived - 40'000;
    const std::vector<LedgerRow> rows = rows_of_a_finer_grid(exact, reads);
    Ledger ledger = Ledger::restore(read_interval, days(30), day_one, rows);
    EXPECT_LT(ledger.memory_bytes(), 64U * 1024);
    // What is dropped is taken out of the store, and what is kept answers as before.
    std::map<Instant, LedgerRow> stored;
    for (const LedgerRow& row : rows) stored[row.at] = row;
    const LedgerChanges changes = ledger.take_changes();
    EXPECT_TRUE(changes.changed.empty());
    for (const Instant gone : changes.removed) EXPECT_EQ(stored.erase(gone), 1U);
    const Instant now = day_one + reads * read_interval;
    const double bad = exact.until(reads).bad;
    for (const auto& [at, row] : stored) {
      ASSERT_NEAR(ledger.over({at, now}).bad, bad - row.bad, 1e-6) << format_instant(at);
    }
    for (const LedgerRow& row : rows) {
      ASSERT_NEAR(ledger.over({row.at, now}).bad, bad - row.bad, 0.002 * (bad + 50))
          << format_instant(row.at);
    }
    Instant at = now;
    for (int i = reads; i < reads_lived; ++i) {
      read(ledger, at += read_interval, history.reads[static_cast<std::size_t>(i)]);
    }
    EXPECT_NEAR(ledger.lifetime().bad, exact.until(reads_lived).bad, 1e-6);
  }
}

TEST(Ledger, KeepsBurstsWhenItIsResized) {
  Ledger ledger(read_interval, days(30));
  Instant at = day_one;
  ledger.begin(at);
  Stored stored;
  const Instant burst = day_one + 1h;
  while (at < day_one + days(3)) {
    at += read_interval;
    read(ledger, at, {100, at > burst && at <= burst + 1min ? 100.0 : 0.0});
    if (at == day_one + days(1)) stored.take_from(ledger);
  }
  for (const Duration resolution : {Duration(10s), Duration(60s), Duration(15s)}) {
    ledger.resize(resolution, days(30));
    EXPECT_NEAR(ledger.over({burst, at}).bad, 400, 1e-6) << format_duration(resolution);
    EXPECT_NEAR(ledger.over({burst + 1min, at}).bad, 0, 1e-6) << format_duration(resolution);
    EXPECT_NEAR(ledger.lifetime().total, 3 * 5760 * 100, 1e-6);
  }
}

TEST(Ledger, StaysInItsMemoryWhateverHappens) {
  Ledger ledger(read_interval, days(30));
  Instant at = day_one + 4s;
  ledger.begin(at);
  std::mt19937 random(3);
  for (int i = 0; i < 400'000; ++i) {
    // Each read is unlike the one before, by orders of magnitude.
    const double events = std::pow(10, std::uniform_real_distribution(0.0, 6.0)(random));
    read(ledger, at += read_interval, {events, random() % 2 == 0 ? events : 0});
    if (i % 4 == 0) ledger.take_changes();
    ASSERT_LT(ledger.memory_bytes(), 64U * 1024) << i;
  }
}

/// An oracle that knows when each event came, where the ledger knows reads only, with gaps.
TEST(Ledger, HasTheTruthBetweenLeastAndMostWhereverTheEdgeCuts) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution(low, high)(random);
    };
    Ledger ledger(read_interval, days(2));
    Instant at = day_one + Duration(pick(0, 15'000));
    ledger.begin(at);
    const Instant begin = at;
    std::vector<Instant> bad;
    while (at < begin + days(3)) {
      const bool gap = pick(0, 200) == 0;
      const Duration length = gap ? read_interval * pick(2, 300) : Duration(pick(14'900, 15'100));
      const int events = pick(0, 10) == 0 ? pick(1, 20) : 0;
      for (int i = 0; i < events; ++i) {
        bad.push_back(at + Duration(pick(1, static_cast<int>(length.count()))));
      }
      const Interval when{at, at + length};
      ledger.record(when, {100.0 + events, static_cast<double>(events)});
      ledger.account(when, gap ? 0 : 1, 0);
      at = when.end;
    }
    std::ranges::sort(bad);
    const auto until = [&](Instant when) {
      return static_cast<double>(std::ranges::upper_bound(bad, when) - bad.begin());
    };
    for (int question = 0; question < 3000; ++question) {
      const Instant end = question % 2 == 0 ? at : at - Duration(pick(1, 20'000'000));
      const Interval window{end - Duration(pick(1, 150'000'000)), end};
      const Tally tally = ledger.over(window);
      const double truth = until(window.end) - until(window.begin);
      ASSERT_LE(tally.bad - tally.edge_counted.bad, truth + 1e-6) << question;
      ASSERT_GE(tally.bad + tally.edge_left_out.bad, truth - 1e-6) << question;
    }
  }
}

TEST(Ledger, HasNoDoubtWhereNoEdgeCuts) {
  Ledger ledger(read_interval, days(1));
  ledger.begin(day_one);
  for (int i = 1; i <= 400; ++i) read(ledger, day_one + i * read_interval, {10, 1});
  const Instant now = day_one + 400 * read_interval;
  for (const Instant begin : {day_one - 1h, day_one, now - 1h}) {
    const Tally tally = ledger.over({begin, now});
    EXPECT_EQ(tally.edge_counted.bad, 0);
    EXPECT_EQ(tally.edge_left_out.bad, 0);
  }
  const Tally cut = ledger.over({now - 1h - 5s, now});
  EXPECT_NEAR(cut.edge_counted.bad, 1.0 / 3, 1e-9);
  EXPECT_NEAR(cut.edge_left_out.bad, 2.0 / 3, 1e-9);
  EXPECT_NEAR(cut.edge_counted.total, 10.0 / 3, 1e-9);
}

}  // namespace
}  // namespace slod
