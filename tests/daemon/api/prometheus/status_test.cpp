// /api/v1/targets, /status/* and what else says how slod is set up.

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view yaml = R"(
scrape:
  - {job: shop, targets: ["127.0.0.1:1", "127.0.0.1:2"], interval: 30s, labels: {zone: a}}
  - {job: other, targets: ["127.0.0.1:3"]}
prometheus: [{name: main, url: "http://127.0.0.1:9090"}]
services:
  - name: shop
    slos:
      - name: orders
        objective: 99.9%
        availability: {total: 'requests{job="shop"}', bad: 'requests{job="shop",code="5"}'}
alerting:
  receivers: [{name: am, alertmanager: {url: "http://127.0.0.1:9093"}}]
  routes: {page: [am]}
)";

class Status : public testing::Test {
 protected:
  Status() : asking(yaml) {}

  Asking asking;
};

TEST_F(Status, ShowsTargetsAndHowTheirLastScrapeWent) {
  asking.daemon.scrapes["scrape/shop/127.0.0.1:1"] = {
      .at = Asking::now - 1s, .took = 6ms, .error = ""};
  asking.daemon.scrapes["scrape/shop/127.0.0.1:2"] = {
      .at = Asking::now - 2s, .took = 10s, .error = "cannot connect"};
  const auto data = asking.json("/api/v1/targets").at("data");
  const auto& active = data.at("activeTargets").as_array();
  ASSERT_EQ(active.size(), 3U);
  EXPECT_EQ(
      active.at(0),
      (boost::json::value{{"discoveredLabels",
                           {{"__address__", "127.0.0.1:1"},
                            {"__metrics_path__", "/metrics"},
                            {"__scheme__", "http"},
                            {"__scrape_interval__", "30s"},
                            {"__scrape_timeout__", "10s"},
                            {"job", "shop"},
                            {"zone", "a"}}},
                          {"labels", {{"instance", "127.0.0.1:1"}, {"job", "shop"}, {"zone", "a"}}},
                          {"scrapePool", "shop"},
                          {"scrapeUrl", "http://127.0.0.1:1/metrics"},
                          {"globalUrl", "http://127.0.0.1:1/metrics"},
                          {"lastError", ""},
                          {"lastScrape", "2026-01-02T13:36:59Z"},
                          {"lastScrapeDuration", 0.006},
                          {"health", "up"},
                          {"scrapeInterval", "30s"},
                          {"scrapeTimeout", "10s"}}));
  EXPECT_EQ(active.at(1).at("health").as_string(), "down");
  EXPECT_EQ(active.at(1).at("lastError").as_string(), "cannot connect");
  EXPECT_EQ(active.at(2).at("scrapePool").as_string(), "prometheus/main");
  EXPECT_EQ(active.at(2).at("health").as_string(), "unknown");
  EXPECT_EQ(data.at("droppedTargets").as_array().size(), 1U);
  EXPECT_EQ(data.at("droppedTargets").at(0).at("scrapePool").as_string(), "other");
  EXPECT_EQ(data.at("droppedTargetCounts"),
            (boost::json::value{{"other", 1}, {"prometheus/main", 0}, {"shop", 0}}));
}

TEST_F(Status, ChoosesTargetsByStateAndPool) {
  const struct {
    const char* query;
    std::size_t active;
    std::size_t dropped;
  } cases[] = {
      {"", 3, 1},
      {"?state=any", 3, 1},
      {"?state=Active", 3, 0},
      {"?state=dropped", 0, 1},
      {"?state=what", 0, 0},
      {"?scrapePool=shop", 2, 0},
      {"?scrapePool=other&state=dropped", 0, 1},
      {"?scrapePool=none", 0, 0},
  };
  for (const auto& c : cases) {
    const auto data = asking.json(std::string("/api/v1/targets") + c.query).at("data");
    EXPECT_EQ(data.at("activeTargets").as_array().size(), c.active) << c.query;
    EXPECT_EQ(data.at("droppedTargets").as_array().size(), c.dropped) << c.query;
  }
  EXPECT_EQ(asking.body("/api/v1/scrape_pools"),
            R"({"status":"success","data":{"scrapePools":["other","prometheus/main","shop"]}})");
}

TEST_F(Status, IsNoMimirToGrafana) {
  const auto data = asking.json("/api/v1/status/buildinfo").at("data").as_object();
  EXPECT_FALSE(data.contains("features"));
  for (const char* key : {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}) {
    EXPECT_TRUE(data.at(key).is_string()) << key;
  }
}

TEST_F(Status, NamesItsFlagsAndItself) {
  const auto flags = asking.json("/api/v1/status/flags").at("data").as_object();
  EXPECT_EQ(flags.at("query.lookback-delta").as_string(), "5m");
  EXPECT_EQ(flags.at("query.max-samples").as_string(), "50000000");
  EXPECT_EQ(flags.at("query.timeout").as_string(), "2m");
  EXPECT_EQ(flags.at("storage.tsdb.retention.time").as_string(), "6h");
  for (const auto& [name, value] : flags) EXPECT_TRUE(value.is_string()) << name;
  const auto runtime = asking.json("/api/v1/status/runtimeinfo").at("data").as_object();
  EXPECT_EQ(runtime.at("startTime").as_string(), "2026-01-02T12:37:00Z");
  EXPECT_EQ(runtime.at("lastConfigTime").as_string(), "2026-01-02T13:36:00Z");
  EXPECT_EQ(runtime.at("reloadConfigSuccess").as_bool(), true);
  EXPECT_EQ(runtime.at("storageRetention").as_string(), "6h");
  EXPECT_EQ(asking.body("/api/v1/alertmanagers"),
            R"({"status":"success","data":{"activeAlertmanagers":)"
            R"([{"url":"http://127.0.0.1:9093/api/v2/alerts"}],"droppedAlertmanagers":[]}})");
}

TEST_F(Status, CountsItsSeries) {
  for (const char* job : {"a", "b", "c"}) {
    asking.samples.add({{"__name__", "up"}, {"job", job}}, Asking::now, 1s, {1});
  }
  asking.samples.add({{"__name__", "down"}, {"job", "a"}}, Asking::now, 1s, {1});
  const auto data = asking.json("/api/v1/status/tsdb?limit=1").at("data");
  EXPECT_EQ(data.at("headStats").at("numSeries").to_number<int>(), 4);
  EXPECT_EQ(data.at("headStats").at("numLabelPairs").to_number<int>(), 5);
  EXPECT_EQ(data.at("seriesCountByMetricName"),
            (boost::json::value{{{"name", "up"}, {"value", 3}}}));
  EXPECT_EQ(data.at("labelValueCountByLabelName"),
            (boost::json::value{{{"name", "job"}, {"value", 3}}}));
  EXPECT_EQ(data.at("seriesCountByLabelValuePair"),
            (boost::json::value{{{"name", "__name__=up"}, {"value", 3}}}));
  EXPECT_EQ(asking.response("/api/v1/status/tsdb?limit=0").body,
            R"({"status":"error","errorType":"bad_data",)"
            R"("error":"limit must be a positive number"})");
}

TEST_F(Status, ShowsTheTreeOfAQuery) {
  EXPECT_EQ(asking
                .json("/api/v1/parse_query",
                      "query=topk by (a) (2, rate(x{b!~\"c\"}[5m] offset 1m @ end())) > bool on(a) "
                      "group_left(d) -(y @ 3)")
                .at("data"),
            boost::json::parse(R"({
        "type": "binaryExpr", "op": ">", "bool": true,
        "matching": {"card": "many-to-one", "labels": ["a"], "on": true, "include": ["d"]},
        "lhs": {"type": "aggregation", "op": "topk", "grouping": ["a"], "without": false,
          "param": {"type": "numberLiteral", "val": "2"},
          "expr": {"type": "call",
            "func": {"name": "rate", "argTypes": ["matrix"], "variadic": 0, "returnType": "vector"},
            "args": [{"type": "matrixSelector", "name": "x", "range": 300000, "offset": 60000,
              "timestamp": null, "startOrEnd": "end",
              "matchers": [{"name": "b", "value": "c", "type": "!~"},
                           {"name": "__name__", "value": "x", "type": "="}]}]}},
        "rhs": {"type": "unaryExpr", "op": "-", "expr": {"type": "parenExpr",
          "expr": {"type": "vectorSelector", "name": "y", "offset": 0, "timestamp": 3000,
            "startOrEnd": null,
            "matchers": [{"name": "__name__", "value": "y", "type": "="}]}}}})"));
  std::string chain = "1";
  for (int i = 0; i < 100'000; ++i) chain += "%2B1";
  EXPECT_EQ(asking.response("/api/v1/parse_query", "query=" + chain).status, 400);
  EXPECT_EQ(asking.response("/api/v1/parse_query?query=(").status, 400);
}

TEST_F(Status, ShowsTheConfigurationWithoutSecrets) {
  const std::string shown(
      asking.json("/api/v1/status/config").at("data").at("yaml").as_string().c_str());
  EXPECT_TRUE(shown.starts_with("scrape:\n  - job: shop\n    targets:\n      - 127.0.0.1:1\n"))
      << shown;
  Asking other("alerting: {receivers: [{name: h, webhook: {url: 'http://h/T0KEN'}}]}\n# T0KEN");
  EXPECT_EQ(other.body("/api/v1/status/config").find("T0KEN"), std::string::npos);
}

}  // namespace
}  // namespace slod::prometheus_api
