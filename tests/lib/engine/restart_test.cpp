#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using freeze::Level;

constexpr const char* source = "scrape/api/a:1";

std::string shop(
    const std::string& sli = "availability: {total: requests, bad: 'requests{code=\"500\"}'}",
    const std::string& targets = "'a:1'", const std::string& rules = "page") {
  return fmt::format(R"(
scrape: [{{job: api, targets: [{}]}}]
services:
  - name: api
    slos: [{{name: slo, objective: 90%, window: 1h, {}}}]
alerting:
  burn_rates: [{{severity: {}, long: 5m, short: 1m, factor: 5}}]
  receivers: [{{name: hook, webhook: {{url: 'http://127.0.0.1:9/a'}}}}]
  routes: {{page: [hook], ticket: [hook]}}
)",
                     targets, sli, rules);
}

void expect_same(const SloSnapshot& after, const SloSnapshot& before) {
  EXPECT_NEAR(after.reading.total, before.reading.total, 1e-6);
  EXPECT_NEAR(after.reading.bad, before.reading.bad, 1e-6);
  EXPECT_EQ(after.reading.sli_ratio.has_value(), before.reading.sli_ratio.has_value());
  EXPECT_NEAR(after.reading.coverage_ratio.value(), before.reading.coverage_ratio.value(), 1e-6);
  EXPECT_NEAR(after.budget.spent_ratio.value_or(-1), before.budget.spent_ratio.value_or(-1), 1e-9);
  EXPECT_NEAR(after.budget.spent_worst_ratio.value_or(-1),
              before.budget.spent_worst_ratio.value_or(-1), 1e-6);
  EXPECT_EQ(after.observed_since, before.observed_since);
  EXPECT_EQ(after.exhausted_at, before.exhausted_at);
  EXPECT_NEAR(after.lifetime.total, before.lifetime.total, 1e-6);
  EXPECT_EQ(after.evidence.standing, before.evidence.standing);
  EXPECT_EQ(after.evidence.evidence_at, before.evidence.evidence_at);
  // The peak is stored when the state changes: what was higher since then is forgotten.
  const auto without_peaks = [](std::vector<alert::Episode> episodes) {
    for (alert::Episode& episode : episodes) episode.peak = {};
    return episodes;
  };
  EXPECT_EQ(without_peaks(after.episodes), without_peaks(before.episodes));
}

TEST(Restart, AnswersAsBefore) {
  for (const char* sli : {"availability: {total: requests, bad: 'requests{code=\"500\"}'}",
                          "throughput: {total: requests, at_least: 1.1/s, slice: 1m}"}) {
    SCOPED_TRACE(sli);
    World world(shop(sli), at(0));
    Traffic traffic(world, source, 15);
    traffic.serve(241, 20, 0);
    traffic.serve(26, 0, 10);
    const SloSnapshot before = world.slo("api", "slo");
    const auto level = *world.engine().snapshot()->service("api");
    ASSERT_FALSE(before.episodes.empty());
    ASSERT_NE(level.level, Level::open);
    world.restart(shop(sli), at(traffic.now() - 15));
    EXPECT_TRUE(world.problems().empty());
    expect_same(world.slo("api", "slo"), before);
    EXPECT_EQ(world.engine().snapshot()->service("api")->level, level.level);
    EXPECT_EQ(world.engine().snapshot()->service("api")->since, level.since);
  }
}

TEST(Restart, TellsNobodyTwiceAndEndsWhatItBeganBefore) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  const std::string key = world.slo("api", "slo").episodes.at(0).key;
  const std::size_t verdicts = world.tables().verdicts.size();
  world.restart(shop(), at(traffic.now() - 10));
  traffic.serve(3, 0, 20);
  EXPECT_EQ(world.slo("api", "slo").episodes.at(0).key, key);
  EXPECT_EQ(world.tables().messages, (std::map<std::string, int>{{key + "/firing/hook", 1}}));
  traffic.serve(4, 20, 0);
  EXPECT_EQ(world.tables().messages,
            (std::map<std::string, int>{{key + "/firing/hook", 1}, {key + "/resolved/hook", 1}}));
  EXPECT_EQ(world.tables().verdicts.size(), verdicts + 1) << "15 bad reads are above a half";
}

TEST(Restart, IsAGapWhoseEventsAreKnown) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(100, 20, 0);
  world.restart(shop(), at(traffic.now()));
  traffic.hide(19, 20, 0);
  traffic.serve(1, 20, 0);
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_NEAR(slo.reading.total, 119 * 20, 1e-6);
  EXPECT_EQ(slo.budget.spent_worst_ratio, 0);
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 99.0 / 119, 1e-6);
}

TEST(Restart, AmidAGapReportsItOnceAndTakesItBack) {
  for (const bool goes_on : {true, false}) {
    SCOPED_TRACE(goes_on ? "the counters go on" : "they start over");
    World killed(shop(), at(0));
    World spared(shop(), at(0));
    Traffic of_killed(killed, source, 15);
    Traffic of_spared(spared, source, 15);
    const auto both = [&](auto act) {
      act(of_killed);
      act(of_spared);
    };
    both([](Traffic& traffic) {
      traffic.serve(100, 20, 0);
      traffic.hide(20, 20, 0);
    });
    for (int times = 0; times < 3; ++times) {
      killed.restart(shop(), at(of_killed.now() - 10));
      spared.step(at(of_killed.now() - 10));
      expect_same(killed.slo("api", "slo"), spared.slo("api", "slo"));
      both([](Traffic& traffic) { traffic.hide(5, 20, 0); });
      expect_same(killed.slo("api", "slo"), spared.slo("api", "slo"));
    }
    both([&](Traffic& traffic) {
      if (!goes_on) traffic.start_over();
      traffic.serve(3, 20, 0);
    });
    expect_same(killed.slo("api", "slo"), spared.slo("api", "slo"));
    EXPECT_EQ(killed.slo("api", "slo").budget.spent_worst_ratio > 0.1, !goes_on);
    killed.restart(shop(), at(of_killed.now() - 15));
    expect_same(killed.slo("api", "slo"), spared.slo("api", "slo"));
  }
}

TEST(Restart, CountsAnewWhatHasAnotherSliNow) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(30, 0, 20);
  const std::string key = world.slo("api", "slo").episodes.at(0).key;
  const std::string other = shop("availability: {total: requests, bad: 'requests{code=\"503\"}'}");
  world.restart(other, at(traffic.now()));
  ASSERT_EQ(world.problems().size(), 1U);
  EXPECT_NE(world.problems()[0].find("api/slo counts other events"), std::string::npos);
  const Changes changes = world.engine().take_changes();
  EXPECT_TRUE(changes.slos.empty()) << "nothing is replaced before there is something new";
  traffic.serve(4, 20, 0);
  EXPECT_LE(world.slo("api", "slo").reading.total, 80);
  EXPECT_EQ(world.slo("api", "slo").reading.bad, 0);
  EXPECT_EQ(world.engine().snapshot()->service("api")->level, Level::open);
  EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
  world.restart(other, at(traffic.now()));
  EXPECT_TRUE(world.problems().empty());
  EXPECT_LE(world.slo("api", "slo").reading.total, 80) << "the old rows are gone";
}

TEST(Restart, GoesOnWithoutTheCountersOfItsSources) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(100, 20, 0);
  world.restart_without_counters(shop(), at(traffic.now()));
  EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, at(traffic.now() - 15));
  traffic.hide(19, 20, 0);
  traffic.serve(1, 20, 0);
  const SloSnapshot& slo = world.slo("api", "slo");
  EXPECT_NEAR(slo.reading.total, 99 * 20, 1e-6) << "the page after it is a baseline";
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 99.0 / 119, 1e-6);
  EXPECT_GT(slo.budget.spent_worst_ratio.value(), 0.5) << "what happened meanwhile is lost";
}

TEST(Restart, KnowsHowOldItsEvidenceIsThoughReadsFailedUntilTheEnd) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(100, 20, 0);
  const Instant last = at(traffic.now() - 15);
  traffic.hide(40, 20, 0);
  world.restart(shop(), at(traffic.now()));
  EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, last);
  world.restart_without_counters(shop(), at(traffic.now()));
  EXPECT_EQ(world.slo("api", "slo").evidence.evidence_at, last);
}

TEST(Restart, ResolvesTheEpisodesThatNobodyFollowsAnyMore) {
  for (const char* what : {"no rule of its severity", "no SLO"}) {
    SCOPED_TRACE(what);
    World world(shop(), at(0));
    Traffic traffic(world, source, 15);
    traffic.serve(241, 20, 0);
    traffic.serve(12, 0, 20);
    const std::string key = world.slo("api", "slo").episodes.at(0).key;
    std::string other =
        shop("availability: {total: requests, bad: 'requests{code=\"500\"}'}", "'a:1'", "ticket");
    if (std::string(what) == "no SLO") other.replace(other.find("name: slo"), 9, "name: new");
    const Instant now = at(traffic.now());
    world.restart(other, now);
    world.commit();
    EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
    EXPECT_FALSE(world.tables().episodes.at(key).open);
    EXPECT_EQ(world.tables().episodes.at(key).at, now);
    world.restart(other, now);
    world.commit();
    EXPECT_EQ(world.tables().messages.at(key + "/resolved/hook"), 1);
  }
}

/// Random traffic of two targets with restarts of their own, read by a process that is killed at
/// any time. The truth is what the targets counted between reads that a process has stored.
class Kills : public testing::TestWithParam<unsigned> {};

TEST_P(Kills, NeitherLoseNorRepeatAnEvent) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  std::mt19937 random(GetParam());
  const auto one_in = [&](unsigned n) { return random() % n == 0; };
  const std::string yaml =
      shop("availability: {total: requests, bad: 'requests{code=\"500\"}'}", "'a:1', 'b:1'");
  const std::vector<std::string> names{"scrape/api/a:1", "scrape/api/b:1"};
  struct Target {
    double good = 1000;
    double bad = 10;
    double unread_total = 0;  ///< happened since the last page that was stored, or read after it
    double unread_bad = 0;
    bool known = false;
    bool failing = false;
  };
  std::vector<Target> targets(2);
  World world(yaml, at(0));
  double total = 0;
  double bad = 0;
  std::vector<std::pair<double, double>> in_memory(2);  // read, but not committed
  for (int read = 1; read <= 1500; ++read) {
    const double now = 15 * read;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      Target& target = targets[i];
      const double served = random() % 50;
      const double failed = random() % 3;
      target.good += served;
      target.bad += failed;
      target.unread_total += served + failed;
      target.unread_bad += failed;
      if (one_in(40)) target.failing = !target.failing;
      if (target.failing) {
        world.fail(names[i], at(now + static_cast<double>(i)));
        continue;
      }
      world.page(names[i], requests_page(target.good, target.bad),
                 at(now + static_cast<double>(i)));
      if (target.known) {
        in_memory[i].first += target.unread_total;
        in_memory[i].second += target.unread_bad;
      }
      target.known = true;
      target.unread_total = 0;
      target.unread_bad = 0;
    }
    if (!one_in(4)) world.step(at(now + 2));
    if (one_in(2)) {
      world.commit();
      for (auto& [events, failures] : in_memory) {
        total += std::exchange(events, 0);
        bad += std::exchange(failures, 0);
      }
    }
    if (read > 2 && one_in(30)) {
      world.restart(yaml, at(now + 3));
      // What was read but not stored happened all the same: the next page brings it again.
      for (std::size_t i = 0; i < targets.size(); ++i) {
        targets[i].unread_total += std::exchange(in_memory[i].first, 0);
        targets[i].unread_bad += std::exchange(in_memory[i].second, 0);
      }
      if (read < 10) continue;
      ASSERT_NEAR(world.slo("api", "slo").lifetime.total, total, 1e-6) << "after read " << read;
      ASSERT_NEAR(world.slo("api", "slo").lifetime.bad, bad, 1e-6) << "after read " << read;
    }
  }
  for (const auto& [id, times] : world.tables().messages) EXPECT_EQ(times, 1) << id;
}

INSTANTIATE_TEST_SUITE_P(Seeds, Kills, testing::Range(1U, 13U));

}  // namespace
}  // namespace slod
