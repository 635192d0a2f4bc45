// A ledger asked for the longest window that it keeps, whatever its resolution divides.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
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
    const double blur_most = seconds(c.retention) * 0.004 + seconds(c.resolution);
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
    EXPECT_EQ(ledger.lifetime().total, 600 * 11);
  }
}

}  // namespace
}  // namespace slod
