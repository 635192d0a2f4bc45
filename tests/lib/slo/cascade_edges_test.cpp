// A ledger asked for the longest window that it keeps, whatever its resolution divides.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lib/slo/ledger.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

struct Case {
  Duration resolution;
  Duration retention;
};

/// Reads of one event each, however they lie between the boundaries: the oracle is that a window of
/// the retention holds as many events as resolutions, but for its far edge.
TEST(Ledger, KeepsABoundaryAtTheStartOfItsLongestWindow) {
  for (const Case& c : {Case{7s, 1h}, Case{15s, 1h}, Case{11s, 25h}}) {
    const double blur_most = seconds(c.retention) * 0.008 + seconds(c.resolution);
    const double events = seconds(c.retention) / seconds(c.resolution);
    for (Duration offset{0}; offset < c.resolution; offset += 1s) {
      SCOPED_TRACE(fmt::format("{} for {}, offset {}", format_duration(c.resolution),
                               format_duration(c.retention), format_duration(offset)));
      Ledger ledger(c.resolution, c.retention);
      Instant now = day_one + offset;
      ledger.begin(now);
      const Instant old = now + c.retention;
      while (now < old + 200 * c.resolution) {
        ledger.record({now, now + c.resolution}, {1, 0});
        now += c.resolution;
        if (now <= old) continue;
        const Tally tally = ledger.over({now - c.retention, now});
        ASSERT_LE(tally.edge_blur_seconds, blur_most) << format_duration(now - old);
        ASSERT_NEAR(tally.total, events, tally.edge_blur_seconds / seconds(c.resolution) + 1e-6);
      }
    }
  }
}

TEST(Ledger, TakesTheSameRowsWhateverTheRoundsOfReadsBetween) {
  // Reads that end on a boundary, one before and one after it, and more than once at one time.
  for (const Duration offset : {Duration(0), Duration(1), Duration(14'999)}) {
    Ledger ledger(15s, 1h);
    ledger.begin(day_one + offset);
    std::vector<LedgerRow> rows;
    const auto store = [&] {
      const LedgerChanges changes = ledger.take_changes();
      for (const Instant gone : changes.removed) {
        std::erase_if(rows, [&](const LedgerRow& row) { return row.at == gone; });
      }
      for (const LedgerRow& row : changes.changed) {
        std::erase_if(rows, [&](const LedgerRow& old) { return old.at == row.at; });
        rows.push_back(row);
      }
      std::ranges::sort(rows, {}, &LedgerRow::at);
    };
    for (int read = 0; read < 600; ++read) {
      if (read % 7 == 3 || read % 50 > 44) continue;  // silence, of which no one says anything
      const Interval when{day_one + offset + read * 15s, day_one + offset + (read + 1) * 15s};
      ledger.record(when, {10, 1});
      if (read % 3 == 0) store();
      ledger.record({when.end, when.end}, {1, 0});
      ledger.account(when, 1, 0);
      store();
      const Ledger restored = Ledger::restore(15s, 1h, day_one + offset, rows);
      for (const Duration window : {Duration(10s), Duration(10min), Duration(1h)}) {
        const Interval asked{when.end - window, when.end};
        ASSERT_EQ(restored.over(asked).total, ledger.over(asked).total) << read;
        ASSERT_EQ(restored.over(asked).bad, ledger.over(asked).bad) << read;
        ASSERT_EQ(restored.over(asked).measured_seconds, ledger.over(asked).measured_seconds);
      }
    }
    EXPECT_GT(ledger.lifetime().total, 400 * 11);
  }
}

TEST(Ledger, CountsAMomentWithTheSliceThatItEnds) {
  Ledger ledger(15s, 1h);
  ledger.begin(day_one);
  ledger.record({day_one + 10min, day_one + 10min}, {0, 0});
  ledger.record({day_one + 30s, day_one + 30s}, {7, 7});
  EXPECT_EQ(ledger.over({day_one + 15s, day_one + 30s}).total, 7);
  EXPECT_EQ(ledger.over({day_one + 30s, day_one + 45s}).total, 0);
}

TEST(Ledger, StoresWhatWasNotTakenBeforeItWasResized) {
  for (const Duration resolution : {Duration(5s), Duration(20s), Duration(30s)}) {
    Ledger ledger(10s, 1h);
    ledger.begin(day_one);
    std::map<Instant, LedgerRow> rows;
    const auto store = [&] {
      const LedgerChanges changes = ledger.take_changes();
      for (const LedgerRow& row : changes.changed) rows[row.at] = row;
      for (const Instant gone : changes.removed) rows.erase(gone);
    };
    ledger.record({day_one, day_one + 10min}, {600, 6});
    store();
    ledger.record({day_one, day_one + 5min}, {300, 3});  // late events, in rows that are stored
    ledger.resize(resolution, 1h);
    store();
    std::vector<LedgerRow> stored;
    for (const auto& [at, row] : rows) stored.push_back(row);
    const Ledger restored = Ledger::restore(resolution, 1h, day_one, stored);
    for (const Duration at : {Duration(1min), Duration(5min), Duration(10min)}) {
      EXPECT_NEAR(restored.over({day_one, day_one + at}).total,
                  seconds(at) + seconds(std::min<Duration>(at, 5min)), 1e-6)
          << format_duration(resolution);
    }
  }
}

}  // namespace
}  // namespace slod
