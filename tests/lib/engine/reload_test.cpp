#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using freeze::Level;

constexpr const char* source = "scrape/api/a:1";
constexpr const char* availability =
    "availability: {total: requests, bad: 'requests{code=\"500\"}'}";
constexpr const char* errors = "availability: {total: requests, good: 'requests{code=\"200\"}'}";

std::string slo(const std::string& name, const std::string& sli = availability,
                const std::string& objective = "90%", const std::string& window = "1h") {
  return fmt::format("      - {{name: {}, objective: {}, window: {}, {}}}\n", name, objective,
                     window, sli);
}

std::string shop(const std::string& slos, const std::string& targets = "'a:1'",
                 const std::string& severity = "page") {
  return fmt::format(R"(
scrape: [{{job: api, targets: [{}]}}]
services:
  - name: api
    slos:
{}
alerting:
  burn_rates: [{{severity: {}, long: 5m, short: 1m, factor: 5}}]
  receivers: [{{name: hook, webhook: {{url: 'http://127.0.0.1:9/a'}}}}]
  routes: {{page: [hook], ticket: [hook]}}
)",
                     targets, slos, severity);
}

TEST(Reload, KeepsTheLedgerUnderAnotherObjectiveAndWindow) {
  World world(shop(slo("a")), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(6, 10, 10);
  EXPECT_NEAR(world.slo("api", "a").budget.spent_ratio.value(), 60 / 480.0, 1e-9);
  const std::string other = shop(slo("a", availability, "95%", "2h"));
  world.reconfigure(other, at(traffic.now() - 15));
  const SloSnapshot& after = world.slo("api", "a");
  EXPECT_NEAR(after.lifetime.total, 246 * 20, 1e-6);
  EXPECT_NEAR(after.reading.bad, 60, 1e-6);
  EXPECT_NEAR(after.budget.spent_ratio.value(), 60 / (0.05 * 480 * 20), 1e-6) << "projected to 2 h";
  traffic.serve(240, 20, 0);
  EXPECT_NEAR(world.slo("api", "a").reading.total, 480 * 20, 1e-6);
  EXPECT_EQ(world.slo("api", "a").reading.coverage_ratio, 1);
  world.restart(other, at(traffic.now() - 15));
  EXPECT_NEAR(world.slo("api", "a").reading.total, 480 * 20, 1e-6);
  EXPECT_NEAR(world.slo("api", "a").reading.bad, 60, 1e-6);
}

TEST(Reload, MovesTheStandingByThePolicyThatIsNew) {
  const auto policy = [](const char* spent) {
    return fmt::format(
        "freeze: {{ladder: [{{level: feature_freeze, spent: {}, deny: [feature]}}]}}\n", spent);
  };
  World world(shop(slo("a")) + policy("50%"), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(6, 0, 20);  // 25 %
  EXPECT_EQ(world.engine().snapshot()->service("api")->level, Level::open);
  world.reconfigure(shop(slo("a")) + policy("20%"), at(traffic.now() - 10));
  world.step(at(traffic.now() - 9));
  EXPECT_EQ(world.engine().snapshot()->service("api")->level, Level::feature_freeze);
  EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::deny);
}

TEST(Reload, StartsOverWhatCountsOtherEvents) {
  World world(shop(slo("a")), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  const std::string key = world.slo("api", "a").episodes.at(0).key;
  const std::string other = shop(slo("a", errors));
  world.reconfigure(other, at(traffic.now() - 10));
  world.commit();
  EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
  EXPECT_EQ(world.slo("api", "a").reading.total, 0);
  traffic.serve(10, 20, 0);
  const double total = world.slo("api", "a").lifetime.total;
  EXPECT_NEAR(total, 190, 11);
  world.restart(other, at(traffic.now()));
  EXPECT_TRUE(world.problems().empty());
  EXPECT_EQ(world.slo("api", "a").lifetime.total, total);
}

TEST(Reload, ResolvesWhatAnSloThatIsGoneLeftOpenAndKeepsItsLedger) {
  for (const bool restarts : {false, true}) {
    SCOPED_TRACE(restarts ? "it comes back after a restart" : "it comes back by a reload");
    const std::string both = shop(slo("a") + slo("b", errors));
    const std::string one = shop(slo("a"));
    World world(both, at(0));
    Traffic traffic(world, source, 15);
    traffic.serve(241, 20, 0);
    traffic.serve(12, 0, 20);
    const std::string key = world.slo("api", "b").episodes.at(0).key;
    ASSERT_EQ(world.tables().messages.at(key + "/firing/hook"), 1);
    const double before = world.slo("api", "b").lifetime.total;
    world.reconfigure(one, at(traffic.now() - 10));
    EXPECT_EQ(world.engine().snapshot()->slo("api", "b"), nullptr);
    traffic.serve(40, 20, 0);
    EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
    EXPECT_FALSE(world.tables().episodes.at(key).open);
    EXPECT_TRUE(world.tables().slos.contains("api/b"));
    if (restarts) {
      world.restart(both, at(traffic.now() - 10));
    } else {
      world.reconfigure(both, at(traffic.now() - 10));
    }
    EXPECT_NEAR(world.slo("api", "b").lifetime.total, before, 1e-6);
    traffic.serve(40, 20, 0);
    const SloSnapshot& back = world.slo("api", "b");
    EXPECT_NEAR(back.lifetime.total, before + 40 * 20, 21) << "the first page may be a baseline";
    EXPECT_LT(back.reading.coverage_ratio.value(), 0.9) << "it was not read for ten minutes";
    EXPECT_GT(back.budget.spent_worst_ratio.value(), back.budget.spent_ratio.value() + 0.5);
    EXPECT_EQ(world.tables().messages.size(), 4U) << "a and b each fired and were resolved once";
  }
}

TEST(Reload, StoresWhatAnSloCountedUntilItWentAway) {
  World world(shop(slo("a") + slo("b", errors)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(10, 20, 0);
  world.page(source, requests_page(50'000, 50), at(traffic.now()));
  world.reconfigure(shop(slo("a")), at(traffic.now() + 1));
  world.commit();
  world.restart(shop(slo("a") + slo("b", errors)), at(traffic.now() + 2));
  EXPECT_NEAR(world.slo("api", "b").lifetime.total, 50'000 - 5020, 1e-6);
}

TEST(Reload, FollowsSlosThatChangeTheirOrder) {
  const std::string a = slo("a");
  const std::string b = slo("b", "throughput: {total: requests, at_least: 1/s, slice: 1m}");
  const std::string c = slo("c", errors, "99%");
  World world(shop(a + b + c), at(0));
  World spared(shop(a + b + c), at(0));
  Traffic traffic(world, source, 15);
  Traffic of_spared(spared, source, 15);
  const std::vector<std::string> orders{c + a + b, b + c + a, a + c + b, c + b + a};
  for (const std::string& order : orders) {
    for (Traffic* each : {&traffic, &of_spared}) {
      each->serve(30, 19, 1);
      each->hide(10, 19, 1);
    }
    world.reconfigure(shop(order), at(traffic.now() - 14));
  }
  traffic.serve(30, 19, 1);
  of_spared.serve(30, 19, 1);
  for (const char* name : {"a", "b", "c"}) {
    SCOPED_TRACE(name);
    const SloSnapshot& after = world.slo("api", name);
    const SloSnapshot& before = spared.slo("api", name);
    EXPECT_NEAR(after.reading.total, before.reading.total, 1e-6);
    EXPECT_NEAR(after.reading.bad, before.reading.bad, 1e-6);
    EXPECT_NEAR(after.reading.coverage_ratio.value(), before.reading.coverage_ratio.value(), 1e-6);
    EXPECT_NEAR(after.budget.spent_worst_ratio.value(), before.budget.spent_worst_ratio.value(),
                1e-6);
  }
}

TEST(Reload, AddsAndRemovesSources) {
  World world(shop(slo("a")), at(0));
  for (int read = 1; read <= 240; ++read) {
    const Instant now = at(15 * read);
    if (read == 81) world.reconfigure(shop(slo("a"), "'a:1', 'b:1'"), now);
    if (read == 161) world.reconfigure(shop(slo("a"), "'b:1'"), now);
    if (read <= 160) world.page(source, requests_page(1000 + 20 * read, 0), now);
    if (read > 80) world.page("scrape/api/b:1", requests_page(5000 + 10 * read, 0), now);
    world.step(now);
    world.commit();
  }
  const SloSnapshot& after = world.slo("api", "a");
  EXPECT_NEAR(after.lifetime.total, 159 * 20 + 159 * 10, 1e-6);
  EXPECT_NEAR(after.reading.coverage_ratio.value(), 1, 0.005);
  EXPECT_EQ(world.tables().sources.size(), 1U);
  EXPECT_TRUE(world.tables().sources.contains("scrape/api/b:1"));
}

TEST(Reload, LeavesNoMemoryOfAGapOfASourceThatIsGone) {
  const std::string both = shop(slo("a"), "'a:1', 'b:1'");
  const auto page = [](int read) { return requests_page(1000 + 20 * read, 0); };
  World world(both, at(0));
  for (int read = 1; read <= 40; ++read) {
    world.page(source, page(read), at(15 * read));
    if (read < 20) world.page("scrape/api/b:1", page(read), at(15 * read));
    if (read >= 20) world.fail("scrape/api/b:1", at(15 * read));
    world.step(at(15 * read));
    world.commit();
  }
  world.reconfigure(shop(slo("a")), at(600));
  world.commit();
  world.reconfigure(both, at(601));
  for (int read = 41; read <= 100; ++read) {
    world.page(source, page(read), at(15 * read));
    world.page("scrape/api/b:1", page(read), at(15 * read));
    world.step(at(15 * read));
    world.commit();
    if (read == 60) world.restart(both, at(15 * read));
  }
  // What was unknown when b left stays so: half of the time from its last page until then.
  const SloSnapshot& after = world.slo("api", "a");
  const double unknown = 0.5 * 315;
  const double lost = after.reading.total / (1485 - unknown) * unknown;
  const double allowed = 0.1 * (after.reading.total * 3600 / 1485 + lost);
  EXPECT_NEAR(after.budget.spent_worst_ratio.value(), lost / allowed, 0.01);
}

TEST(Reload, TakesBackAllOfAGapThoughItsSourceBecameTheOnlyOne) {
  World world(shop(slo("a"), "'a:1', 'b:1'"), at(0));
  const auto page = [](int read) { return requests_page(1000 + 20 * read, 0); };
  for (int read = 1; read <= 120; ++read) {
    const Instant now = at(15 * read);
    const bool is_gap = read > 40 && read <= 80;
    if (read == 61) world.reconfigure(shop(slo("a")), now);
    is_gap ? world.fail(source, now) : world.page(source, page(read), now);
    if (read <= 60) world.page("scrape/api/b:1", page(read), now);
    world.step(now);
  }
  EXPECT_NEAR(world.slo("api", "a").lifetime.total, 119 * 20 + 59 * 20, 1e-6);
  EXPECT_NEAR(world.slo("api", "a").budget.spent_worst_ratio.value(), 0, 1e-3);
}

TEST(Reload, ResolvesEpisodesOfASeverityThatIsGone) {
  World world(shop(slo("a")), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  const std::string key = world.slo("api", "a").episodes.at(0).key;
  world.reconfigure(shop(slo("a"), "'a:1'", "ticket"), at(traffic.now() - 10));
  world.commit();
  EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
  EXPECT_FALSE(world.tables().episodes.at(key).open);
}

TEST(Reload, KeepsEpisodesAndStandingsOfWhatStays) {
  World world(shop(slo("a")), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(14, 0, 20);
  const SloSnapshot before = world.slo("api", "a");
  ASSERT_EQ(before.evidence.standing.level, Level::feature_freeze);
  const Instant since = world.engine().snapshot()->service("api")->since;
  world.reconfigure(shop(slo("new", errors) + slo("a")), at(traffic.now() - 14));
  EXPECT_EQ(world.slo("api", "a").episodes, before.episodes);
  EXPECT_EQ(world.slo("api", "a").evidence.standing, before.evidence.standing);
  EXPECT_EQ(world.slo("api", "a").evidence.evidence_at, before.evidence.evidence_at);
  EXPECT_EQ(world.engine().snapshot()->service("api")->since, since);
  EXPECT_EQ(world.tables().messages.size(), 1U);
}

TEST(Reload, ForgetsWhatAnSloCountedAWeekAfterItWasRemoved) {
  for (const bool restarts : {false, true}) {
    SCOPED_TRACE(restarts ? "with restarts in between" : "in one life");
    const std::string both = shop(slo("a") + slo("b", errors));
    const std::string one = shop(slo("a"));
    const double week = 7 * 86'400;
    World world(both, at(0));
    Traffic traffic(world, source, 15);
    traffic.serve(20, 20, 1);
    const double removed = traffic.now();
    world.reconfigure(one, at(removed));
    world.commit();
    for (const double waited : {60.0, week / 2, week - 1}) {
      if (restarts) world.restart(one, at(removed + waited));
      world.step(at(removed + waited));
      world.commit();
      EXPECT_TRUE(world.tables().slos.contains("api/b")) << waited << " s later";
      EXPECT_TRUE(world.tables().standings.contains("api/b")) << waited << " s later";
    }
    world.step(at(removed + week));
    world.commit();
    EXPECT_FALSE(world.tables().slos.contains("api/b"));
    EXPECT_FALSE(world.tables().standings.contains("api/b"));
    EXPECT_FALSE(world.tables().removals.contains("api/b"));
    EXPECT_TRUE(world.tables().slos.contains("api/a"));
    world.reconfigure(both, at(removed + week + 1));
    EXPECT_EQ(world.slo("api", "b").lifetime.total, 0);
  }
}

TEST(Reload, ForgetsNothingOfAnSloThatCameBackInTime) {
  const std::string both = shop(slo("a") + slo("b", errors));
  const double week = 7 * 86'400;
  World world(both, at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(20, 20, 1);
  const double counted = world.slo("api", "b").lifetime.total;
  world.reconfigure(shop(slo("a")), at(traffic.now()));
  world.commit();
  world.restart(both, at(traffic.now() + week - 60));
  world.step(at(traffic.now() + 2 * week));
  world.commit();
  EXPECT_FALSE(world.tables().removals.contains("api/b"));
  EXPECT_EQ(world.slo("api", "b").lifetime.total, counted);
  world.restart(shop(slo("a")), at(traffic.now() + 2 * week));
  world.step(at(traffic.now() + 3 * week - 1));
  world.commit();
  EXPECT_TRUE(world.tables().slos.contains("api/b")) << "the week starts over";
}

}  // namespace
}  // namespace slod
