// SLOs that have another name after a reload or a restart.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/engine/renamed_slos.h"
#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* source = "scrape/api/a:1";
constexpr const char* availability =
    "availability: {total: requests, bad: 'requests{code=\"500\"}'}";
constexpr const char* successes = "availability: {total: requests, good: 'requests{code=\"200\"}'}";

std::string slo(const std::string& name, const std::string& sli = availability) {
  return fmt::format("      - {{name: {}, objective: 90%, window: 1h, {}}}\n", name, sli);
}

std::string shop(const std::string& slos) {
  return fmt::format(R"(
scrape: [{{job: api, targets: ['a:1']}}]
services:
  - name: api
    slos:
{}
alerting:
  burn_rates: [{{severity: page, long: 5m, short: 1m, factor: 5}}]
  receivers: [{{name: hook, webhook: {{url: 'http://127.0.0.1:9/a'}}}}]
  routes: {{page: [hook]}}
)",
                     slos);
}

TEST(RenamedSlos, AreTheOnlyOnesThatCountTheSame) {
  const auto pairs = [](const std::vector<CountingSlo>& gone,
                        const std::vector<CountingSlo>& added) {
    Texts texts;
    for (const auto& [id, old] : renamed_slos(gone, added)) {
      texts.push_back(to_text(old) + " " + to_text(id));
    }
    return texts;
  };
  EXPECT_EQ(pairs({{{"api", "a"}, "x"}}, {{{"api", "b"}, "x"}}), Texts{"api/a api/b"});
  EXPECT_EQ(pairs({{{"api", "a"}, "x"}}, {{{"api", "b"}, "y"}}), Texts{});
  EXPECT_EQ(pairs({{{"api", "a"}, "x"}}, {{{"web", "b"}, "x"}}), Texts{});
  EXPECT_EQ(pairs({{{"api", "a"}, "x"}}, {{{"api", "b"}, "x"}, {{"api", "c"}, "x"}}), Texts{});
  EXPECT_EQ(pairs({{{"api", "a"}, "x"}, {{"api", "b"}, "x"}}, {{{"api", "c"}, "x"}}), Texts{});
  EXPECT_EQ(
      pairs({{{"api", "a"}, "x"}, {{"api", "b"}, "y"}}, {{{"api", "c"}, "y"}, {{"api", "d"}, "x"}}),
      (Texts{"api/b api/c", "api/a api/d"}));
  EXPECT_EQ(pairs({}, {{{"api", "b"}, "x"}}), Texts{});
}

/// A world of one SLO whose alert fires and whose service is frozen, about to be renamed.
class Renamed : public testing::TestWithParam<bool> {
 protected:
  Renamed() : world(shop(slo("a")), at(0)), traffic(world, source, 15) {
    traffic.serve(241, 20, 0);
    traffic.serve(14, 0, 20);
  }

  /// By a reload or a restart, between two reads.
  void change(const std::string& yaml) {
    const Instant when = at(traffic.now() - 10);
    GetParam() ? world.restart(yaml, when) : world.reconfigure(yaml, when);
    world.commit();
  }

  World world;
  Traffic traffic;
};

TEST_P(Renamed, GoOnWithTheirLedgerStandingAndAlerts) {
  const SloSnapshot before = world.slo("api", "a");
  ASSERT_NE(before.evidence.standing.level, freeze::Level::open);
  ASSERT_EQ(before.episodes.size(), 1U);
  change(shop(slo("b")));
  EXPECT_EQ(world.engine().take_notes(),
            Texts{"api/b goes on with the ledger of api/a, which counted the same events and is "
                  "gone from the configuration"});
  EXPECT_EQ(world.engine().snapshot()->slo("api", "a"), nullptr);
  for (int round = 0; round < 2; ++round) {
    SCOPED_TRACE(round == 0 ? "at once" : "after a restart");
    const SloSnapshot& after = world.slo("api", "b");
    EXPECT_NEAR(after.lifetime.total, before.lifetime.total, 1e-6);
    EXPECT_NEAR(after.reading.bad, before.reading.bad, 1e-6);
    EXPECT_EQ(after.observed_since, before.observed_since);
    EXPECT_EQ(after.evidence.standing, before.evidence.standing);
    ASSERT_EQ(after.episodes.size(), 1U);
    EXPECT_EQ(after.episodes[0].key, before.episodes[0].key);
    EXPECT_EQ(after.episodes[0].since, before.episodes[0].since);
    EXPECT_EQ(after.episodes[0].slo, "api/b");
    world.commit();
    EXPECT_FALSE(world.tables().slos.contains("api/a"));
    EXPECT_FALSE(world.tables().standings.contains("api/a"));
    EXPECT_TRUE(world.tables().slos.contains("api/b"));
    EXPECT_EQ(world.tables().messages.size(), 1U) << "nobody is notified of a name";
    world.restart(shop(slo("b")), at(traffic.now() - 9));
  }
  EXPECT_EQ(world.engine().take_notes(), Texts{});
  traffic.serve(40, 20, 0);
  const SloSnapshot& after = world.slo("api", "b");
  EXPECT_NEAR(after.lifetime.total, before.lifetime.total + 800, 1e-6) << "no event was lost";
  EXPECT_GT(after.reading.coverage_ratio.value(), 0.99);
  EXPECT_EQ(world.tables().messages.at(before.episodes[0].key + "/resolved/hook"), 1);
  EXPECT_EQ(world.tables().messages.size(), 2U);
}

TEST_P(Renamed, BeginAgainWhereItIsNotClearWhichIsWhich) {
  change(shop(slo("b") + slo("c")));
  EXPECT_EQ(world.engine().take_notes(), Texts{});
  EXPECT_EQ(world.slo("api", "b").lifetime.total, 0);
  EXPECT_EQ(world.slo("api", "c").lifetime.total, 0);
  EXPECT_TRUE(world.tables().removals.contains("api/a"));
}

TEST_P(Renamed, BeginAgainWhereTheyCountOtherEvents) {
  change(shop(slo("b", successes)));
  EXPECT_EQ(world.engine().take_notes(), Texts{});
  EXPECT_EQ(world.slo("api", "b").lifetime.total, 0);
}

TEST_P(Renamed, DoNotTakeTheLedgerOfOneThatWasRemovedEarlier) {
  const std::string other = slo("other", successes);
  world.reconfigure(shop(other), at(traffic.now() - 14));
  traffic.serve(4, 20, 0);
  change(shop(other + slo("b")));
  EXPECT_EQ(world.engine().take_notes(), Texts{});
  EXPECT_EQ(world.slo("api", "b").lifetime.total, 0);
}

TEST_P(Renamed, MayGetTheirOldNameBack) {
  const double total = world.slo("api", "a").lifetime.total;
  change(shop(slo("b")));
  change(shop(slo("a")));
  EXPECT_NEAR(world.slo("api", "a").lifetime.total, total, 1e-6);
  world.restart(shop(slo("a")), at(traffic.now() - 9));
  EXPECT_NEAR(world.slo("api", "a").lifetime.total, total, 1e-6);
  EXPECT_FALSE(world.tables().slos.contains("api/b"));
}

INSTANTIATE_TEST_SUITE_P(AfterA, Renamed, testing::Bool(),
                         [](const auto& run) { return run.param ? "Restart" : "Reload"; });

}  // namespace
}  // namespace slod
