// /api/v1/rules and /api/v1/alerts.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <string>

#include "daemon/api/prometheus/rules_job.h"
#include "daemon/net/target.h"
#include "lib/engine/burn_rate_groups.h"
#include "lib/promql/parser.h"
#include "tests/daemon/api/prometheus/asking.h"

namespace slod::prometheus_api {
namespace {

using namespace std::chrono_literals;
using GroupPtr = std::shared_ptr<const rules::GroupStatus>;

constexpr Instant evaluated{Duration(1'767'361'016'874)};

GroupPtr group(std::string file, std::string name, std::vector<rules::Rule> all) {
  auto made = std::make_shared<rules::Group>();
  made->name = std::move(name);
  made->file = std::move(file);
  made->rules = std::move(all);
  auto status = std::make_shared<rules::GroupStatus>();
  status->rules.resize(made->rules.size());
  status->group = std::move(made);
  return status;
}

rules::Rule alert_rule(std::string name, std::string query) {
  rules::Rule rule;
  rule.alert = std::move(name);
  rule.expr = query;
  rule.parsed = promql::parse(query).value();
  return rule;
}

rules::Rule recording_rule(std::string name, std::string query) {
  rules::Rule rule = alert_rule("", std::move(query));
  rule.record = std::move(name);
  return rule;
}

std::string rules_body(const std::vector<GroupPtr>& groups, std::string_view query) {
  Request request;
  EXPECT_EQ(append_form(query, request.query), "");
  const auto asked = rules_request(request);
  return asked ? run_rules(*asked, groups).body : failed(asked.error()).body;
}

/// "file/group: rule, rule; ..." and the next token.
std::string names(const std::vector<GroupPtr>& groups, std::string_view query) {
  const auto body = boost::json::parse(rules_body(groups, query)).as_object();
  if (!body.contains("data")) return std::string(body.at("error").as_string());
  std::string out;
  for (const auto& shown : body.at("data").at("groups").as_array()) {
    out += std::string(shown.at("file").as_string()) + "/" +
           std::string(shown.at("name").as_string()) + ":";
    for (const auto& rule : shown.at("rules").as_array()) {
      out += " " + std::string(rule.at("name").as_string());
    }
    out += ";";
  }
  const auto& data = body.at("data").as_object();
  if (data.contains("groupNextToken")) {
    out += " next " + std::string(data.at("groupNextToken").as_string());
  }
  return out;
}

TEST(Rules, AreShownAsPrometheusShowsThem) {
  rules::Rule alert = alert_rule("HighErrorRate", "sum(rate(errors[1m]))>5");
  alert.hold = 90s;
  alert.keep_firing_for = 5min;
  alert.labels = {{"severity", "page"}};
  alert.annotations = {{"summary", "{{ $value }}"}};
  rules::GroupStatus status = *group("rules.yml", "errors", {alert});
  status.evaluation_seconds = 0.5;
  status.last_evaluation = evaluated;
  status.rules[0] = {.health = rules::Health::error,
                     .error = "many-to-many matching not allowed",
                     .evaluation_seconds = 0.25,
                     .last_evaluation = evaluated,
                     .alerts = {{.labels = {{"alertname", "HighErrorRate"}, {"severity", "page"}},
                                 .annotations = {{"summary", "7"}},
                                 .state = rules::AlertState::firing,
                                 .active_at = Instant(1'767'361'000s),
                                 .keep_firing_since = Instant(1'767'361'010s),
                                 .value = 7}}};
  const std::vector<GroupPtr> groups{std::make_shared<rules::GroupStatus>(status)};
  const std::string shown_alert =
      R"({"labels":{"alertname":"HighErrorRate","severity":"page"},)"
      R"("annotations":{"summary":"7"},"state":"firing","activeAt":"2026-01-02T13:36:40Z",)"
      R"("keepFiringSince":"2026-01-02T13:36:50Z","value":"7e+00"})";
  const std::string before = R"({"status":"success","data":{"groups":[{"name":"errors",)"
                             R"("file":"rules.yml","rules":[{"state":"firing",)"
                             R"("name":"HighErrorRate","query":"sum(rate(errors[1m])) > 5",)"
                             R"("duration":90,"keepFiringFor":300,"labels":{"severity":"page"},)"
                             R"("annotations":{"summary":"{{ $value }}"},)";
  const std::string after =
      R"("health":"err","lastError":"many-to-many matching not allowed",)"
      R"("evaluationTime":0.25,"lastEvaluation":"2026-01-02T13:36:56.874Z","type":"alerting"}],)"
      R"("interval":15,"limit":0,"evaluationTime":0.5,)"
      R"("lastEvaluation":"2026-01-02T13:36:56.874Z"}]}})";
  EXPECT_EQ(rules_body(groups, ""), before + R"("alerts":[)" + shown_alert + "]," + after);
  EXPECT_EQ(rules_body(groups, "exclude_alerts=true"), before + after);
  EXPECT_EQ(run_alerts(groups).body,
            R"({"status":"success","data":{"alerts":[)" + shown_alert + "]}}");
}

TEST(Rules, OfNoEvaluationYetAreUnknown) {
  const std::vector<GroupPtr> groups{
      group("f", "g", {recording_rule("job:up:sum", "sum by (job) (up)"), alert_rule("A", "up")})};
  const std::string expected =
      R"({"status":"success","data":{"groups":[{"name":"g","file":"f","rules":[)"
      R"~({"name":"job:up:sum","query":"sum by (job) (up)","health":"unknown",)~"
      R"("evaluationTime":0,"lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"},)"
      R"({"state":"unknown","name":"A","query":"up","duration":0,"keepFiringFor":0,)"
      R"("labels":{},"annotations":{},"alerts":[],"health":"unknown","evaluationTime":0,)"
      R"("lastEvaluation":"0001-01-01T00:00:00Z","type":"alerting"}],)"
      R"("interval":15,"limit":0,"evaluationTime":0,)"
      R"("lastEvaluation":"0001-01-01T00:00:00Z"}]}})";
  EXPECT_EQ(rules_body(groups, ""), expected);
}

TEST(Rules, AreChosen) {
  rules::Rule page = alert_rule("Down", "up == 0");
  page.labels = {{"severity", "page"}};
  const std::vector<GroupPtr> groups{
      group("a.yml", "one", {page, recording_rule("r", "up")}),
      group("a.yml", "two", {alert_rule("Slow", "up")}),
      group("b.yml", "one", {recording_rule("s", "up")}),
  };
  // sha256 of "a.yml;two" and "b.yml;one", by sha256sum.
  const std::string two = "469a21c4e4b8fe431e661454af41939da192cf9453d69b7c4281b6d928bc19bb";
  const std::string three = "d0c8de1b71abeb92ba49bdfdbd475757bba62bd10fb29260952160daaa92c226";
  const struct {
    std::string query;
    std::string expected;
  } cases[] = {
      {"", "a.yml/one: Down r;a.yml/two: Slow;b.yml/one: s;"},
      {"type=alert", "a.yml/one: Down;a.yml/two: Slow;"},
      {"type=Record", "a.yml/one: r;b.yml/one: s;"},
      {"type=both", R"(invalid parameter "type": not supported value "both")"},
      {"file[]=b.yml", "b.yml/one: s;"},
      {"file=b.yml", "a.yml/one: Down r;a.yml/two: Slow;b.yml/one: s;"},
      {"rule_group[]=one", "a.yml/one: Down r;b.yml/one: s;"},
      {"rule_group[]=one&rule_group[]=two&file[]=a.yml", "a.yml/one: Down r;a.yml/two: Slow;"},
      {"rule_name[]=r&rule_name[]=Slow", "a.yml/one: r;a.yml/two: Slow;"},
      {"rule_name[]=nothing", ""},
      {"match[]=%7Bseverity%3D%22page%22%7D", "a.yml/one: Down;"},
      {"match[]=%7B", "1:2: parse error: unexpected end of input inside braces"},
      {"exclude_alerts=maybe",
       R"(invalid parameter "exclude_alerts": error converting exclude_alerts: )"
       R"(strconv.ParseBool: parsing "maybe": invalid syntax)"},
      {"group_limit=1", "a.yml/one: Down r; next " + two},
      {"group_limit=1&group_next_token=" + two, "a.yml/two: Slow; next " + three},
      {"group_limit=5&group_next_token=" + three, "b.yml/one: s;"},
      {"group_limit=3", "a.yml/one: Down r;a.yml/two: Slow;b.yml/one: s;"},
      {"group_limit=1&file[]=b.yml", "b.yml/one: s;"},
      {"group_limit=0",
       R"(invalid parameter "group_limit": group_limit needs to be greater than 0)"},
      {"group_limit=x",
       R"(invalid parameter "group_limit": group_limit needs to be a valid number: )"
       R"(strconv.ParseInt: parsing "x": invalid syntax)"},
      {"group_limit=2147483648",
       R"(invalid parameter "group_limit": group_limit needs to be a valid number: )"
       R"(strconv.ParseInt: parsing "2147483648": value out of range)"},
      {"group_next_token=abc",
       R"(invalid parameter "group_next_token": group_limit needs to be present in order to )"
       R"(paginate over the groups)"},
      {"group_limit=1&group_next_token=abc",
       R"(invalid parameter "group_next_token": invalid group_next_token 'abc'. were rule )"
       R"(groups changed?)"},
  };
  for (const auto& c : cases) EXPECT_EQ(names(groups, c.query), c.expected) << c.query;
}

constexpr std::string_view shop = R"(
scrape: [{job: shop, targets: ["127.0.0.1:1"]}]
services:
  - name: shop
    owner: team-shop
    slos:
      - name: orders
        objective: 99.9%
        availability: {total: 'requests', bad: 'requests{code=~"5.."}'}
)";

TEST(BurnRates, AreRulesOfTheirService) {
  Asking asking(shop);
  const auto data = asking.json("/api/v1/rules?type=alert").at("data").at("groups");
  ASSERT_EQ(data.as_array().size(), 1U);
  EXPECT_EQ(data.at(0).at("name").as_string(), "shop");
  EXPECT_EQ(data.at(0).at("file").as_string(), "slos");
  const auto& all = data.at(0).at("rules").as_array();
  ASSERT_EQ(all.size(), 2U);  // page, ticket
  EXPECT_EQ(all.at(0).at("name").as_string(), "SloBurnRate");
  EXPECT_EQ(all.at(0).at("labels"),
            (boost::json::value{{"service", "shop"}, {"severity", "page"}, {"slo", "orders"}}));
  EXPECT_EQ(all.at(0).at("state").as_string(), "unknown");
  EXPECT_EQ(
      all.at(0).at("query").as_string(),
      R"(slod_slo_burn_rate{service="shop",slo="orders",window="1h"} > 14.4 and ignoring (window) )"
      R"(slod_slo_burn_rate{service="shop",slo="orders",window="5m"} > 14.4 or )"
      R"(slod_slo_burn_rate{service="shop",slo="orders",window="6h"} > 6 and ignoring (window) )"
      R"(slod_slo_burn_rate{service="shop",slo="orders",window="30m"} > 6)");
  for (const auto& rule : all) {
    const std::string query(rule.at("query").as_string());
    const auto parsed = promql::parse(query);
    ASSERT_TRUE(parsed) << parsed.error().text(query);
  }
  EXPECT_EQ(asking.body("/api/v1/alerts"), R"({"status":"success","data":{"alerts":[]}})");
}

TEST(BurnRates, ShowTheirEpisodesAsAlerts) {
  Asking asking(shop);
  Snapshot snapshot = *asking.daemon.served.snapshot();
  alert::Facts page_facts;
  page_facts.long_burn = 20.5;
  alert::Facts ticket_facts;
  ticket_facts.long_burn = 4;
  snapshot.slos.at(0).episodes = {{.key = "slod-1",
                                   .slo = "shop/orders",
                                   .severity = "page",
                                   .state = alert::State::firing,
                                   .since = Instant(1'767'361'000s),
                                   .fired_at = Instant(1'767'361'000s),
                                   .resolved_at = {},
                                   .facts = page_facts},
                                  {.key = "slod-2",
                                   .slo = "shop/orders",
                                   .severity = "ticket",
                                   .state = alert::State::pending,
                                   .since = Instant(1'767'361'001s),
                                   .fired_at = {},
                                   .resolved_at = {},
                                   .facts = ticket_facts}};
  const auto groups = all_groups(snapshot, "http://slod");
  const auto alerts = boost::json::parse(run_alerts(groups).body).at("data").at("alerts");
  ASSERT_EQ(alerts.as_array().size(), 2U);
  EXPECT_EQ(alerts.at(0).at("state").as_string(), "firing");
  EXPECT_EQ(alerts.at(0).at("value").as_string(), "2.05e+01");
  EXPECT_EQ(alerts.at(0).at("activeAt").as_string(), "2026-01-02T13:36:40Z");
  EXPECT_EQ(alerts.at(0).at("labels"), (boost::json::value{{"alertname", "SloBurnRate"},
                                                           {"service", "shop"},
                                                           {"severity", "page"},
                                                           {"slo", "orders"}}));
  EXPECT_EQ(alerts.at(0).at("annotations").at("owner").as_string(), "team-shop");
  EXPECT_EQ(alerts.at(1).at("state").as_string(), "pending");
}

TEST(BurnRates, StandBesideRuleGroupsInTheOrderOfFiles) {
  Asking asking(shop);
  Snapshot snapshot = *asking.daemon.served.snapshot();
  snapshot.rule_groups = {group("z.yml", "b", {alert_rule("B", "up")}),
                          group("z.yml", "a", {alert_rule("A", "up")}),
                          group("a.yml", "c", {alert_rule("C", "up")})};
  EXPECT_EQ(names(all_groups(snapshot, ""), ""),
            "a.yml/c: C;slos/shop: SloBurnRate SloBurnRate;z.yml/a: A;z.yml/b: B;");
}

}  // namespace
}  // namespace slod::prometheus_api
