#include "lib/slo/tracker.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "lib/slo/budget.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

promql::Selector selector(std::string_view text) {
  return *promql::parse_selector(text);
}

SloDefinition with(Sli sli) {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "slo";
  definition.window = RollingWindow{24h};
  definition.sli = std::move(sli);
  return definition;
}

Sli availability_by_good() {
  return AvailabilitySli{selector("requests_total"), selector(R"(requests_total{code="200"})"), {}};
}
Sli availability_by_bad() {
  return AvailabilitySli{selector("requests_total"), {}, selector("errors_total")};
}
Sli latency() {
  return LatencySli{selector(R"(seconds{job="api"})"), 0.3};
}
Sli latency_slices() {
  return LatencySliceSli{selector("seconds"), 0.9, 0.3, 1min};
}
Sli throughput() {
  return ThroughputSli{selector("requests_total"), 10.0, {}, 1min};
}

TEST(Tracker, CountsGoodAndTotalOfOneReadTogether) {
  Tracker tracker(with(availability_by_good()), 15s);
  tracker.begin(day_one);
  const Interval when{day_one, day_one + 15s};
  tracker.count(Role::total, 0, 60, when);
  tracker.count(Role::good, 0, 60, when);
  tracker.count(Role::total, 0, 40, when);
  EXPECT_EQ(tracker.reading(day_one + 15s).total, 0) << "before the read ends";
  tracker.record();
  tracker.account(when, 1, 0);
  const Reading reading = tracker.reading(day_one + 15s);
  EXPECT_EQ(reading.total, 100);
  EXPECT_EQ(reading.good, 60);
  EXPECT_EQ(reading.bad, 40);
  EXPECT_DOUBLE_EQ(*reading.sli_ratio, 0.6);
  EXPECT_DOUBLE_EQ(*reading.coverage_ratio, 1);
  EXPECT_FALSE(reading.latency);
}

TEST(Tracker, KeepsTheIntervalsOfAFederatedPageApart) {
  Tracker tracker(with(availability_by_bad()), 15s);
  tracker.begin(day_one);
  tracker.count(Role::total, 0, 100, {day_one, day_one + 15s});
  tracker.count(Role::total, 0, 50, {day_one + 60s, day_one + 75s});
  tracker.count(Role::bad, 0, 5, {day_one + 60s, day_one + 75s});
  tracker.count(Role::bad, 0, 2, {day_one, day_one + 15s});
  tracker.record();
  EXPECT_EQ(tracker.reading(day_one + 75s, 15s).total, 50);
  EXPECT_EQ(tracker.reading(day_one + 75s, 15s).bad, 5);
  EXPECT_EQ(tracker.reading(day_one + 75s).bad, 7);
}

TEST(Tracker, IsNotPoisonedByAnIncreaseThatIsNoNumber) {
  Tracker tracker(with(availability_by_bad()), 15s);
  tracker.begin(day_one);
  const Interval when{day_one, day_one + 15s};
  tracker.count(Role::total, 0, 10, when);
  tracker.count(Role::total, 0, infinity, when);
  tracker.count(Role::bad, 0, std::nan(""), when);
  tracker.record();
  EXPECT_EQ(tracker.reading(day_one + 15s).total, 10);
  EXPECT_EQ(tracker.reading(day_one + 15s).bad, 0);
}

TEST(Tracker, RestoresSlicesBeforeTheFirstIsClosed) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one);
  tracker.count(Role::total, 0, 100, {day_one, day_one + 15s});
  tracker.record();
  const auto restored = Tracker::restore(with(throughput()), 15s, days(3), tracker.state(), {}, {});
  ASSERT_TRUE(restored) << restored.error();
  EXPECT_EQ(restored->state(), tracker.state());
}

TEST(Tracker, WithoutEventsHasNoRatio) {
  Tracker tracker(with(availability_by_good()), 15s);
  EXPECT_FALSE(tracker.reading(day_one).sli_ratio);
  EXPECT_FALSE(tracker.reading(day_one).coverage_ratio);
  tracker.begin(day_one);
  tracker.account({day_one, day_one + 15s}, 1, 0);
  EXPECT_FALSE(tracker.reading(day_one + 15s).sli_ratio);
  EXPECT_DOUBLE_EQ(*tracker.reading(day_one + 15s).coverage_ratio, 1);
}

TEST(Tracker, TakesGoodEventsOfALatencyFromTheBuckets) {
  struct Case {
    double below;
    double good;
  };
  for (const auto& [below, good] : {Case{0.1, 50}, Case{0.3, 70}, Case{0.5, 90}, Case{2.0, 90}}) {
    Tracker tracker(with(LatencySli{selector("seconds"), below}), 15s);
    tracker.begin(day_one);
    const Interval when{day_one, day_one + 15s};
    tracker.count(Role::bucket, infinity, 100, when);
    tracker.count(Role::bucket, 0.5, 90, when);
    tracker.count(Role::bucket, 0.1, 50, when);
    tracker.record();
    const Reading reading = tracker.reading(day_one + 15s);
    EXPECT_DOUBLE_EQ(reading.total, 100) << below;
    EXPECT_DOUBLE_EQ(reading.good, good) << below;
    ASSERT_TRUE(reading.latency) << below;
    EXPECT_EQ(reading.latency->quantile, 0.99);
    EXPECT_EQ(reading.latency->seconds.value, 0.5);
    EXPECT_EQ(reading.latency->seconds.upper, infinity);
  }
}

TEST(Tracker, JudgesSlicesOnceTheyAreClosed) {
  Tracker tracker(with(throughput()), 15s);
  tracker.begin(day_one);
  for (int i = 0; i < 12; ++i) {  // one good minute, one bad, one idle
    const Interval when{day_one + i * 15s, day_one + (i + 1) * 15s};
    tracker.count(Role::total, 0, i < 4 ? 200 : i < 8 ? 100 : 0, when);
    tracker.record();
    tracker.account(when, 1, 0);
    tracker.close(when.end);
  }
  const Reading reading = tracker.reading(day_one + 3min);
  EXPECT_EQ(reading.total, 3);
  EXPECT_EQ(reading.good, 1);
  EXPECT_DOUBLE_EQ(*reading.coverage_ratio, 1);
}

TEST(Tracker, LeavesIdleAndMissingSlicesOutOfALatency) {
  Tracker tracker(with(latency_slices()), 15s);
  tracker.begin(day_one);
  const auto minute = [](int n) { return Interval{day_one + n * 1min, day_one + (n + 1) * 1min}; };
  const auto read = [&](int n, double fast, double measured_share) {
    tracker.count(Role::bucket, 0.2, fast, minute(n));
    tracker.count(Role::bucket, 1, 100, minute(n));
    tracker.count(Role::bucket, infinity, 100, minute(n));
    tracker.record();
    tracker.account(minute(n), measured_share, 0);
  };
  read(0, 99, 1);
  read(1, 50, 1);
  tracker.account(minute(2), 1, 0);  // idle
  read(3, 50, 0.2);                  // missing
  tracker.close(day_one + 4min);
  const Reading reading = tracker.reading(day_one + 4min);
  EXPECT_EQ(reading.total, 2);
  EXPECT_EQ(reading.bad, 1);
  EXPECT_DOUBLE_EQ(*reading.coverage_ratio, 0.8);
  ASSERT_TRUE(reading.latency);
  EXPECT_EQ(reading.latency->quantile, 0.9);
}

TEST(Tracker, RemembersAWholeCalendarMonth) {
  SloDefinition definition = with(availability_by_bad());
  definition.window = CalendarWindow{CalendarPeriod::month, "Europe/Madrid"};
  Tracker tracker(definition, 1min);
  const Interval october = calendar_period({CalendarPeriod::month, "Europe/Madrid"}, day_one + 1h);
  tracker.begin(october.begin - days(5));
  for (Instant at = october.begin - days(5); at < october.end; at += 1h) {
    tracker.count(Role::total, 0, 60, {at, at + 1h});
    tracker.record();
  }
  EXPECT_EQ(october.length(), days(31) + 1h);
  const Reading reading = tracker.reading(october.end - 1ms);
  EXPECT_NEAR(reading.total, 745 * 60, 745 * 60 * 0.004);
}

/// Reads of every role with random gaps.
void read(Tracker& tracker, std::mt19937& random, Interval when) {
  const auto pick = [&](int high) { return std::uniform_int_distribution(0, high)(random); };
  const double total = pick(400);
  const double good = std::min(total, 10.0 * pick(40));
  tracker.count(Role::total, 0, total, when);
  tracker.count(Role::good, 0, good, when);
  tracker.count(Role::bad, 0, total - good, when);
  tracker.count(Role::bucket, 0.1, std::floor(good / 2), when);
  if (pick(300) == 0) tracker.count(Role::bucket, 0.25, good * 0.75, when);
  tracker.count(Role::bucket, 0.5, good, when);
  tracker.count(Role::bucket, infinity, total, when);
  tracker.record();
  tracker.account(when, pick(9) == 0 ? 0 : 1, 0);
  tracker.close(when.end - 10s);
}

void expect_equal(const Reading& a, const Reading& b) {
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.bad, b.bad);
  EXPECT_EQ(a.coverage_ratio, b.coverage_ratio);
  EXPECT_EQ(a.counted, b.counted);
  ASSERT_EQ(a.latency.has_value(), b.latency.has_value());
  if (a.latency) EXPECT_EQ(a.latency->seconds, b.latency->seconds);
}

TEST(Tracker, GoesOnAfterARestartAsIfNothingHadHappened) {
  const std::vector<Sli> slis{availability_by_good(), availability_by_bad(), latency(),
                              latency_slices(), throughput()};
  for (std::size_t kind = 0; kind < slis.size(); ++kind) {
    const auto seed = static_cast<std::uint32_t>(kind + 1);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    Tracker tracker(with(slis[kind]), 15s);
    tracker.begin(day_one + 4s);
    std::map<Instant, LedgerRow> ledger;
    std::map<Instant, BucketRow> buckets;
    Instant at = day_one + 4s;
    for (int i = 0; i < 3000; ++i, at += 15s) {
      read(tracker, random, {at, at + 15s});
      const TrackerChanges changes = tracker.take_changes();
      for (const Instant gone : changes.ledger_removed) EXPECT_EQ(ledger.erase(gone), 1u);
      for (const Instant gone : changes.buckets_removed) EXPECT_EQ(buckets.erase(gone), 1u);
      for (const LedgerRow& row : changes.ledger) ledger[row.at] = row;
      for (const BucketRow& row : changes.buckets) buckets[row.at] = row;
    }
    std::vector<LedgerRow> ledger_rows;
    std::vector<BucketRow> bucket_rows;
    for (const auto& [time, row] : ledger) ledger_rows.push_back(row);
    for (const auto& [time, row] : buckets) bucket_rows.push_back(row);
    auto restored =
        Tracker::restore(with(slis[kind]), 15s, days(3), tracker.state(), ledger_rows, bucket_rows);
    ASSERT_TRUE(restored) << restored.error();
    EXPECT_TRUE(restored->take_changes().empty());
    EXPECT_EQ(restored->state(), tracker.state());
    std::mt19937 same_random = random;
    for (int i = 0; i < 500; ++i, at += 15s) {
      read(tracker, random, {at, at + 15s});
      read(*restored, same_random, {at, at + 15s});
      expect_equal(tracker.reading(at + 15s), restored->reading(at + 15s));
      expect_equal(tracker.reading(at + 20s, 5min), restored->reading(at + 20s, 5min));
    }
    EXPECT_GT(tracker.reading(at).total, 0);
  }
}

TEST(Tracker, RestoresOneThatNeverBegan) {
  const Tracker tracker(with(throughput()), 15s);
  const auto restored =
      Tracker::restore(with(throughput()), 15s, 3 * days(1), tracker.state(), {}, {});
  ASSERT_TRUE(restored) << restored.error();
  EXPECT_FALSE(restored->ledger().observed_since());
}

TEST(Tracker, RefusesAStateThatIsNone) {
  const std::vector<BucketRow> rows{{day_one, {1, 2}}};
  for (const char* wrong :
       {"", "{", "[]", "{}", R"({"version":2})", R"({"version":1})",
        R"({"version":1,"observed_since_ms":"x","bucket_bounds":[]})",
        R"({"version":1,"observed_since_ms":5,"bucket_bounds":["2","1"]})",
        R"({"version":1,"observed_since_ms":5,"bucket_bounds":["1","2"]})",
        R"({"version":1,"observed_since_ms":5,"bucket_bounds":["+Inf"]})",
        R"({"version":1,"observed_since_ms":5,"bucket_bounds":["1","+Inf"]})"}) {
    const auto restored = Tracker::restore(with(latency_slices()), 15s, days(3), wrong, {}, rows);
    ASSERT_FALSE(restored) << wrong;
    EXPECT_FALSE(restored.error().empty()) << wrong;
  }
}

}  // namespace
}  // namespace slod
