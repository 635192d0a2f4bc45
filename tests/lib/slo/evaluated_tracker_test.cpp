// A tracker of an SLI whose slices are evaluated elsewhere.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "lib/slo/tracker.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

SloDefinition evaluated() {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "slo";
  definition.window = RollingWindow{24h};
  const Expression expression = parse_expression("avg(x)", 1min).value();
  definition.sli = EvaluatedAvailabilitySli{expression, {}, expression, 1min};
  return definition;
}

Interval minute(int n) {
  return {start + n * 1min, start + (n + 1) * 1min};
}

SliceValue counted(double total, double bad) {
  return {SliceValue::Kind::counted, {total, bad}, {}};
}

/// A tracker, read without a gap up to then.
Tracker read_until(Instant until) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(start);
  tracker.account({start, until}, 1, 0);
  tracker.close(until);
  return tracker;
}

TEST(EvaluatedTracker, CountsNothingByItself) {
  Tracker tracker = read_until(start + 5min);
  EXPECT_TRUE(demands(tracker.definition().sli).empty());
  EXPECT_FALSE(tracker.ledger().observed_since());
  EXPECT_EQ(tracker.due_slices(9).size(), 5U);
}

TEST(EvaluatedTracker, RecordsWhatASliceCameTo) {
  Tracker tracker = read_until(start + 4min);
  EXPECT_TRUE(tracker.judge(minute(0), counted(100, 7)));
  EXPECT_TRUE(tracker.judge(minute(1), {SliceValue::Kind::idle, {}, {}}));
  EXPECT_TRUE(tracker.judge(minute(2), SliceValue::missing("total has no value")));
  EXPECT_TRUE(tracker.judge(minute(3), counted(50, 0.5)));
  EXPECT_EQ(tracker.ledger().observed_since(), start);
  EXPECT_EQ(tracker.ledger().observed_until(), start + 4min);
  const Tally tally = tracker.ledger().over({start, start + 4min});
  EXPECT_EQ(tally.total, 150);
  EXPECT_EQ(tally.bad, 7.5);
  EXPECT_EQ(tally.measured_seconds, 180);
  EXPECT_EQ(tally.unknown_seconds, 60);
  EXPECT_EQ(tracker.ledger().over({start + 1min, start + 3min}).total, 0);
}

TEST(EvaluatedTracker, JudgesASliceOnce) {
  Tracker tracker = read_until(start + 2min);
  EXPECT_FALSE(tracker.judge(minute(1), counted(1, 0))) << "out of order";
  EXPECT_TRUE(tracker.judge(minute(0), counted(1, 0)));
  EXPECT_FALSE(tracker.judge(minute(0), counted(1, 1)));
  EXPECT_FALSE(tracker.judge(minute(2), counted(1, 1))) << "not complete";
  EXPECT_EQ(tracker.ledger().lifetime().total, 1);
  EXPECT_EQ(tracker.ledger().lifetime().bad, 0);
}

TEST(EvaluatedTracker, AccountsForTimeThatWasNotReadWithoutAJudgement) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(start);
  tracker.account({start, start + 1min}, 1, 0);
  tracker.account({start + 1min, start + 3min}, 0, 1);
  tracker.account({start + 3min, start + 4min}, 1, 0);
  tracker.close(start + 4min);
  EXPECT_EQ(tracker.due_slices(9), std::vector<Interval>{minute(0)});
  EXPECT_TRUE(tracker.judge(minute(0), counted(10, 1)));
  EXPECT_EQ(tracker.due_slices(9), std::vector<Interval>{minute(3)});
  tracker.recover({start + 1min, start + 3min}, 1);
  EXPECT_EQ(tracker.ledger().over({start, start + 3min}).unknown_seconds, 120)
      << "what was missed is not evaluated later";
  EXPECT_TRUE(tracker.judge(minute(3), counted(10, 1)));
  EXPECT_EQ(tracker.ledger().over({start, start + 4min}).measured_seconds, 120);
}

TEST(EvaluatedTracker, WeighsASliceByItsSources) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(start);
  tracker.account({start, start + 1min}, 0.5, 0);
  tracker.account({start, start + 30s}, 0.5, 0);
  tracker.close(start + 1min);
  EXPECT_TRUE(tracker.judge(minute(0), counted(10, 1)));
  const Tally tally = tracker.ledger().over(minute(0));
  EXPECT_EQ(tally.measured_seconds, 45);
  EXPECT_EQ(tally.unknown_seconds, 15);
}

TEST(EvaluatedTracker, GoesOnAfterARestartWithoutJudgingTwice) {
  Tracker tracker = read_until(start + 3min);
  EXPECT_TRUE(tracker.judge(minute(0), counted(10, 1)));
  const TrackerChanges rows = tracker.take_changes();
  auto next = Tracker::restore(evaluated(), 1min, 72h, tracker.state(), rows.ledger, rows.buckets);
  ASSERT_TRUE(next) << next.error();
  next->readable_since(start + 200s);
  next->account({start + 60s, start + 6min}, 1, 0);
  next->close(start + 6min);
  // The minutes from 1 on were due before the restart or saw it; their samples are gone.
  EXPECT_EQ(next->due_slices(9), (std::vector<Interval>{minute(4), minute(5)}));
  EXPECT_FALSE(next->judge(minute(0), counted(10, 10)));
  EXPECT_TRUE(next->judge(minute(4), counted(10, 1)));
  EXPECT_EQ(next->ledger().lifetime().total, 20);
  const Tally tally = next->ledger().over({start, start + 5min});
  EXPECT_EQ(tally.measured_seconds, 120);
  EXPECT_EQ(tally.missing_seconds, 180);
}

TEST(EvaluatedTracker, RestoresBeforeAnySliceWasJudged) {
  Tracker tracker(evaluated(), 1min);
  tracker.begin(start + 30s);
  auto next = Tracker::restore(evaluated(), 1min, 72h, tracker.state(), {}, {});
  ASSERT_TRUE(next) << next.error();
  next->account({start + 30s, start + 2min}, 1, 0);
  next->close(start + 2min);
  EXPECT_EQ(next->due_slices(9), std::vector<Interval>{minute(1)});
  EXPECT_FALSE(Tracker::restore(evaluated(), 1min, 72h, R"({"version":1})", {}, {}));
}

TEST(EvaluatedTracker, AddsUpToANaiveSum) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int bound) {
      return std::uniform_int_distribution(0, bound - 1)(random);
    };
    Tracker tracker(evaluated(), 1min);
    tracker.begin(start);
    double total = 0;
    double bad = 0;
    double measured = 0;
    int minutes = 0;
    for (int i = 0; i < 300; ++i) {
      const int length = 1 + below(4);
      const bool read = below(4) > 0;
      tracker.account({start + minutes * 1min, start + (minutes + length) * 1min}, read ? 1 : 0,
                      read ? 0 : 1);
      minutes += length;
      tracker.close(start + minutes * 1min);
      for (const Interval slice : tracker.due_slices(100)) {
        EXPECT_TRUE(read);
        SliceValue value = counted(1 + below(100), 0);
        value.events.bad = below(static_cast<int>(value.events.total) + 1);
        if (below(5) == 0) value = SliceValue::missing("no value");
        if (below(5) == 0) value = {SliceValue::Kind::idle, {}, {}};
        EXPECT_TRUE(tracker.judge(slice, value));
        total += value.events.total;
        bad += value.events.bad;
        if (value.kind != SliceValue::Kind::missing) measured += 60;
      }
    }
    const Tally tally = tracker.ledger().over({start, start + minutes * 1min});
    EXPECT_NEAR(tally.total, total, 1e-6);
    EXPECT_NEAR(tally.bad, bad, 1e-6);
    EXPECT_NEAR(tally.measured_seconds, measured, 1e-6);
    EXPECT_NEAR(tally.unknown_seconds, minutes * 60 - measured, 1e-6);
  }
}

}  // namespace
}  // namespace slod
