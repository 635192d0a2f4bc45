#include "lib/slo/timeline.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/lib/slo/history.h"

namespace slod {
namespace {

constexpr Duration resolution{15'000};

TEST(Timeline, SumsUpToANaiveOracleSliceBySlice) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 dice(seed);
    const Instant start = Instant(std::chrono::hours(1000)) + Duration(dice() % 100'000);
    Ledger ledger(resolution, std::chrono::hours(2));
    History history;
    ledger.begin(start);
    Instant at = start;
    while (at < start + std::chrono::hours(1)) {
      const Interval read{at, at + resolution};
      const Events events{static_cast<double>(dice() % 100), static_cast<double>(dice() % 3)};
      ledger.record(read, events);
      history.record(read, events);
      const double share = dice() % 4 == 0 ? 0 : 1;
      ledger.account(read, share, 0);
      history.account(read, share, 0);
      at = read.end;
    }
    const Interval window{at - std::chrono::minutes(40), at};
    const auto slices = timeline(ledger, window, 1 + dice() % 60);
    ASSERT_FALSE(slices.empty());
    Instant begin = window.begin;
    for (const TimelineSlice& slice : slices) {
      ASSERT_EQ(slice.when.begin, begin);
      begin = slice.when.end;
      const auto lower = history.until(slice.when.begin);
      const auto upper = history.until(slice.when.end);
      // Slices that are cut inside a slice of the ledger are interpolated.
      EXPECT_NEAR(slice.tally.total, upper.total - lower.total, 200);
      if (slice.when.begin > window.begin && slice.when.end < window.end) {
        EXPECT_EQ(slice.when.begin.time_since_epoch() % resolution, Duration::zero());
      }
    }
    EXPECT_EQ(begin, window.end);
    double total = 0;
    double measured = 0;
    for (const TimelineSlice& slice : slices) {
      total += slice.tally.total;
      measured += slice.tally.measured_seconds;
    }
    EXPECT_NEAR(total, ledger.over(window).total, 1e-6);
    EXPECT_NEAR(measured, ledger.over(window).measured_seconds, 1);
  }
}

TEST(Timeline, StaysWhereItIsWhileTheWindowMoves) {
  Ledger ledger(resolution, std::chrono::hours(2));
  const Instant now = Instant(std::chrono::hours(1000)) + Duration(7'000);
  ledger.begin(now - std::chrono::hours(1));
  const auto before = timeline(ledger, {now - std::chrono::hours(1), now}, 60);
  const auto after =
      timeline(ledger, {now - std::chrono::minutes(59), now + std::chrono::minutes(1)}, 60);
  ASSERT_EQ(before.size(), 61U);
  ASSERT_EQ(after.size(), 61U);
  for (std::size_t i = 1; i + 2 < before.size(); ++i) {
    EXPECT_EQ(before[i + 1].when, after[i].when);
  }
}

TEST(Timeline, HasNoSliceShorterThanTheResolutionButAtTheEnds) {
  Ledger ledger(resolution, std::chrono::hours(2));
  const Instant now(std::chrono::hours(1000));
  const auto slices = timeline(ledger, {now - Duration(60'000), now}, 1000);
  ASSERT_EQ(slices.size(), 4U);
  EXPECT_TRUE(timeline(ledger, {now, now}, 10).empty());
}

}  // namespace
}  // namespace slod
