#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::seconds;

constexpr const char* source = "prometheus/cluster";
constexpr const char* yaml = R"(
prometheus: [{name: cluster, url: 'http://127.0.0.1:9090', interval: 15s}]
services:
  - name: api
    slos:
      - name: slo
        objective: 90%
        window: 1h
        cold_start: observed
        availability: {total: requests, bad: 'requests{code="500"}'}
)";

/// A sample as /federate has it, taken by the server at `second`.
std::string sample(const std::string& instance, const std::string& code, double value,
                   double second) {
  return fmt::format("requests{{job=\"api\",instance=\"{}\",code=\"{}\"}} {} {}\n", instance, code,
                     value, at(second).time_since_epoch().count());
}

/// One request a second by instance a, read every 15 seconds; the server's own samples are five
/// seconds old.
void serve(World& world, int from, int until) {
  for (int second = from; second <= until; second += 15) {
    world.page(source, sample("a", "200", 1000 + second - 5, second - 5), at(second));
    world.step(at(second));
    world.commit();
  }
}

TEST(Federation, CountsByTheTimesOfTheServersSamples) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_EQ(slo.observed_since, at(10));
  EXPECT_EQ(slo.evidence.evidence_at, at(595));
  EXPECT_NEAR(slo.reading.total, 585, 1e-9);
  EXPECT_EQ(slo.reading.coverage_ratio, 1);
}

TEST(Federation, WaitsForAServerThatReadsItsTargetsLessOften) {
  World world(yaml, at(0));
  for (int read = 1; read <= 40; ++read) {
    const int minutes = read / 4;
    const double sampled = 60 * minutes;
    world.page(source, sample("a", "200", 1000 + sampled, sampled), at(15 * read));
    world.step(at(15 * read));
  }
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_NEAR(slo.reading.total, 600, 1e-9);
  EXPECT_EQ(slo.reading.coverage_ratio, 1);
  EXPECT_EQ(slo.budget.spent_worst_ratio, 0);
}

TEST(Federation, TakesAnswersWithoutTheSeriesAsMissingTime) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  for (int second = 615; second <= 1200; second += 15) {
    world.page(source, "up 1\n", at(second));
    world.step(at(second));
  }
  const SloSnapshot gone = world.slo("api", "slo");
  EXPECT_EQ(gone.evidence.evidence_at, at(595));
  EXPECT_NEAR(gone.reading.coverage_ratio.value(), 585.0 / 1190, 0.01);
  EXPECT_GT(gone.budget.spent_worst_ratio.value(), 1);
  EXPECT_EQ(world.verdict("api").reasons.at(0).kind, freeze::ReasonKind::evidence_missing);
  serve(world, 1215, 1215);
  const SloSnapshot& back = world.slo("api", "slo");
  EXPECT_NEAR(back.reading.total, 1200, 1e-6) << "the counter went on";
  EXPECT_EQ(back.budget.spent_worst_ratio, 0);
}

TEST(Federation, TakesAnInstanceThatIsNewAsABaselineAndNewSeriesOfAKnownOneAsBorn) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  world.page(source, sample("a", "200", 1610, 610) + sample("b", "200", 90'000, 610), at(615));
  world.step(at(615));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 600, 1e-6);
  world.page(
      source,
      sample("a", "200", 1625, 625) + sample("a", "500", 4, 625) + sample("b", "200", 90'010, 625),
      at(630));
  world.step(at(630));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 615 + 4 + 10, 1e-6);
  EXPECT_NEAR(world.slo("api", "slo").reading.bad, 4, 1e-6);
}

TEST(Federation, LosesWhatAReplacedInstanceServedInAGap) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  for (int second = 615; second <= 1200; second += 15) world.fail(source, at(second));
  world.page(source, sample("b", "200", 90'000, 1210), at(1215));
  world.step(at(1215));
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_NEAR(slo.reading.total, 585, 1e-6);
  EXPECT_GT(slo.budget.spent_worst_ratio.value(), 1);
}

TEST(Federation, TakesNothingBackOnceASampleOfTheGapShowsAReset) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  for (int second = 615; second <= 1200; second += 15) world.page(source, "up 1\n", at(second));
  world.page(source, sample("a", "200", 5, 1199), at(1201));  // older than the last miss
  serve(world, 1215, 1230);
  EXPECT_GT(world.slo("api", "slo").budget.spent_worst_ratio.value(), 1);
}

TEST(Federation, GoesOnAfterARestartWithoutAHole) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  world.restart(yaml, at(601));
  EXPECT_EQ(world.slo("api", "slo").reading.coverage_ratio, 1);
  serve(world, 615, 1200);
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 1185, 1e-6);
  EXPECT_EQ(world.slo("api", "slo").reading.coverage_ratio, 1);
  EXPECT_EQ(world.slo("api", "slo").budget.spent_worst_ratio, 0);
}

TEST(Federation, KnowsAfterARestartThatTheSeriesWereGone) {
  World world(yaml, at(0));
  serve(world, 15, 600);
  for (int second = 615; second <= 1200; second += 15) {
    world.page(source, "up 1\n", at(second));
    world.step(at(second));
    world.commit();
  }
  const SloSnapshot before = world.slo("api", "slo");
  world.restart(yaml, at(1200));
  const SloSnapshot& after = world.slo("api", "slo");
  EXPECT_LE(*after.evidence.evidence_at - *before.evidence.evidence_at, seconds(15));
  EXPECT_EQ(after.budget.spent_worst_ratio, before.budget.spent_worst_ratio);
  serve(world, 1215, 1215);
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 1200, 1e-6);
  EXPECT_EQ(world.slo("api", "slo").budget.spent_worst_ratio, 0);
}

}  // namespace
}  // namespace slod
