#include "lib/engine/rule_book.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <stop_token>
#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::minutes;

/// A book of rules alone, over samples that the test appends.
class RuleBookTest : public testing::Test {
 protected:
  void configure(const std::string& rules, double second = 0) {
    const config::Config config = configured(R"(
services: [{name: api}]
alerting:
  receivers: [{name: hook, webhook: {url: 'http://127.0.0.1:9/a'}}]
  routes: {page: [hook]}
)" + (rules.empty() ? "" : "rules:\n" + rules));
    notices_.reconfigure(config);
    book_.reconfigure(config, make_plan(config), samples_, notices_, at(second));
  }

  void load(double value, double second) {
    const Labels labels{{"__name__", "load"}};
    samples_.append(samples_.series(labels), at(second), value);
  }

  /// Evaluates what is due.
  std::size_t evaluate(double second) {
    std::vector<RuleJob> jobs = book_.take_jobs(samples_, stop_.get_token(), {}, at(second));
    for (RuleJob& job : jobs) book_.apply(job.run(), samples_, notices_, at(second));
    return jobs.size();
  }

  std::size_t alerts() const {
    Snapshot snapshot;
    book_.publish(snapshot);
    std::size_t count = 0;
    for (const auto& group : snapshot.rule_groups) {
      for (const rules::RuleStatus& rule : group->rules) count += rule.alerts.size();
    }
    return count;
  }

  Changes taken() {
    Changes changes;
    book_.take_into(changes);
    notices_.take_into(changes);
    return changes;
  }

  RecentSamples samples_{SampleLimits{}};
  Notices notices_;
  RuleBook book_;
  std::stop_source stop_;
};

std::string record(const std::string& name, const std::string& expr) {
  return fmt::format("  - {{record: {}, expr: '{}'}}\n", name, expr);
}

std::string alert(const std::string& name, const std::string& expr) {
  return fmt::format("  - {{alert: {}, expr: '{}', severity: page}}\n", name, expr);
}

TEST_F(RuleBookTest, RecordsInTheSamplesAndEndsThereWhatIsDropped) {
  configure(record("double", "load * 2"));
  load(4, 60);
  ASSERT_EQ(evaluate(75), 1U);
  const auto recorded = samples_.find(Labels{{"__name__", "double"}});
  ASSERT_TRUE(recorded);
  EXPECT_FALSE(samples_.append(*recorded, at(60), 1)) << "it has a sample already";
  configure("", 90);
  EXPECT_FALSE(samples_.append(*recorded, at(90), 1)) << "it ended there";
  EXPECT_TRUE(samples_.append(*recorded, at(91), 1));
}

TEST_F(RuleBookTest, SendsAndStoresAlertsAndRemembersWhenTheirGroupWasEvaluated) {
  configure(alert("Busy", "load > 1"));
  EXPECT_TRUE(taken().empty());
  load(4, 60);
  evaluate(75);
  EXPECT_EQ(alerts(), 1U);
  const Changes fired = taken();
  ASSERT_EQ(fired.outbox.size(), 1U);
  EXPECT_EQ(fired.outbox[0].receiver, "hook");
  ASSERT_EQ(fired.remembered.rule_marks.size(), 1U);
  EXPECT_EQ(fired.remembered.rule_marks[0].key, "slod.yaml;rules");
  EXPECT_TRUE(fired.remembered.rule_marks[0].value);
  EXPECT_TRUE(taken().empty()) << "it was taken";

  configure("", 90);
  const Changes dropped = taken();
  ASSERT_EQ(dropped.outbox.size(), 1U);
  EXPECT_EQ(dropped.outbox[0].id, fired.episodes.at(0).key + "/resolved/hook");
  EXPECT_EQ(dropped.remembered.rule_marks,
            (std::vector<Keyed<Instant>>{{"slod.yaml;rules", std::nullopt}}));
}

TEST_F(RuleBookTest, SaysOnceThatARuleBeganToFail) {
  configure(record("bad", "load * on () vector(1)"));
  load(1, 60);
  samples_.append(samples_.series(Labels{{"__name__", "load"}, {"a", "b"}}), at(60), 1);
  evaluate(75);
  const std::vector<std::string> warnings = book_.take_warnings();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_TRUE(
      warnings[0].starts_with("the rule bad of group rules in slod.yaml cannot be evaluated: "))
      << warnings[0];
  evaluate(90);
  EXPECT_TRUE(book_.take_warnings().empty());
  EXPECT_EQ(book_.figures().failures, 2U);
}

TEST_F(RuleBookTest, GivesAGroupOutOnceAndDropsWhatAReloadOvertook) {
  configure(alert("Busy", "load > 1"));
  load(4, 60);
  std::vector<RuleJob> jobs = book_.take_jobs(samples_, stop_.get_token(), {}, at(75));
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_TRUE(book_.take_jobs(samples_, stop_.get_token(), {}, at(90)).empty());
  configure(alert("Busy", "load > 7"), 91);
  book_.apply(jobs[0].run(), samples_, notices_, at(92));
  EXPECT_EQ(alerts(), 0U);
  EXPECT_TRUE(taken().empty());
}

TEST_F(RuleBookTest, GivesAGroupOutAgainWhoseEvaluationFailed) {
  configure(alert("Busy", "load > 1"));
  load(4, 60);
  evaluate(75);
  std::vector<RuleJob> jobs = book_.take_jobs(samples_, stop_.get_token(), {}, at(90));
  ASSERT_EQ(jobs.size(), 1U);
  book_.apply(jobs[0].failed("out of memory"), samples_, notices_, at(90));
  EXPECT_EQ(book_.take_warnings(),
            std::vector<std::string>{"the evaluation of group rules in slod.yaml failed, and is "
                                     "tried again when it is due next: out of memory"});
  EXPECT_EQ(book_.figures().failures, 1U);
  EXPECT_EQ(alerts(), 1U) << "it goes on with what it remembers";
  EXPECT_EQ(evaluate(105), 1U);
}

TEST_F(RuleBookTest, AppliesNothingOfAJobThatWasAskedToStop) {
  configure(alert("Busy", "load > 1"));
  load(4, 60);
  std::vector<RuleJob> jobs = book_.take_jobs(samples_, stop_.get_token(), {}, at(75));
  ASSERT_EQ(jobs.size(), 1U);
  stop_.request_stop();
  EvaluatedGroup done = jobs[0].run();
  EXPECT_FALSE(done.evaluation);
  book_.apply(std::move(done), samples_, notices_, at(76));
  EXPECT_EQ(alerts(), 0U);
}

TEST_F(RuleBookTest, GoesOnWithAnAlertFromBeforeARestart) {
  configure(alert("Busy", "load > 1"));
  load(4, 60);
  evaluate(75);
  const Changes before = taken();
  const auto stored =
      rules::stored_alert_from_json(boost::json::parse(before.episodes.at(0).episode));
  ASSERT_TRUE(stored) << stored.error();

  RuleBook after;
  Notices notices;
  RecentSamples samples{SampleLimits{}};
  const config::Config config =
      configured("services: [{name: api}]\nrules:\n" + alert("Busy", "load > 1"));
  after.reconfigure(config, make_plan(config), samples, notices, at(100));
  after.restore(before.remembered.rule_marks);
  after.restore_alert(*stored, notices, at(100));
  rules::StoredAlert gone = *stored;
  gone.rule = "Other";
  after.restore_alert(gone, notices, at(100));
  after.finish_restore();
  Snapshot snapshot;
  after.publish(snapshot);
  EXPECT_EQ(snapshot.rule_groups.at(0)->rules.at(0).alerts.size(), 1U);
  Changes changes;
  notices.take_into(changes);
  ASSERT_EQ(changes.episodes.size(), 1U) << "there is no rule for the other";
  EXPECT_FALSE(changes.episodes[0].open);
  after.take_into(changes);
  EXPECT_TRUE(changes.remembered.rule_marks.empty()) << "what is stored is still so";
}

}  // namespace
}  // namespace slod
