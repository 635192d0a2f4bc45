// Time that is said twice, from before the beginning, or in parts that do not fit.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "lib/slo/ledger.h"
#include "lib/slo/timeline.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

TEST(Ledger, CountsNoTimeFromBeforeItBegan) {
  Ledger ledger(15s, days(1));
  const Instant begin = day_one + 1h;
  ledger.begin(begin);
  // One of two sources, whose samples are older, was read for two hours.
  ledger.account({day_one, begin + 1h}, 0.5, 0);
  const Tally tally = ledger.over({day_one, begin + 1h});
  EXPECT_EQ(tally.counted, (Interval{begin, begin + 1h}));
  EXPECT_DOUBLE_EQ(tally.measured_seconds, 1800);
  EXPECT_DOUBLE_EQ(tally.missing_seconds, 1800);
  ledger.account({day_one, begin}, 1, 0);
  EXPECT_DOUBLE_EQ(ledger.over({day_one, begin + 1h}).measured_seconds, 1800);
}

TEST(Ledger, TakesBackNoTimeFromBeforeItBegan) {
  Ledger ledger(15s, days(1));
  const Instant begin = day_one + 1h;
  ledger.begin(begin);
  ledger.account({begin, begin + 2h}, 0, 1);
  ledger.recover({day_one, begin}, 1);
  EXPECT_DOUBLE_EQ(ledger.over({begin, begin + 2h}).unknown_seconds, 7200);
  ledger.recover({day_one, begin + 30min}, 1);
  EXPECT_DOUBLE_EQ(ledger.over({begin, begin + 2h}).unknown_seconds, 5400);
  EXPECT_DOUBLE_EQ(ledger.over({begin, begin + 30min}).unknown_seconds, 0);
}

TEST(Ledger, MeasuresNoMoreThanTheTimeThatThereIs) {
  Ledger ledger(15s, days(1));
  ledger.begin(day_one);
  ledger.account({day_one, day_one + 1h}, 1, 0);
  ledger.account({day_one, day_one + 1h}, 1, 0);
  const Tally tally = ledger.over({day_one, day_one + 1h});
  EXPECT_DOUBLE_EQ(tally.measured_seconds, 3600);
  EXPECT_DOUBLE_EQ(tally.missing_seconds, 0);
}

TEST(Ledger, KnowsNoMoreUnknownTimeThanIsMissing) {
  Ledger ledger(15s, days(1));
  ledger.begin(day_one);
  ledger.account({day_one, day_one + 1h}, 0.5, 0.5);
  ledger.account({day_one, day_one + 1h}, 0.25, 0.5);
  const Tally tally = ledger.over({day_one, day_one + 1h});
  EXPECT_DOUBLE_EQ(tally.missing_seconds, 900);
  EXPECT_DOUBLE_EQ(tally.unknown_seconds, 900);
}

/// Each of three sources is away now and then, and comes back with its counters. All is known in
/// the end, so whatever rounding is left is next to nothing.
TEST(Ledger, KnowsAllOnceEverySourceCameBack) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution(low, high)(random);
    };
    Ledger ledger(15s, days(1));
    ledger.begin(day_one);
    const Instant end = day_one + 6h;
    std::vector<Interval> gaps;
    for (int source = 0; source < 3; ++source) {
      for (Instant at = day_one; at < end;) {
        const Interval step{at, std::min(end, at + Duration(pick(1, 40'000)))};
        ledger.account(step, 0, 1.0 / 3);
        gaps.push_back(step);
        at = step.end;
      }
    }
    // What was reported in pieces is taken back in others.
    for (int source = 0; source < 3; ++source) {
      for (Instant at = day_one; at < end;) {
        const Interval step{at, std::min(end, at + Duration(pick(1, 100'000)))};
        ledger.recover(step, 1.0 / 3);
        at = step.end;
      }
    }
    for (int question = 0; question < 500; ++question) {
      const Instant begin = day_one + Duration(pick(0, 6 * 3'600'000 - 60'000));
      const Tally tally = ledger.over({begin, begin + Duration(pick(1, 60'000))});
      ASSERT_LE(tally.unknown_seconds, 1) << format_duration(begin - day_one);
    }
    EXPECT_LE(ledger.over({day_one, end}).unknown_seconds, 1);
  }
}

TEST(Ledger, WaitsForTheNextReadForJustUnderTwoResolutions) {
  Ledger ledger(15s, days(1));
  ledger.begin(day_one);
  ledger.account({day_one, day_one + 60s}, 1, 0);
  EXPECT_EQ(ledger.over({day_one, day_one + 90s - 1ms}).counted.end, day_one + 60s);
  EXPECT_EQ(ledger.over({day_one, day_one + 90s}).counted.end, day_one + 90s);
  EXPECT_EQ(ledger.over({day_one, day_one + 90s}).missing_seconds, 30);
}

TEST(Ledger, HasAnEdgeOnBothSidesOfAWindowInThePast) {
  Ledger ledger(15s, days(1));
  ledger.begin(day_one);
  ledger.record({day_one, day_one + 1h}, {240, 0});
  EXPECT_EQ(ledger.over({day_one + 15s, day_one + 30s}).edge_blur_seconds, 0);
  EXPECT_EQ(ledger.over({day_one + 16s, day_one + 30s}).edge_blur_seconds, 15);
  EXPECT_EQ(ledger.over({day_one + 16s, day_one + 31s}).edge_blur_seconds, 30);
  EXPECT_EQ(ledger.over({day_one - 1h, day_one + 1h}).edge_blur_seconds, 0);
}

TEST(Timeline, HasNoMoreSlicesThanItMay) {
  Ledger ledger(15s, days(1));
  ledger.begin(day_one);
  ledger.record({day_one, day_one + 6h}, {6 * 3600, 0});
  for (const std::size_t most : {1U, 7U, 40U, 100U}) {
    for (const Duration more : {Duration(0), Duration(1), Duration(2), Duration(14'999)}) {
      for (const Duration offset : {Duration(0), Duration(7s), Duration(14'999)}) {
        // As many resolutions as slices, and a little more.
        const Duration length = 15s * static_cast<std::int64_t>(most) + more;
        const Interval window{day_one + offset, day_one + offset + length};
        const std::vector<TimelineSlice> slices = timeline(ledger, window, most);
        EXPECT_LE(slices.size(), most + 1) << most << " and " << format_duration(more);
        double total = 0;
        for (const TimelineSlice& slice : slices) total += slice.tally.total;
        EXPECT_NEAR(total, seconds(length), 1e-6);
      }
    }
  }
}

TEST(Tally, KeepsBadEventsBetweenNoneAndAll) {
  struct Case {
    double total, bad, within;
  };
  for (const Case& c : {Case{10, 3, 3}, Case{10, 12, 10}, Case{10, -1, 0}, Case{0, 5, 0},
                        Case{-2, 1, 0}, Case{-2, -3, 0}}) {
    Tally tally;
    tally.total = c.total;
    tally.bad = c.bad;
    EXPECT_EQ(tally.bad_within_total(), c.within) << c.bad << " of " << c.total;
  }
}

}  // namespace
}  // namespace slod
