#include "lib/engine/plan.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::seconds;

std::string services(const std::string& slos) {
  return "services:\n  - name: s\n    slos:\n" + slos;
}

std::string availability(const std::string& name, const std::string& total,
                         const std::string& bad) {
  return "      - {name: " + name + ", objective: 99%, availability: {total: '" + total +
         "', bad: '" + bad + "'}}\n";
}

std::vector<std::string> names(const Plan& plan) {
  std::vector<std::string> out;
  out.reserve(plan.sources.size());
  for (const SourcePlan& source : plan.sources) out.push_back(source.name);
  return out;
}

bool is_of_processes(const promql::Selector& selector) {
  return selector.metric == process_start_metric || selector.metric == "up";
}

/// The selectors that a source delivers, with the SLOs they are for, but for what is asked of
/// processes.
std::vector<std::string> wanted(const Plan& plan, std::size_t index) {
  std::vector<std::string> out;
  const SourcePlan& source = plan.sources[index];
  for (std::size_t id = 0; id < source.demand->selectors().size(); ++id) {
    if (is_of_processes(source.demand->selectors()[id])) continue;
    std::string text = source.demand->selectors()[id].text();
    for (const Consumer& consumer : (*source.consumers)[id]) {
      text += " " + consumer.slo.name;
    }
    out.push_back(text);
  }
  return out;
}

const std::string jobs = R"(
scrape:
  - {job: api, targets: ['a:1', 'b:1']}
  - {job: batch, targets: ['c:1'], interval: 1m}
  - {job: cache, targets: ['d:1'], labels: {zone: eu}}
)";
const std::string server = "prometheus: [{name: cluster, url: 'http://p:9090', interval: 30s}]\n";

using Texts = std::vector<std::string>;

TEST(Plan, ReadsOnlySourcesThatCanFeedAnSlo) {
  struct Row {
    std::string total;
    Texts sources;
  };
  const std::vector<Row> rows{
      {R"(r{job="api"})", {"scrape/api/a:1", "scrape/api/b:1"}},
      {R"(r{job=~"batch|api",instance!="b:1"})", {"scrape/api/a:1", "scrape/batch/c:1"}},
      {R"(r{instance="d:1"})", {"scrape/cache/d:1"}},
      // A page may have a label that its target does not, but not another value of one it has.
      {R"(r{zone="us"})", {"scrape/api/a:1", "scrape/api/b:1", "scrape/batch/c:1"}},
      {R"(r{job="web"})", {}},
      {"r", {"scrape/api/a:1", "scrape/api/b:1", "scrape/batch/c:1", "scrape/cache/d:1"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.total);
    const std::string bad = row.total.ends_with('}')
                                ? row.total.substr(0, row.total.size() - 1) + R"(,code="500"})"
                                : row.total + R"({code="500"})";
    const std::string slos = services(availability("a", row.total, bad));
    EXPECT_EQ(names(make_plan(configured(jobs + slos))), row.sources);
    Texts with_server = row.sources;
    with_server.emplace_back("prometheus/cluster");
    EXPECT_EQ(names(make_plan(configured(fmt::format("{}{}{}", jobs, server, slos)))), with_server);
  }
}

TEST(Plan, AsksEachSourceForWhatItCanDeliverOnly) {
  const Plan plan =
      make_plan(configured(jobs + server +
                           services(availability("one", R"(r{job="api"})", "bad") +
                                    availability("two", R"(r{job="batch"})", "bad"))));
  ASSERT_EQ(plan.sources.size(), 5U);
  EXPECT_EQ(wanted(plan, 0), (Texts{R"(r{job="api"} one)", "bad one two"}));
  EXPECT_EQ(wanted(plan, 2), (Texts{"bad one two", R"(r{job="batch"} two)"}));
  EXPECT_EQ(wanted(plan, 3), (Texts{"bad one two"}));
  EXPECT_EQ(wanted(plan, 4),
            (Texts{R"(r{job="api"} one)", "bad one two", R"(r{job="batch"} two)"}));
}

TEST(Plan, AsksForTheProcessesThatItCounts) {
  const auto asked = [](const std::string& yaml, std::size_t source) {
    const Plan plan = make_plan(configured(yaml));
    Texts texts;
    for (const promql::Selector& selector : plan.sources.at(source).demand->selectors()) {
      if (is_of_processes(selector)) texts.push_back(selector.text());
    }
    return texts;
  };
  const std::string of_jobs =
      services(availability("one", R"(r{job="api"})", R"(e{job="api"})") +
               availability("two", R"(r{job=~"b|c",x="y"})", R"(e{job=~"b|c"})"));
  const std::string of_any = services(availability("one", R"(r{job="api"})", "bad"));
  EXPECT_EQ(asked(jobs + of_jobs, 0), (Texts{"process_start_time_seconds"}));
  EXPECT_EQ(asked(server + of_jobs, 0),
            (Texts{R"(process_start_time_seconds{job="api"})", R"(up{job="api"})",
                   R"(process_start_time_seconds{job=~"b|c"})", R"(up{job=~"b|c"})"}));
  EXPECT_EQ(asked(server + of_any, 0), (Texts{"process_start_time_seconds", "up"}));
  EXPECT_EQ(asked(server + "rules: [{alert: A, expr: 'r > 1', severity: page}]\n", 0), Texts());
}

TEST(Plan, SharesADemandBetweenSourcesThatWantTheSame) {
  const Plan plan =
      make_plan(configured(jobs + services(availability("a", R"(r{job="api"})", "bad"))));
  ASSERT_EQ(plan.sources.size(), 4U);
  EXPECT_EQ(plan.sources[0].demand, plan.sources[1].demand);
  EXPECT_EQ(plan.sources[0].consumers, plan.sources[1].consumers);
  EXPECT_EQ(plan.sources[2].demand, plan.sources[3].demand);
  EXPECT_NE(plan.sources[0].demand, plan.sources[2].demand);
}

TEST(Plan, KnowsWhatASeriesIsToEachSlo) {
  const Plan plan = make_plan(
      configured("scrape: [{job: api, targets: ['a:1']}]\n" +
                 services(availability("a", "r", "e") + availability("b", "e", "f") +
                          "      - {name: c, objective: 99%, latency: {histogram: h, below: 1s}}\n"
                          "      - {name: d, objective: 99%, throughput: {total: r, at_least: 1/s, "
                          "slice: 1m}}\n")));
  ASSERT_EQ(plan.sources.size(), 1U);
  EXPECT_EQ(wanted(plan, 0), (Texts{"r a d", "e a b", "f b", "h_bucket c"}));
  const std::vector<std::vector<Consumer>>& consumers = *plan.sources[0].consumers;
  const auto slo = [](const std::string& name) { return SloId{"s", name}; };
  EXPECT_EQ(consumers[0],
            (std::vector<Consumer>{{slo("a"), Role::total}, {slo("d"), Role::total}}));
  EXPECT_EQ(consumers[1], (std::vector<Consumer>{{slo("a"), Role::bad}, {slo("b"), Role::total}}));
  EXPECT_EQ(consumers[3], (std::vector<Consumer>{{slo("c"), Role::bucket}}));
}

TEST(Plan, ResolvesALedgerByTheShortestIntervalOfItsSources) {
  const std::string slos = services(availability("a", R"(r{job="batch"})", R"(e{job="batch"})") +
                                    availability("b", "r", "e") +
                                    availability("c", R"(r{job="web"})", R"(e{job="web"})"));
  const std::vector<Duration> alone{seconds(60), seconds(15), seconds(15)};
  const std::vector<Duration> with_server{seconds(30), seconds(15), seconds(30)};
  EXPECT_EQ(make_plan(configured(jobs + slos)).resolutions, alone);
  EXPECT_EQ(make_plan(configured(jobs + server + slos)).resolutions, with_server);
}

TEST(Plan, NamesItsSourcesAndLabelsTheirSeries) {
  const Plan plan = make_plan(configured(jobs + server + services(availability("a", "r", "e"))));
  ASSERT_EQ(plan.sources.size(), 5U);
  const SourceOptions& cache = plan.sources[3].options;
  EXPECT_EQ(cache.target_labels.get("job"), "cache");
  EXPECT_EQ(cache.target_labels.get("instance"), "d:1");
  EXPECT_EQ(cache.target_labels.get("zone"), "eu");
  EXPECT_EQ(cache.kind, target_kind);
  EXPECT_EQ(std::get<ConfiguredTarget>(plan.sources[3].configured).job, 2U);
  EXPECT_EQ(std::get<ConfiguredTarget>(plan.sources[1].configured).target, 1U);
  EXPECT_EQ(plan.sources[4].options.kind, server_kind);
  EXPECT_TRUE(plan.sources[4].options.kind.exposed_labels_win)
      << "a server's series have labels of their own";
  EXPECT_EQ(plan.sources[4].options.target_labels, Labels());
}

TEST(Plan, LeavesOutServersThatAreNotFederated) {
  const Plan plan =
      make_plan(configured("prometheus: [{name: q, url: 'http://p:9090', mode: query}]\n" +
                           services(availability("a", "r", "e"))));
  ASSERT_EQ(plan.slos.size(), 1U);
  EXPECT_TRUE(plan.sources.empty());
}

std::string threshold(const std::string& name, const std::string& expr) {
  return "      - {name: " + name + ", objective: 99%, threshold: {expr: '" + expr +
         "', below: 1, slice: 20s}}\n";
}

TEST(Plan, ReadsWhatExpressionsLookAt) {
  const Plan plan =
      make_plan(configured(jobs + "rules: [{record: 'r:load', expr: 'load{job=\"api\"}'}]\n" +
                           services(availability("a", "r{job=\"api\"}", "e{job=\"api\"}") +
                                    threshold("t", "max(load{job=\"api\"}) + sum(r{job=\"api\"})") +
                                    threshold("up", "min(up{job=\"cache\"})") +
                                    threshold("own", "slod_slo_burn_rate{window=\"1h\"}") +
                                    threshold("recorded", "r:load"))));
  ASSERT_EQ(plan.slos.size(), 5U);
  EXPECT_EQ(names(plan), (Texts{"scrape/api/a:1", "scrape/api/b:1", "scrape/cache/d:1"}));
  EXPECT_EQ(wanted(plan, 0),
            (Texts{"r{job=\"api\"} a t", "e{job=\"api\"} a", "load{job=\"api\"} t"}));
  EXPECT_TRUE(plan.sources[0].reported_to.empty());
  EXPECT_EQ(wanted(plan, 2), Texts{});
  EXPECT_EQ(plan.sources[2].reported_to, (std::vector<SloId>{{"s", "up"}}));
  EXPECT_EQ(plan.own_only, (std::vector<SloId>{{"s", "own"}, {"s", "recorded"}}));
  // Counted events have the interval of their source; slices have two of them, in whole slices.
  EXPECT_EQ(plan.resolutions, (std::vector<Duration>{seconds(15), seconds(40), seconds(40),
                                                     seconds(40), seconds(40)}));
}

}  // namespace
}  // namespace slod
