#include "lib/rules/stored_alert.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>

#include "lib/json/text.h"

namespace slod::rules {
namespace {

const Instant start = parse_instant("2026-11-24T10:00:00.5Z").value();

StoredAlert example(double value) {
  Group group;
  group.file = "rules.yml";
  group.name = "hosts";
  Rule rule;
  rule.alert = "Busy";
  rule.expr = "load > 1";
  rule.labels = {{"severity", "page"}};
  AlertStatus alert{.labels = {{"alertname", "Busy"}, {"host", "\"\xc3\xa4\"\n"}},
                    .annotations = {{"summary", "too much"}},
                    .state = AlertState::firing,
                    .active_at = start,
                    .keep_firing_since = start + std::chrono::minutes(3),
                    .value = value,
                    .key = "slod-0123456789abcdef",
                    .fired_at = start + std::chrono::minutes(1)};
  return stored_alert(group, rule, alert);
}

TEST(StoredAlert, IsReadBackAsItWas) {
  for (const double value : {0.1, -1e300, std::numeric_limits<double>::infinity()}) {
    const StoredAlert before = example(value);
    const auto json = boost::json::parse(json_text(to_json(before)));
    EXPECT_TRUE(is_stored_alert(json));
    const auto after = stored_alert_from_json(json);
    ASSERT_TRUE(after) << after.error();
    EXPECT_EQ(json_text(to_json(*after)), json_text(to_json(before)));
    EXPECT_EQ(after->alert.labels, before.alert.labels);
    EXPECT_EQ(after->alert.active_at, before.alert.active_at);
    EXPECT_EQ(after->alert.fired_at, before.alert.fired_at);
    EXPECT_EQ(after->alert.keep_firing_since, before.alert.keep_firing_since);
    EXPECT_EQ(after->alert.value, value);
  }
  const auto json = boost::json::parse(json_text(to_json(example(std::nan("")))));
  EXPECT_TRUE(std::isnan(stored_alert_from_json(json).value().alert.value));
}

TEST(StoredAlert, TrustsNothing) {
  const boost::json::object whole = to_json(example(1));
  for (const auto& [name, value] : whole) {
    const bool may_be_absent = name == "resolved_at" || name == "keep_firing_since";
    boost::json::object without = whole;
    without.erase(name);
    EXPECT_EQ(stored_alert_from_json(without).has_value(), may_be_absent) << name;
    boost::json::object other = whole;
    other[name] = boost::json::array{1};
    EXPECT_FALSE(stored_alert_from_json(other)) << name;
  }
  EXPECT_FALSE(stored_alert_from_json(boost::json::value(7)));
  EXPECT_FALSE(is_stored_alert(boost::json::parse(R"({"slo":"api/availability"})")));
}

}  // namespace
}  // namespace slod::rules
