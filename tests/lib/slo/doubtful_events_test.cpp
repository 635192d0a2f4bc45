// What a tracker says of events in doubt: the least and the worst that may be spent hold either
// reading of them, of every kind of SLI.

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"
#include "lib/slo/tracker.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double allowed = 0.1;

promql::Selector selector(std::string_view text) {
  return *promql::parse_selector(text);
}

SloDefinition with(Sli sli, Duration window = 24h) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "slo";
  definition.objective = 1 - allowed;
  definition.window = RollingWindow{window};
  definition.cold_start = ColdStart::observed;
  definition.sli = std::move(sli);
  return definition;
}

DoubtfulEvents doubtful(std::uint32_t series, Interval when, double events, bool is_counted) {
  return {.series = series,
          .when = when,
          .events = events,
          .is_counted = is_counted,
          .reason = DoubtReason::birth};
}

/// A read of 15 seconds, with a number of events for each role.
struct Read {
  explicit Read(Sli sli) : tracker(with(std::move(sli)), 15s) { tracker.begin(day_one); }

  void count(Role role, double events, double le = 0) { tracker.count(role, le, events, when); }
  void doubt(std::uint32_t series, Role role, double events, bool is_counted, double le = 0) {
    tracker.doubt("page", role, le, false, doubtful(series, when, events, is_counted));
  }
  Budget budget() {
    tracker.record();
    tracker.account(when, 1, 0);
    tracker.close(when.end);
    return tracker.budget(when.end);
  }

  Interval when{day_one, day_one + 15s};
  Tracker tracker;
};

TEST(DoubtfulEvents, OfGoodOnesOfTheirOwnMetricWerePerhapsBad) {
  Read read(AvailabilitySli{selector("rpc_total"), selector("rpc_ok_total"), {}});
  read.count(Role::total, 100);
  read.count(Role::good, 90);
  read.doubt(1, Role::good, 60, true);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_ratio, 10 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 10 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 70 / (allowed * 100));
  const auto doubts = read.tracker.reading(read.when.end).doubts;
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0], (Doubt{.reason = DoubtReason::birth,
                              .source = "page",
                              .is_counted = false,
                              .changes_sides = true,
                              .total = 60,
                              .bad = 60,
                              .when = read.when}));
}

TEST(DoubtfulEvents, OfGoodOnesThatWereLeftOutMakeBadOnesGood) {
  Read read(AvailabilitySli{selector("rpc_total"), selector("rpc_ok_total"), {}});
  read.count(Role::total, 100);
  read.count(Role::good, 40);
  read.doubt(1, Role::good, 50, false);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 10 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, *budget.spent_ratio);
}

TEST(DoubtfulEvents, OfBadOnesOfTheirOwnMetricAddNoneToTheTotal) {
  Read counted(AvailabilitySli{selector("rpc_total"), {}, selector("rpc_failed_total")});
  counted.count(Role::total, 100);
  counted.count(Role::bad, 60);
  counted.doubt(1, Role::bad, 50, true);
  EXPECT_DOUBLE_EQ(*counted.budget().spent_least_ratio, 10 / (allowed * 100));
  Read left_out(AvailabilitySli{selector("rpc_total"), {}, selector("rpc_failed_total")});
  left_out.count(Role::total, 100);
  left_out.doubt(1, Role::bad, 50, false);
  EXPECT_DOUBLE_EQ(*left_out.budget().spent_worst_ratio, 50 / (allowed * 100));
}

TEST(DoubtfulEvents, OfSeveralSeriesAreInDoubtEachByItself) {
  Read read(AvailabilitySli{selector("rpc_total"), {}, selector("rpc_failed_total")});
  read.count(Role::total, 100);
  read.count(Role::bad, 40);
  read.doubt(1, Role::total, 40, true);
  read.doubt(2, Role::bad, 40, true);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 0);
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 40 / (allowed * 60)) << "only the total was history";
}

TEST(DoubtfulEvents, OfOneSeriesInBothRolesAreBadOnes) {
  Read read(AvailabilitySli{selector("requests"), {}, selector(R"(requests{code="500"})")});
  read.count(Role::total, 100);
  read.count(Role::bad, 40);
  read.doubt(1, Role::total, 40, true);
  read.doubt(1, Role::bad, 40, true);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 40 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 0);
}

TEST(DoubtfulEvents, OfAHistogramLieInTheBucketsThatGrew) {
  Read read(LatencySli{selector("seconds"), 0.3});
  for (const double le : {0.1, 0.3}) read.count(Role::bucket, 50, le);
  for (const double le : {0.5, infinity}) read.count(Role::bucket, 100, le);
  for (const double le : {0.5, infinity}) read.doubt(le == 0.5 ? 3 : 4, Role::bucket, 50, true, le);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 50 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 0) << "all 50 were slower than 0.3 s";
}

TEST(DoubtfulEvents, OfOneBucketChangeSides) {
  Read read(LatencySli{selector("seconds"), 0.3});
  read.count(Role::bucket, 50, 0.3);
  read.count(Role::bucket, 100, infinity);
  read.doubt(1, Role::bucket, 20, false, 0.3);
  const Budget budget = read.budget();
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 50 / (allowed * 100));
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 30 / (allowed * 100));
}

/// A throughput of at most 60/s in slices of 10 s, read every 5 s with 50/s for 100 s.
struct Slices {
  explicit Slices(double at_most = 60)
      : tracker(with(ThroughputSli{selector("t"), {}, at_most, 10s}), 5s) {
    tracker.begin(day_one);
    for (int i = 0; i < 20; ++i) read(250);
  }
  void read(double events, double in_doubt = 0, bool is_counted = true) {
    const Interval when{now, now + 5s};
    tracker.count(Role::total, 0, events, when);
    if (in_doubt > 0) {
      tracker.doubt("page", Role::total, 0, false, doubtful(1, when, in_doubt, is_counted));
    }
    tracker.record();
    tracker.account(when, 1, 0);
    tracker.close(now = when.end);
  }

  Instant now = day_one;
  Tracker tracker;
};

TEST(DoubtfulEvents, OfABadSliceMayMakeItGood) {
  Slices slices;
  slices.read(650, 400);
  slices.read(250);
  const Budget budget = slices.tracker.budget(slices.now);
  EXPECT_DOUBLE_EQ(*budget.spent_ratio, 1 / (allowed * 11));
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 0);
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, *budget.spent_ratio);
  const auto doubts = slices.tracker.reading(slices.now).doubts;
  ASSERT_EQ(doubts.size(), 1U);
  EXPECT_EQ(doubts[0].total, 1) << "one slice, and no other";
}

TEST(DoubtfulEvents, OfAGoodSliceMayMakeItBad) {
  Slices slices;
  slices.read(250, 400, false);
  slices.read(250, 10, false);
  const Budget budget = slices.tracker.budget(slices.now);
  EXPECT_DOUBLE_EQ(*budget.spent_ratio, 0);
  EXPECT_DOUBLE_EQ(*budget.spent_least_ratio, 0);
  EXPECT_DOUBLE_EQ(*budget.spent_worst_ratio, 1 / (allowed * 11)) << "two doubts of one slice";
}

TEST(DoubtfulEvents, OfASliceThatIsOpenSurviveARestart) {
  Slices slices;
  slices.read(650, 400);
  TrackerChanges changes = slices.tracker.take_changes();
  auto back = Tracker::restore(slices.tracker.definition(), 5s, std::chrono::days(3),
                               slices.tracker.state(), changes.ledger, changes.buckets);
  ASSERT_TRUE(back) << back.error();
  slices.tracker = std::move(*back);
  slices.read(250);
  EXPECT_DOUBLE_EQ(*slices.tracker.budget(slices.now).spent_least_ratio, 0);
}

TEST(DoubtfulEvents, AreNotMuchMoreThanTheEventsOfTheWindow) {
  Tracker tracker(
      with(AvailabilitySli{selector("requests"), {}, selector("requests{c=\"5\"}")}, 1h), 1s, 1h);
  tracker.begin(day_one);
  for (int i = 0; i < 3 * 3600; ++i) {
    const Interval when{day_one + 1s * i, day_one + 1s * (i + 1)};
    for (const Role role : {Role::total, Role::bad}) {
      tracker.count(role, 0, 1, when);
      tracker.doubt("page", role, 0, false, doubtful(7, when, 1, true));
    }
    tracker.record();
    tracker.account(when, 1, 0);
    tracker.close(when.end);
    if (i % 600 != 599 || i < 3600) continue;
    const Reading reading = tracker.reading(when.end);
    double births = 0;
    for (const Doubt& doubt : reading.doubts) {
      if (doubt.reason == DoubtReason::birth) births += doubt.bad;
    }
    EXPECT_GE(births, reading.bad - reading.edge_blur_seconds);
    EXPECT_LE(births, reading.bad * 1.04);
  }
}

}  // namespace
}  // namespace slod
