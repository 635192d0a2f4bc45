// What groups of rules wait for after reloads and restarts.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/engine/rule_groups.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

RuleGroups::Groups groups_of(const std::string& rule) {
  const std::string head = R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
alerting:
  receivers: [{name: hook, webhook: {url: 'http://127.0.0.1:1'}}]
  routes: {page: [hook]}
rules:
)";
  return configured(head + "  - {" + rule + "}\n").rule_groups;
}

const std::string busy = "alert: Busy, expr: 'load > 1', severity: page";

TEST(RuleGroups, WaitForTwoReadsOfEachSource) {
  RuleGroups groups;
  groups.configure(groups_of(busy), {"a", "b"}, at(0));
  for (const char* source : {"a", "b", "a", "b"}) {
    EXPECT_TRUE(groups.take_due(at(20)).empty());
    groups.tried(source);
  }
  EXPECT_EQ(groups.take_due(at(20)).size(), 1U);
}

TEST(RuleGroups, WaitNoLongerThanAMinuteForASource) {
  RuleGroups groups;
  groups.configure(groups_of(busy), {"a"}, at(0));
  EXPECT_TRUE(groups.take_due(at(60) - Duration(1)).empty());
  EXPECT_EQ(groups.take_due(at(60)).size(), 1U);
}

TEST(RuleGroups, StillWaitAfterASecondReloadThatChangesNothing) {
  const std::string changed = "alert: Busy, expr: 'load > 2', severity: page";
  RuleGroups groups;
  groups.configure(groups_of(busy), {"a"}, at(0));
  groups.tried("a");
  groups.tried("a");
  auto due = groups.take_due(at(20));
  ASSERT_EQ(due.size(), 1U);
  groups.apply(due[0].group, due[0].state);
  groups.configure(groups_of(busy), {"a"}, at(21));
  EXPECT_EQ(groups.take_due(at(40)).size(), 1U) << "the same rules go on at once";
  groups.configure(groups_of(changed), {"a"}, at(60));
  groups.configure(groups_of(changed), {"a"}, at(61));
  EXPECT_TRUE(groups.take_due(at(80)).empty()) << "the samples of the new rule are not read yet";
  groups.tried("a");
  groups.tried("a");
  EXPECT_EQ(groups.take_due(at(80)).size(), 1U);
}

TEST(RuleGroups, HoldARestoredAlertUntilThereAreSamplesEnough) {
  struct Case {
    const char* expr;
    Duration need;
  };
  for (const auto& [expr, need] :
       {Case{"load > 1", {}}, Case{"avg_over_time(load[5m]) > 1", minutes(5)},
        Case{"avg_over_time(load[1h]) > 1", RuleGroups::held_most}}) {
    const auto configured_groups =
        groups_of("alert: Busy, severity: page, expr: '" + std::string(expr) + "'");
    const rules::Group& group = *configured_groups.at(0);
    rules::AlertStatus alert;
    alert.labels = {{"alertname", "Busy"}, {"severity", "page"}};
    alert.state = rules::AlertState::firing;
    alert.key = "key";
    alert.active_at = at(-3600);
    alert.fired_at = alert.active_at;
    RuleGroups groups;
    groups.configure(configured_groups, {}, at(0));
    ASSERT_TRUE(groups.restore(rules::stored_alert(group, group.rules[0], alert), at(-60), at(0)));
    groups.finish_restore();
    const auto& restored = groups.statuses().at(0)->rules.at(0).alerts;
    ASSERT_EQ(restored.size(), 1U);
    EXPECT_EQ(restored[0].held_until, at(0) + need + 2 * group.interval) << expr;
  }
}

/// A group of one rule or more whose first evaluation left each rule with one alert.
std::vector<rules::AlertStatus> alerts_after_reload(const std::string& before,
                                                    const std::string& after, RuleGroups& groups) {
  groups.configure(groups_of(before), {}, at(0));
  auto due = groups.take_due(at(20));
  EXPECT_EQ(due.size(), 1U);
  for (std::size_t i = 0; i < due[0].state.rules.size(); ++i) {
    rules::AlertStatus alert;
    alert.labels = {{"alertname", "Busy"}};
    alert.state = rules::AlertState::pending;
    alert.active_at = at(20);
    alert.value = static_cast<double>(i);
    due[0].state.rules[i].status.alerts.push_back(alert);
  }
  due[0].state.last_evaluation = at(20);
  groups.apply(due[0].group, due[0].state);
  groups.configure(groups_of(after), {}, at(30));
  std::vector<rules::AlertStatus> alerts;
  for (const rules::RuleStatus& rule : groups.statuses().at(0)->rules) {
    alerts.insert(alerts.end(), rule.alerts.begin(), rule.alerts.end());
  }
  return alerts;
}

TEST(RuleGroups, HoldAnAlertOverAReloadOnlyWhereItsExpressionChanged) {
  RuleGroups same;
  const auto kept = alerts_after_reload(busy, busy, same);
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_FALSE(kept[0].held_until);
  RuleGroups other;
  const auto held =
      alerts_after_reload(busy, "alert: Busy, expr: 'load > 2', severity: page", other);
  ASSERT_EQ(held.size(), 1U);
  EXPECT_TRUE(held[0].held_until);
}

TEST(RuleGroups, GiveEachOfTwoRulesOfOneNameItsOwnAlertsBack) {
  const std::string twins = busy + "}\n  - {alert: Busy, expr: 'load > 9', severity: page";
  RuleGroups groups;
  const auto alerts = alerts_after_reload(twins, twins, groups);
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].value, 0);
  EXPECT_EQ(alerts[1].value, 1);
}

TEST(RuleGroups, TellFromPendingWhatFiresAndWhatIsMarked) {
  RuleGroups groups;
  alerts_after_reload(busy, busy, groups);
  ASSERT_EQ(groups.active().size(), 1U);
  EXPECT_EQ(groups.active()[0].stored.alert.state, rules::AlertState::pending);
  EXPECT_EQ(groups.marks().size(), 1U);
  RuleGroups quiet;
  quiet.configure(groups_of(busy), {}, at(0));
  auto due = quiet.take_due(at(20));
  due.at(0).state.last_evaluation = at(20);
  quiet.apply(due[0].group, due[0].state);
  EXPECT_TRUE(quiet.marks().empty()) << "without alerts there is nothing to go on with";
}

TEST(RuleGroups, MissNothingWhileTheyWait) {
  RuleGroups groups;
  groups.configure(groups_of(busy), {"a"}, at(0));
  EXPECT_TRUE(groups.take_due(at(50)).empty());
  groups.tried("a");
  groups.tried("a");
  const auto due = groups.take_due(at(50));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_GT(due[0].at, at(35));
  EXPECT_EQ(groups.figures().missed, 0U);
}

TEST(RuleGroups, DoNotWaitForAClockThatWasSetBack) {
  RuleGroups groups;
  groups.configure(groups_of(busy), {"a"}, at(1000));
  groups.take_due(at(10));
  EXPECT_EQ(groups.take_due(at(30)).size(), 1U);
}

}  // namespace
}  // namespace slod
