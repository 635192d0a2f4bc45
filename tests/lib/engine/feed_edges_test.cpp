// Gaps in reading that end in unusual ways, and what a restart makes of them.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

constexpr const char* server = "prometheus/cluster";

std::string federated(const std::string& sli) {
  return fmt::format(R"(
prometheus: [{{name: cluster, url: 'http://127.0.0.1:9090', interval: 15s}}]
services:
  - name: api
    slos: [{{name: slo, objective: 90%, window: 1h, cold_start: observed, {}}}]
)",
                     sli);
}

const std::string counted =
    federated("availability: {total: requests, bad: 'requests{code=\"500\"}'}");

/// A sample as /federate has it, taken by the server at `second`.
std::string sample(const std::string& instance, double value, double second) {
  return fmt::format("requests{{job=\"api\",instance=\"{}\",code=\"200\"}} {} {}\n", instance,
                     value, at(second).time_since_epoch().count());
}

/// One request a second by instance a; the server's own samples are five seconds old.
void serve(World& world, int from, int until) {
  for (int second = from; second <= until; second += 15) {
    world.page(server, sample("a", 1000 + second - 5, second - 5), at(second));
    world.step(at(second));
    world.commit();
  }
}

void fail(World& world, int from, int until) {
  for (int second = from; second <= until; second += 15) {
    world.fail(server, at(second));
    world.step(at(second));
    world.commit();
  }
}

double spent_worst(const World& world) {
  return world.slo("api", "slo").budget.spent_worst_ratio.value();
}

TEST(FeedEdges, LoseAGapAfterWhichOneOfTheirTargetsIsNew) {
  World world(counted, at(0));
  serve(world, 15, 600);
  fail(world, 615, 1200);
  // Instance a went on, but what b counted until now is not known.
  world.page(server, sample("a", 2210, 1210) + sample("b", 90'000, 1210), at(1215));
  world.step(at(1215));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 1200, 1e-6);
  EXPECT_GT(spent_worst(world), 1);
}

TEST(FeedEdges, KnowAGapAfterWhichAllOfTheirTargetsWentOn) {
  World world(counted, at(0));
  serve(world, 15, 600);
  fail(world, 615, 1200);
  world.page(server, sample("a", 2210, 1210), at(1215));
  world.step(at(1215));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 1200, 1e-6);
  EXPECT_EQ(spent_worst(world), 0);
}

TEST(FeedEdges, KeepAGapOpenOverASampleFromBeforeItEnded) {
  World world(counted, at(0));
  serve(world, 15, 600);
  fail(world, 615, 690);
  ASSERT_GT(spent_worst(world), 0.1);
  world.page(server, sample("a", 1650, 650), at(700));  // older than the last read that failed
  world.step(at(700));
  world.page(server, sample("a", 1710, 710), at(715));
  world.step(at(715));
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 700, 1e-6);
  EXPECT_NEAR(spent_worst(world), 0, 1e-6);
}

TEST(FeedEdges, MissAServerThatRepeatsTheSampleOfAnExpression) {
  World world(federated("threshold: {expr: max(load), below: 1, slice: 1m}"), at(0));
  const auto load = [](int second) {
    return fmt::format("load{{job=\"api\",instance=\"a\"}} 0.5 {}\n",
                       at(second).time_since_epoch().count());
  };
  for (int second = 15; second <= 1800; second += 15) {
    world.page(server, load(std::min(second - 5, 600)), at(second));
    world.step(at(second));
    world.run_jobs(at(second));
  }
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_GE(slo.reading.total, 8);
  EXPECT_LE(slo.reading.total, 11);
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 600 / 1800.0, 0.05);
  EXPECT_GT(spent_worst(world), 1) << "slices that cannot be judged do not wait: they are unknown";
}

TEST(FeedEdges, AreAsOldAfterARestartAsTheFirstPartOfAGap) {
  const auto shop = [](const std::string& targets) {
    return fmt::format(R"(
scrape: [{{job: api, targets: [{}], interval: 15s}}]
services:
  - name: api
    slos: [{{name: slo, objective: 90%, window: 1h,
             availability: {{total: requests, bad: 'requests{{code="500"}}'}}}}]
)",
                       targets);
  };
  const std::string both = shop("'a:1', 'b:1'");
  const std::string one = shop("'a:1'");
  World world(both, at(0));
  for (int read = 1; read <= 70; ++read) {
    const Instant now = at(15 * read);
    // With b the share of a changes, so that the gap has two parts.
    if (read == 61) world.reconfigure(one, now);
    for (const char* source : {"scrape/api/a:1", "scrape/api/b:1"}) {
      if (source[11] == 'b' && read > 60) continue;
      read <= 40 ? world.page(source, requests_page(1000 + 20 * read, 0), now)
                 : world.fail(source, now);
    }
    world.step(now);
    world.commit();
  }
  ASSERT_EQ(world.slo("api", "slo").evidence.evidence_at, at(600));
  world.restart(one, at(15 * 70 + 1));
  EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(600));
}

TEST(FeedEdges, BeginWithTheOldestSampleOfAPageAndEndWithTheNewest) {
  for (const bool newest_first : {false, true}) {
    World world(counted, at(0));
    const std::string newer = sample("a", 1000, 10);
    const std::string older = sample("b", 2000, 5);
    world.page(server, newest_first ? newer + older : older + newer, at(15));
    world.step(at(15));
    EXPECT_EQ(world.slo("api", "slo").observed_since, at(5));
    EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(10));
  }
}

const std::string two_targets = R"(
scrape: [{job: api, targets: ['a:1', 'b:1'], interval: 15s}]
services:
  - name: api
    slos:
      - {name: slo, objective: 90%, window: 1h,
         availability: {total: requests, bad: 'requests{code="500"}'}}
      - {name: rate, objective: 90%, window: 1h,
         throughput: {total: requests, at_least: 35/s, slice: 1m}}
)";

TEST(FeedEdges, KeepTheirSlicesOpenForTheLatestOfTheirTargets) {
  World world(two_targets, at(0));
  for (int second = 60; second <= 1200; second += 15) {
    world.page("scrape/api/a:1", requests_page(10 * second, 0), at(second));
    const int taken = second - 45;  // b shows what it counted with its time, and late
    world.page("scrape/api/b:1",
               fmt::format("requests{{code=\"200\"}} {} {}\n", 30 * taken,
                           at(taken).time_since_epoch().count()),
               at(second));
    world.step(at(second));
    EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(second)) << "a is not late";
  }
  EXPECT_GE(world.slo("api", "rate").reading.total, 16);
  EXPECT_EQ(world.slo("api", "rate").reading.bad, 0) << "forty a second";
}

TEST(FeedEdges, LoseNothingByAFailureAtTheTimeOfARead) {
  World world(counted, at(0));
  serve(world, 15, 600);
  world.fail(server, at(595));
  serve(world, 615, 1200);
  EXPECT_EQ(world.slo("api", "slo").reading.coverage_ratio, 1);
  EXPECT_EQ(spent_worst(world), 0);
}

TEST(FeedEdges, KnowAnExpressionUpToTheLastSliceThatHadAValue) {
  World world(R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
services:
  - name: api
    slos: [{name: slo, objective: 90%, window: 1h, threshold: {expr: max(load), below: 1}}]
)",
              at(0));
  for (int second = 15; second <= 900; second += 15) {
    world.page("scrape/api/a:1", second <= 630 ? "load 0.5\n" : "other 1\n", at(second));
    world.step(at(second));
    world.run_jobs(at(second));
    world.step(at(second));
    if (second == 630) EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(600));
  }
  EXPECT_EQ(world.slo("api", "slo").evidence.why_missing, "expr has no value");
  EXPECT_LE(*world.slo("api", "slo").evidence.evidence_at, at(660));
}

TEST(FeedEdges, WaitTwoIntervalsAndAHalfForALateRead) {
  const std::string shop = R"(
scrape: [{job: api, targets: ['a:1'], interval: 20s}]
services:
  - name: api
    slos: [{name: slo, objective: 90%, window: 1h,
             availability: {total: requests, bad: 'requests{code="500"}'}}]
)";
  for (const double late : {50.0, 50.001}) {
    World world(shop, at(0));
    double now = 0;
    for (int read = 0; read <= 30; ++read) {
      now += read == 30 ? late : 20;
      world.page("scrape/api/a:1", requests_page(1000 + 20 * read, 0), at(now));
    }
    world.step(at(now));
    const double coverage = world.slo("api", "slo").reading.coverage_ratio.value();
    if (late == 50) EXPECT_EQ(coverage, 1);
    if (late > 50) EXPECT_NEAR(coverage, 580 / 630.0, 0.001);
    EXPECT_EQ(spent_worst(world), 0) << "the counters went on";
  }
}

}  // namespace
}  // namespace slod
