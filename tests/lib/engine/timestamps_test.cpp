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

/// As a server's series are gone after five minutes without a new sample.
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
  EXPECT_NEAR(busy.reading.coverage_ratio.value(), (1740 + 240) / 2 / 1740.0, 0.01);
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
