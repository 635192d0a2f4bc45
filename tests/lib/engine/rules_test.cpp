// Rules from the samples of targets to messages, over restarts and reloads.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "lib/engine/rule_groups.h"
#include "lib/engine/rule_reach.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const std::string head = R"(
scrape: [{job: api, targets: ['a:1'], interval: 15s}]
alerting:
  receivers:
    - {name: hook, webhook: {url: 'http://127.0.0.1:1'}}
    - {name: am, alertmanager: {url: 'http://127.0.0.1:1'}}
  routes: {page: [hook, am], warning: [am]}
rules:
)";

std::string alert(const std::string& name, const std::string& expr, const std::string& rest = "") {
  return fmt::format("  - {{alert: {}, expr: '{}', severity: page{}}}\n", name, expr, rest);
}

std::string record(const std::string& name, const std::string& expr) {
  return fmt::format("  - {{record: {}, expr: '{}'}}\n", name, expr);
}

/// The daemon with one target that shows a gauge, and is read every 15 seconds.
class Rules : public testing::Test {
 protected:
  void start(const std::string& rules) { world_.emplace(head + rules, at(now_)); }

  /// Runs until `until`, with the target showing `load`; nullopt: it cannot be read.
  void run(int until, std::optional<double> load) {
    for (; now_ < until; ++now_) {
      if (now_ % 15 == 0) {
        world_->attempt("scrape/api/a:1", load_page(load), at(now_));
      }
      world_->step(at(now_));
      world_->run_jobs(at(now_));
      world_->commit();
    }
  }
  void down_for(int seconds) { now_ += seconds; }
  void restart(const std::string& rules) { world_->restart(head + rules, at(now_)); }
  void reload(const std::string& rules) {
    world_->reconfigure(head + rules, at(now_));
    world_->commit();
  }

  /// "Busy firing; ..." of the last step.
  std::string alerts() {
    world_->step(at(now_));
    std::string out;
    for (const auto& group : world_->engine().snapshot()->rule_groups) {
      for (const rules::RuleStatus& rule : group->rules) {
        for (const rules::AlertStatus& each : rule.alerts) {
          if (!out.empty()) out += "; ";
          out += fmt::format("{} {}", each.labels.get("alertname"), to_string(each.state));
        }
      }
    }
    return out;
  }
  /// How many messages say so; each once.
  int messages(const std::string& what) {
    int count = 0;
    for (const auto& [id, times] : world_->tables().messages) {
      EXPECT_EQ(times, 1) << id;
      if (id.find("/" + what + "/") != std::string::npos) ++count;
    }
    return count;
  }
  std::size_t open_episodes() {
    return static_cast<std::size_t>(std::ranges::count_if(
        world_->tables().episodes, [](const auto& row) { return row.second.open; }));
  }

  std::optional<World> world_;
  int now_ = 0;
};

TEST_F(Rules, TellEachReceiverOnceAndOnceMoreWhenItIsOver) {
  start(alert("Busy", "load > 1", ", for: 1m"));
  run(90, 0);
  EXPECT_EQ(alerts(), "");
  run(125, 2);
  EXPECT_EQ(alerts(), "Busy pending");
  EXPECT_EQ(open_episodes(), 1);
  EXPECT_EQ(messages("firing"), 0);
  run(180, 2);
  EXPECT_EQ(alerts(), "Busy firing");
  EXPECT_EQ(messages("firing"), 2);
  EXPECT_EQ(world_->engine().active(at(now_)).size(), 1) << "Alertmanager alone is sent it again";
  run(240, 0);
  EXPECT_EQ(alerts(), "");
  EXPECT_EQ(messages("resolved"), 2);
  EXPECT_EQ(open_episodes(), 0);
  EXPECT_TRUE(world_->engine().active(at(now_)).empty());
}

TEST_F(Rules, EndNothingBecauseATargetCannotBeRead) {
  start(alert("Busy", "max_over_time(load[10m]) > 1") + alert("Down", "up == 0"));
  run(60, 2);
  EXPECT_EQ(alerts(), "Busy firing");
  run(300, std::nullopt);
  EXPECT_EQ(alerts(), "Busy firing; Down firing");
  run(360, 2);
  EXPECT_EQ(alerts(), "Busy firing");
}

TEST_F(Rules, LookAtWhatRulesRecord) {
  start(record("double", "load * 2") + alert("Busy", "double > 3"));
  run(60, 2);
  EXPECT_EQ(alerts(), "Busy firing");
}

TEST_F(Rules, WaitForSamplesBeforeTheFirstEvaluation) {
  start(alert("Gone", "absent(load)"));
  for (; now_ < 59; ++now_) {
    world_->step(at(now_));
    world_->run_jobs(at(now_));
  }
  EXPECT_EQ(alerts(), "");  // no source was tried
  run(75, 1);
  EXPECT_EQ(alerts(), "");
}

TEST_F(Rules, DoNotWaitForSourcesForEver) {
  start(alert("Gone", "absent(load)"));
  for (; now_ < 80; ++now_) {
    world_->step(at(now_));
    world_->run_jobs(at(now_));
  }
  EXPECT_EQ(alerts(), "Gone firing");
}

TEST_F(Rules, GoOnAfterARestartWithoutASecondPage) {
  const std::string rules = alert("Busy", "avg_over_time(load[5m]) > 1");
  start(rules);
  run(400, 3);
  EXPECT_EQ(messages("firing"), 2);
  down_for(40);
  restart(rules);
  EXPECT_TRUE(world_->problems().empty());
  EXPECT_EQ(alerts(), "Busy firing");
  EXPECT_EQ(world_->engine().active(at(now_)).size(), 1) << "Alertmanager alone is sent it again";
  run(now_ + 120, 0);  // the average of the last five minutes is not known yet
  EXPECT_EQ(alerts(), "Busy firing");
  EXPECT_EQ(messages("resolved"), 0);
  run(now_ + 300, 0);
  EXPECT_EQ(alerts(), "");
  EXPECT_EQ(messages("firing"), 2);
  EXPECT_EQ(messages("resolved"), 2);
}

TEST_F(Rules, EndSoonAfterARestartWhatNeedsNoPast) {
  const std::string rules = alert("Busy", "load > 1");
  start(rules);
  run(100, 3);
  restart(rules);
  run(now_ + 75, 0);
  EXPECT_EQ(alerts(), "");
  EXPECT_EQ(messages("resolved"), 2);
}

TEST_F(Rules, WaitOnAfterARestartWhereTheWaitIsLong) {
  const std::string rules = alert("Slow", "load > 1", ", for: 30m");
  start(rules);
  run(1200, 3);  // 20 minutes
  EXPECT_EQ(alerts(), "Slow pending");
  down_for(300);
  restart(rules);
  run(now_ + 9 * 60, 3);
  EXPECT_EQ(alerts(), "Slow pending");
  run(now_ + 3 * 60, 3);
  EXPECT_EQ(alerts(), "Slow firing");
  EXPECT_EQ(messages("firing"), 2);
}

TEST_F(Rules, BeginAShortWaitAnewAfterARestart) {
  const std::string rules = alert("Busy", "load > 1", ", for: 3m");
  start(rules);
  run(180, 3);
  EXPECT_EQ(alerts(), "Busy pending");
  restart(rules);
  run(now_ + 150, 3);
  EXPECT_EQ(alerts(), "Busy pending");
  EXPECT_EQ(open_episodes(), 1);  // the one that started over
  run(now_ + 100, 3);
  EXPECT_EQ(alerts(), "Busy firing");
}

TEST_F(Rules, ResolveAtARestartWhatNoRuleAsksForAnyMore) {
  start(alert("Busy", "load > 1"));
  run(100, 3);
  restart(alert("Other", "load > 100"));
  world_->commit();
  EXPECT_EQ(messages("resolved"), 2);
  EXPECT_EQ(open_episodes(), 0);
}

TEST_F(Rules, KeepTheirAlertsOverAReload) {
  start(alert("Busy", "load > 1") + alert("Slow", "load > 1", ", for: 5m"));
  run(200, 3);
  EXPECT_EQ(alerts(), "Busy firing; Slow pending");
  reload(record("first", "load") + alert("Slow", "load > 1", ", for: 5m") +
         alert("Busy", "load > 1"));
  EXPECT_EQ(alerts(), "Slow pending; Busy firing");
  run(400, 3);
  EXPECT_EQ(alerts(), "Slow firing; Busy firing");
  EXPECT_EQ(messages("firing"), 4);
  reload(alert("Slow", "load > 1", ", for: 5m"));
  EXPECT_EQ(alerts(), "Slow firing");
  EXPECT_EQ(messages("resolved"), 2);
}

TEST_F(Rules, DropAnEvaluationThatAReloadOvertook) {
  start(alert("Busy", "load > 1"));
  run(60, 0);
  world_->page("scrape/api/a:1", "load 5\n", at(61));
  world_->step(at(75));
  std::vector<Job> jobs = world_->engine().take_jobs(at(75));
  ASSERT_EQ(jobs.size(), 1);
  EXPECT_TRUE(world_->engine().take_jobs(at(90)).empty());  // one at a time
  now_ = 76;
  reload(alert("Busy", "load > 7"));
  jobs[0].run()(world_->engine(), at(77));
  EXPECT_EQ(alerts(), "");
}

TEST_F(Rules, SayOnceThatTheyCannotBeEvaluated) {
  start(record("one", "load * 0 + on () group_left () vector(1)") +
        record("bad",
               "label_replace(load, \"job\", \"\", \"job\", \".*\") or load * on () count(load) or "
               "label_replace(up * 0, \"__name__\", \"a\", \"\", \"\")"));
  run(200, 1);
  EXPECT_TRUE(world_->engine().take_warnings().empty());
  reload(record("bad", "load * on (job) {__name__=~\"load|up\"}"));
  run(400, 1);
  const auto warnings = world_->engine().take_warnings();
  ASSERT_EQ(warnings.size(), 1);
  EXPECT_GT(world_->engine().rule_figures().failures, 5);
  EXPECT_EQ(warnings[0].find("the rule bad of group rules in slod.yaml cannot be evaluated: "), 0)
      << warnings[0];
}

TEST_F(Rules, AreEvaluatedAgainAfterAnEvaluationThatThrew) {
  start(alert("Busy", "load > 1"));
  run(60, 5);
  world_->engine().take_warnings();
  world_->engine().set_stopwatch([]() -> double { throw std::runtime_error("no such clock"); });
  run(90, 0);
  EXPECT_EQ(alerts(), "Busy firing") << "nothing was evaluated";
  const std::vector<std::string> warnings = world_->engine().take_warnings();
  ASSERT_FALSE(warnings.empty());
  EXPECT_EQ(warnings[0],
            "the evaluation of group rules in slod.yaml failed, and is tried again "
            "when it is due next: no such clock");
  world_->engine().set_stopwatch([] { return 0.0; });
  run(120, 0);
  EXPECT_EQ(alerts(), "");
}

TEST(RuleGroups, EvaluateAtTheSameTimesOnEveryNode) {
  rules::Group group;
  group.name = "group";
  group.file = "a.yml";
  group.interval = seconds(15);
  const Instant slot = evaluation_slot(group, at(0));
  EXPECT_GE(slot, at(0));
  EXPECT_LT(slot, at(15));
  EXPECT_EQ(evaluation_slot(group, slot), slot);
  EXPECT_EQ(evaluation_slot(group, slot + Duration(1)), slot + seconds(15));
  EXPECT_EQ(evaluation_slot(group, slot - Duration(1)), slot);
  const Instant before_1970 = Instant(Duration(-1'000'000));
  EXPECT_GE(evaluation_slot(group, before_1970), before_1970);
  EXPECT_LT(evaluation_slot(group, before_1970), before_1970 + seconds(15));
  EXPECT_EQ((evaluation_slot(group, before_1970) - slot) % seconds(15), Duration(0));
  std::set<Instant> slots;
  for (int i = 0; i < 50; ++i) {
    group.name = fmt::format("group {}", i);
    slots.insert(evaluation_slot(group, at(0)));
  }
  EXPECT_GT(slots.size(), 40);
}

TEST(RuleGroups, SkipWhatTheyMissed) {
  const config::Config config = configured(head + alert("Busy", "load > 1"));
  RuleGroups groups;
  groups.configure(config.rule_groups, {}, at(0));
  auto due = groups.take_due(at(15));
  ASSERT_EQ(due.size(), 1);
  const Instant first = due[0].at;
  EXPECT_TRUE(groups.apply(due[0].group, due[0].state));
  EXPECT_TRUE(groups.take_due(first + seconds(14)).empty());
  due = groups.take_due(first + seconds(100));
  ASSERT_EQ(due.size(), 1);
  EXPECT_EQ(due[0].at, first + seconds(90));
  EXPECT_EQ(groups.figures().missed, 5);
  groups.apply(due[0].group, due[0].state);
  // A clock that was set back does not stop it.
  due = groups.take_due(first - minutes(60) + seconds(15));
  ASSERT_LE(due.size(), 1);
  if (due.empty()) due = groups.take_due(first - minutes(60) + seconds(30));
  EXPECT_EQ(due.size(), 1);
}

TEST(RuleReach, AddsUpOverWhatRulesRecord) {
  const config::Config config = configured(head + record("a", "rate(load[5m])") +
                                           record("b", "avg_over_time(a[10m] offset 1m)") +
                                           record("self", "self + max_over_time(self[2m])") +
                                           alert("X", "b > 1") + alert("Y", "load > 1"));
  const auto needed = [&](std::size_t rule) {
    return samples_needed(config.rule_groups[0]->rules[rule], config.rule_groups);
  };
  EXPECT_EQ(needed(0), minutes(5));
  EXPECT_EQ(needed(1), minutes(16));
  EXPECT_EQ(needed(3), minutes(16));
  EXPECT_EQ(needed(4), minutes(0));
  EXPECT_GE(needed(2), minutes(2));
}

}  // namespace
}  // namespace slod
