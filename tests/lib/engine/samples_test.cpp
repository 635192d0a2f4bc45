// What the engine keeps for queries.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/engine/expression_needs.h"
#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

std::string slo_and_rules(const std::string& rules) {
  return R"(
scrape: [{job: api, targets: ['a:1']}, {job: other, targets: ['b:1']}]
services:
  - name: api
    slos:
      - name: availability
        objective: 90%
        window: 1h
        availability: {total: 'requests{job="api"}', bad: 'requests{job="api",code="500"}'}
rules:
)" + rules;
}

std::string record(const std::string& name, const std::string& expr) {
  return fmt::format("  - {{record: {}, expr: '{}'}}\n", name, expr);
}

Texts texts(const std::vector<promql::Selector>& selectors) {
  Texts all;
  for (const auto& selector : selectors) all.push_back(selector.text());
  return all;
}

/// "requests{...} 15=3", every series of the metric.
Texts kept(World& world, const std::string& metric) {
  const std::vector<std::vector<promql::Matcher>> selections{
      {*promql::Matcher::make("__name__", promql::Matcher::Operation::equal, metric)}};
  const Interval range{at(-1000), at(100'000)};
  Texts all;
  for (const SampleRun& run :
       world.engine().samples().view(selections, range)->select(selections[0], range)) {
    std::string text = to_text(run.labels);
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      text +=
          fmt::format(" {}={}", seconds(run.times[i] - at(0)),
                      is_stale_marker(run.values[i]) ? "stale" : fmt::format("{}", run.values[i]));
    }
    all.push_back(text);
  }
  return all;
}

TEST(KeptSelectors, AreThoseOfTheRulesEachOnce) {
  const config::Config config = configured(slo_and_rules(
      record("r:load", "avg(node_load1) / count(cpus{mode=\"idle\"}) + node_load1 offset 5m") +
      record("r:rate", "rate(requests{job=\"api\"}[5m]) and on() r:load > 1") +
      record("r:own", "slod_freeze_level or ALERTS{a=\"b\"} or {__name__=~\"slod_slo_.*\"}") +
      record("r:any", "{__name__=~\"x.*\",job=\"j\"} or {\"quoted name\"} or up")));
  EXPECT_EQ(texts(kept_selectors(config)),
            (Texts{"node_load1", R"(cpus{mode="idle"})", R"(requests{job="api"})",
                   R"({__name__=~"x.*",job="j"})", R"({__name__="quoted name"})", "up"}));
}

TEST(KeptSelectors, ReachAsFarBackAsTheExpressionsThatNameThem) {
  const config::Config config = configured(slo_and_rules(
      record("r:a", "load offset 1h + slod_freeze_level") + record("r:b", "rate(load[10m])") +
      record("r:c", "max_over_time(r:b[1d:5m] offset 1h)")));
  std::map<std::string, Duration> reaches;
  for (const NeededSeries& needed : needed_series(config)) {
    reaches[needed.selector.text()] = needed.reach - std::chrono::minutes(2);
  }
  using std::chrono::minutes;
  EXPECT_EQ(reaches, (std::map<std::string, Duration>{{"load", minutes(65)},
                                                      {"slod_freeze_level", minutes(65)},
                                                      {"r:b", minutes(1440 + 60 + 5)}}));
  EXPECT_EQ(texts(kept_selectors(config)), Texts{"load"}) << "the others are slod's own";
}

TEST(Plan, ReadsForRulesWhatTheyNeedWithoutCountingIt) {
  const Plan plan = make_plan(
      configured(slo_and_rules(record("r:a", "load{job=\"other\"} + requests{job=\"api\"}") +
                               record("r:up", "up{instance=\"b:1\"}"))));
  ASSERT_EQ(plan.sources.size(), 2U);
  const Demand& api = *plan.sources[0].demand;
  EXPECT_EQ(texts(api.selectors()),
            (Texts{R"(requests{job="api"})", R"(requests{job="api",code="500"})",
                   "process_start_time_seconds"}));
  EXPECT_TRUE(api.counts(1));
  const Demand& other = *plan.sources[1].demand;
  EXPECT_EQ(texts(other.selectors()), Texts{R"(load{job="other"})"}) << "up comes from slod";
  EXPECT_FALSE(other.counts(0));
  EXPECT_TRUE((*plan.sources[1].consumers)[0].empty());
}

TEST(Plan, ReadsATargetForItsUpAlone) {
  const Plan plan = make_plan(configured(R"(
scrape: [{job: api, targets: ['a:1']}, {job: other, targets: ['b:1']}]
prometheus: [{name: p, url: 'http://p:9090'}]
services: [{name: s}]
rules: [{record: 'r:up', expr: 'up{job="api"}'}]
)"));
  ASSERT_EQ(plan.sources.size(), 2U);
  EXPECT_EQ(plan.sources[0].name, "scrape/api/a:1");
  EXPECT_TRUE(plan.sources[0].demand->selectors().empty());
  EXPECT_EQ(texts(plan.sources[1].demand->selectors()), Texts{R"(up{job="api"})"});
}

TEST(EngineSamples, AreWhatTheSourcesHadAndWhatSlodSaysOfThem) {
  World world(slo_and_rules(record("r:load", "load")), at(0));
  world.page("scrape/api/a:1", requests_page(10, 0) + "load 0.5\nother 1\n", at(10));
  world.fail("scrape/api/a:1", at(25));
  world.page("scrape/other/b:1", "load 2\n", at(25));
  EXPECT_EQ(kept(world, "requests"),
            (Texts{R"({__name__="requests",code="200",instance="a:1",job="api"} 10=10 25=stale)",
                   R"({__name__="requests",code="500",instance="a:1",job="api"} 10=0 25=stale)"}));
  EXPECT_EQ(kept(world, "load"),
            (Texts{R"({__name__="load",instance="a:1",job="api"} 10=0.5 25=stale)",
                   R"({__name__="load",instance="b:1",job="other"} 25=2)"}));
  EXPECT_EQ(kept(world, "up").size(), 2U);
  EXPECT_EQ(kept(world, "other"), Texts());
}

TEST(EngineSamples, GoOnOverAReloadAndEndWithTheirSource) {
  World world(slo_and_rules(record("r:load", "load")), at(0));
  world.page("scrape/api/a:1", "load 1\n", at(10));
  world.page("scrape/other/b:1", "load 2\n", at(10));
  world.reconfigure(slo_and_rules(record("r:load", "load{job=\"api\"}")), at(20));
  world.page("scrape/api/a:1", "load 3\n", at(25));
  EXPECT_EQ(kept(world, "load"),
            (Texts{R"({__name__="load",instance="a:1",job="api"} 10=1 25=3)",
                   R"({__name__="load",instance="b:1",job="other"} 10=2 20=stale)"}));
}

TEST(EngineSamples, ShowTheAlertsOfBurningBudgets) {
  World world(R"(
scrape: [{job: api, targets: ['a:1']}]
services: [{name: api, slos: [{name: slo, objective: 90%, window: 1h,
    availability: {total: requests, bad: 'requests{code="500"}'}}]}]
alerting:
  burn_rates: [{severity: page, long: 5m, short: 1m, factor: 5}]
  min_events: 10
)",
              at(0));
  Traffic traffic(world, "scrape/api/a:1", 15);
  const auto round = [&] {
    world.engine().record_own({{Labels{{"__name__", "slod_x"}}, traffic.now()}}, at(traffic.now()));
    return traffic.now();
  };
  traffic.serve(20, 20, 0);
  round();
  EXPECT_EQ(kept(world, "ALERTS"), Texts());
  traffic.serve(11, 0, 20);
  const double fired = traffic.now() - 15;
  const double shown = round();
  const std::string labels =
      R"(alertname="SloBurnRate",{}service="api",severity="page",slo="slo"}})";
  const std::string alerts =
      "{__name__=\"ALERTS\"," + fmt::format(fmt::runtime(labels), "alertstate=\"firing\",");
  EXPECT_EQ(kept(world, "ALERTS"), Texts{fmt::format("{} {}=1", alerts, shown)});
  traffic.serve(20, 20, 0);
  const double ended = round();
  EXPECT_EQ(kept(world, "ALERTS"), Texts{fmt::format("{} {}=1 {}=stale", alerts, shown, ended)});
  EXPECT_EQ(kept(world, "ALERTS_FOR_STATE"),
            Texts{fmt::format("{{__name__=\"ALERTS_FOR_STATE\",{} {}={} {}=stale",
                              fmt::format(fmt::runtime(labels), ""), shown, unix_seconds(at(fired)),
                              ended)});
  EXPECT_EQ(kept(world, "slod_x").size(), 1U);
}

TEST(EngineSamples, AreKeptForAsLongAsARuleLooksBack) {
  World world(slo_and_rules(record("r:load", "max_over_time(load{job=\"api\"}[1d])")), at(0));
  world.page("scrape/api/a:1", requests_page(1, 1) + "load 1\n", at(10));
  world.step(at(24 * 3600));
  EXPECT_EQ(kept(world, "load").size(), 1U);
  EXPECT_EQ(kept(world, "requests").size(), 0U);
  world.reconfigure(slo_and_rules(record("r:load", "load")), at(24 * 3600));
  world.step(at(24 * 3600 + 60));
  EXPECT_EQ(kept(world, "load").size(), 0U);
}

TEST(EngineSamples, AreForgottenAfterTheirRetention) {
  World world(slo_and_rules(record("r:load", "load")), at(0));
  world.page("scrape/api/a:1", "load 1\n", at(10));
  world.step(at(6 * 3600 + 9));
  EXPECT_EQ(kept(world, "load").size(), 1U);
  world.step(at(6 * 3600 + 70));
  EXPECT_EQ(kept(world, "load").size(), 0U);
}

}  // namespace
}  // namespace slod
