// Targets whose pages carry timestamps: what they say is older than the read that brought it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr const char* source = "scrape/api/a:1";
constexpr const char* yaml = R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos:
      - name: slo
        objective: 90%
        window: 1h
        cold_start: observed
        availability: {total: requests, bad: 'requests{code="500"}'}
      - name: busy
        objective: 90%
        window: 1h
        throughput: {total: requests, at_least: 8/s, slice: 1m}
)";

constexpr const char* two_targets = R"(
scrape: [{job: api, targets: ['a:1', 'b:1'], interval: 15s}]
services:
  - name: api
    slos: [{name: busy, objective: 90%, window: 1h,
             throughput: {total: requests, at_least: 8/s, slice: 1m}}]
)";

std::string sample(double value, double second) {
  return fmt::format("requests{{code=\"200\"}} {} {}\n", value,
                     at(second).time_since_epoch().count());
}

/// Ten requests a second. The target takes stock of them every `every` seconds, and shows what it
/// found `lag` seconds later.
void serve(World& world, int from, int until, int every, int lag) {
  for (int second = from; second <= until; second += 15) {
    const int taken = (second - lag) / every * every;
    world.page(source, sample(1000 + 10 * taken, taken), at(second));
    world.step(at(second));
    world.commit();
  }
}

TEST(Timestamps, OfLateSamplesLoseNoSliceOfTime) {
  World world(yaml, at(0));
  serve(world, 60, 1200, 15, 45);
  const SloSnapshot& busy = world.slo("api", "busy");
  EXPECT_GE(busy.reading.total, 17);
  EXPECT_EQ(busy.reading.bad, 0);
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_EQ(slo.observed_since, at(15));
  EXPECT_EQ(slo.evidence.evidence_at, at(1155)) << "nothing is known of the time since";
  EXPECT_NEAR(slo.reading.total, 11'400, 1e-6);
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 1140.0 / 1185, 1e-3);
  EXPECT_EQ(slo.budget.spent_worst_ratio, 0);
}

TEST(Timestamps, ThatStandStillBetweenTwoReadsAreNoGap) {
  World world(yaml, at(0));
  serve(world, 60, 1215, 60, 10);
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_NEAR(slo.reading.total, 12'000, 1e-6);
  EXPECT_EQ(slo.reading.coverage_ratio, 1);
  EXPECT_EQ(world.slo("api", "busy").reading.bad, 0);
}

TEST(Timestamps, OfATargetThatIsGoneAreMissingTime) {
  World world(yaml, at(0));
  serve(world, 60, 600, 15, 45);
  for (int second = 615; second <= 1200; second += 15) {
    world.fail(source, at(second));
    world.step(at(second));
  }
  EXPECT_NEAR(world.slo("api", "slo").reading.coverage_ratio.value(), 540.0 / 1185, 0.01);
}

/// The target is read all the same: what stands has not happened.
TEST(Timestamps, ThatStandStillForGoodHoldUpNoSlice) {
  World world(two_targets, at(0));
  for (int second = 60; second <= 1800; second += 15) {
    world.page(source, sample(1000 + 10 * second, second), at(second));
    world.page("scrape/api/b:1", sample(10 * std::min(second, 300), std::min(second, 300) - 1),
               at(second));
    world.step(at(second));
  }
  const SloSnapshot& busy = world.slo("api", "busy");
  EXPECT_GE(busy.reading.total, 24);
  EXPECT_EQ(busy.reading.bad, 0);
  EXPECT_NEAR(busy.reading.coverage_ratio.value(), (1740 + 1620) / 2 / 1740.0, 0.01);
}

/// What went well happens all the time; each counter has the time of its last change.
std::string last_changes(double good, double good_at, double bad, double bad_at) {
  return fmt::format("requests{{code=\"200\"}} {} {}\nrequests{{code=\"500\"}} {} {}\n", good,
                     at(good_at).time_since_epoch().count(), bad,
                     at(bad_at).time_since_epoch().count());
}

TEST(Timestamps, OfTheLastChangeLetErrorsCountWhenTheyWereSeenAndNotSinceTheLastOnes) {
  World world(yaml, at(0));
  for (int second = 1815; second <= 2400; second += 15) {
    const bool fails = second > 2300;
    world.page(source, last_changes(10.0 * second, second, fails ? 210 : 10, fails ? 2308 : 100),
               at(second));
    world.step(at(second));
    world.commit();
  }
  EXPECT_EQ(world.slo("api", "slo").observed_since, at(1815))
      << "a change long ago is no beginning";
  EXPECT_NEAR(world.over("api", "slo", std::chrono::minutes(5), at(2400)).reading.bad, 200, 1e-6);
  EXPECT_NEAR(world.over("api", "slo", std::chrono::seconds(105), at(2400)).reading.bad, 200, 1e-6);
  EXPECT_EQ(world.slo("api", "slo").reading.coverage_ratio, 1);
}

TEST(Timestamps, ThatAllStandAreMeasuredTimeAndFreshEvidence) {
  World world(yaml, at(0));
  for (int second = 15; second <= 3600; second += 15) {
    if (second >= 1200 && second < 1260) {
      world.fail(source, at(second));
    } else {
      world.page(source, last_changes(500, 10, 20, 5), at(second));
    }
    world.step(at(second));
    world.commit();
  }
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_EQ(slo.evidence.evidence_at, at(3600));
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 1 - 75.0 / 3590, 0.01);
  EXPECT_EQ(slo.budget.spent_worst_ratio, slo.budget.spent_ratio)
      << "counters that stand as before the gap lost nothing in it";
  world.page(source, last_changes(600, 3608, 70, 3609), at(3615));
  world.step(at(3615));
  EXPECT_NEAR(world.over("api", "slo", std::chrono::seconds(15), at(3615)).reading.bad, 50, 1e-6);
}

TEST(Timestamps, FarAheadOfTheReadAreMissingTime) {
  World world(yaml, at(0));
  serve(world, 60, 600, 15, 0);
  for (int second = 615; second <= 1200; second += 15) {
    world.page(source, sample(1000 + 10 * second, second + 1200), at(second));
    world.step(at(second));
  }
  EXPECT_NEAR(world.slo("api", "slo").reading.coverage_ratio.value(), 540.0 / 1140, 0.01);
  EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(600));
}

TEST(Timestamps, FarBehindTheReadAreNoBeginning) {
  World world(yaml, at(0));
  world.page(source, "requests{code=\"200\"} 1000 1700000\n", at(15));
  world.step(at(15));
  EXPECT_FALSE(world.slo("api", "slo").observed_since);
  serve(world, 60, 600, 15, 0);
  EXPECT_EQ(world.slo("api", "slo").observed_since, at(60));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 5400, 1e-6);
}

}  // namespace
}  // namespace slod
