// Evaluations that look back, at their limit and at the last moment of a wait.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "lib/promql/parser.h"
#include "lib/rules/alerting.h"
#include "lib/rules/evaluation.h"
#include "lib/rules/humanize.h"
#include "lib/rules/stored_alert.h"
#include "lib/series/recent_samples.h"

namespace slod::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant start = parse_instant("2026-11-24T10:00:00Z").value();
const Labels load_a{{"__name__", "load"}, {"host", "a"}};
const Labels load_b{{"__name__", "load"}, {"host", "b"}};

Rule recording(const std::string& name, const std::string& expr) {
  Rule rule;
  rule.record = name;
  rule.expr = expr;
  rule.parsed = promql::parse(expr).value();
  return rule;
}

Rule alerting(const std::string& expr, Duration hold = {}, Duration keep_firing_for = {}) {
  Rule rule = recording("", expr);
  rule.alert = "Busy";
  rule.hold = hold;
  rule.keep_firing_for = keep_firing_for;
  return rule;
}

/// A group of one rule over samples that are given by hand.
class OneRule {
 public:
  explicit OneRule(Rule rule) {
    group.name = "group";
    group.file = "rules.yml";
    group.interval = minutes(1);
    group.rules.push_back(std::move(rule));
  }

  void sample(const Labels& labels, Instant at, double value) {
    samples.append(samples.series(labels), at, value);
  }
  void end(const Labels& labels, Instant at) { samples.end(samples.series(labels), at); }

  Evaluation run(Instant at) {
    const std::vector<promql::Matcher> all;
    Evaluation done =
        evaluate(group, state, at, samples.view({&all, 1}, {at - minutes(60), at}),
                 {.external_url = "", .is_cancelled = {}, .memory_left = {}, .seconds_now = [] {
                    return 0.0;
                  }});
    state = done.state;
    return done;
  }

  const RuleStatus& status() const { return state.rules.at(0).status; }

  Group group;
  RecentSamples samples{SampleLimits{}};
  GroupState state;
};

TEST(EvaluationOffset, WritesTheEndOfASeriesWhenItsSamplesWouldHaveBeen) {
  for (const Rule& rule : {recording("double", "load * 2"), alerting("load > 1")}) {
    OneRule one(rule);
    one.group.query_offset = seconds(30);
    one.sample(load_a, start, 2);
    for (const RuleSample& sample : one.run(start + minutes(1)).samples) {
      EXPECT_EQ(sample.at, start + seconds(30));
    }
    one.end(load_a, start + seconds(70));
    const std::vector<RuleSample> ended = one.run(start + minutes(2)).samples;
    ASSERT_FALSE(ended.empty());
    for (const RuleSample& sample : ended) {
      EXPECT_TRUE(is_stale_marker(sample.value));
      EXPECT_EQ(sample.at, start + seconds(90));
    }
  }
}

TEST(EvaluationLimit, IsWhatARuleMayMake) {
  for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    for (const bool alerts : {false, true}) {
      OneRule one(alerts ? alerting("load > 1") : recording("double", "load * 2"));
      one.group.limit = limit;
      one.sample(load_a, start, 2);
      one.sample(load_b, start, 2);
      one.run(start + seconds(1));
      EXPECT_EQ(one.status().health, limit == 1 ? Health::error : Health::ok) << limit;
    }
  }
}

TEST(Evaluation, EndsNoSeriesThatGoesOnWhateverTheirOrder) {
  OneRule one(alerting("load > 1"));
  for (const Labels& labels : {load_a, load_b}) one.sample(labels, start, 2);
  for (int minute = 1; minute <= 3; ++minute) {
    const std::vector<RuleSample> samples = one.run(start + minutes(minute)).samples;
    EXPECT_EQ(samples.size(), 4U) << "ALERTS and ALERTS_FOR_STATE of both";
    for (const RuleSample& sample : samples) EXPECT_FALSE(is_stale_marker(sample.value));
  }
}

TEST(Evaluation, SaysOfWhichRuleAnAlertIs) {
  OneRule group(recording("double", "load * 2"));
  group.group.rules.push_back(alerting("load > 9"));
  group.group.rules.push_back(alerting("load > 1"));
  group.sample(load_a, start, 2);
  const Evaluation done = group.run(start + minutes(1));
  ASSERT_EQ(done.changes.size(), 1U);
  EXPECT_EQ(done.changes[0].rule, 2U);
}

TEST(AlertRule, HasTheAnnotationsOfItsLastEvaluation) {
  const Rule rule = alerting("x");
  std::vector<AlertStatus> alerts;
  for (const char* text : {"first", "second"}) {
    AlertStatus asked;
    asked.labels = {{"alertname", "Busy"}};
    asked.annotations = {{"summary", text}};
    asked.active_at = start;
    step(rule, alerts, {asked}, start);
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0].annotations.get("summary"), text);
  }
}

TEST(AlertRule, EndsNoEarlierThanItFired) {
  AlertStatus alert;
  alert.labels = {{"alertname", "Busy"}};
  alert.state = AlertState::firing;
  alert.fired_at = start;
  std::vector<AlertStatus> alerts{alert};
  const auto changes = step(alerting("x"), alerts, {}, start - minutes(5));  // clock set back
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].alert.resolved_at, start);
}

TEST(Humanize, ChangesItsPrefixAtAThousandAndNoSooner) {
  EXPECT_EQ(humanize(0.001), "1m");
  EXPECT_EQ(humanize(0.000001), "1u");
  EXPECT_EQ(humanize(1), "1");
  EXPECT_EQ(humanize(999), "999");
  EXPECT_EQ(humanize(1000), "1k");
  EXPECT_EQ(humanize1024(1023), "1023");
  EXPECT_EQ(humanize1024(1024), "1ki");
  EXPECT_EQ(humanize_duration(0.001), "1ms");
  EXPECT_EQ(humanize_duration(1), "1s");
}

TEST(Humanize, RefusesATimeThatSixtyFourBitsOfNanosecondsCannotHold) {
  EXPECT_FALSE(humanize_timestamp(9223372036.854775807));  // two to the power of 63, as a double
  EXPECT_TRUE(humanize_timestamp(9223372036.8));
  EXPECT_TRUE(humanize_timestamp(-9223372036.854775807));
}

TEST(StoredAlert, NeedsAKey) {
  AlertStatus alert;
  alert.labels = {{"alertname", "Busy"}};
  alert.state = AlertState::pending;
  Group group;
  group.name = "group";
  for (const char* key : {"", "slod-1"}) {
    alert.key = key;
    const auto read = stored_alert_from_json(to_json(stored_alert(group, alerting("x"), alert)));
    EXPECT_EQ(read.has_value(), alert.key != "") << key;
  }
}

/// What becomes of an alert over a series of evaluations, one a minute; `asked` says whether its
/// expression has a value. One letter for each: P pending, F firing, - none.
std::string lived(const Rule& rule, const std::string& asked) {
  std::string out;
  std::vector<AlertStatus> alerts;
  Instant at = start;
  for (const char each : asked) {
    std::vector<AlertStatus> wanted;
    if (each == 'x') {
      AlertStatus alert;
      alert.labels = {{"alertname", "Busy"}};
      alert.active_at = at;
      alert.key = "key";
      wanted.push_back(alert);
    }
    step(rule, alerts, std::move(wanted), at);
    out += alerts.empty() ? '-' : alerts[0].state == AlertState::firing ? 'F' : 'P';
    at += minutes(1);
  }
  return out;
}

TEST(AlertRule, FiresOnceItHasHeldForItsTime) {
  EXPECT_EQ(lived(alerting("x", minutes(2)), "xxxx-"), "PPFF-");
  EXPECT_EQ(lived(alerting("x", minutes(2) + Duration(1)), "xxxx"), "PPPF");
  EXPECT_EQ(lived(alerting("x"), "x-"), "F-");
  EXPECT_EQ(lived(alerting("x", minutes(2)), "x-xxx"), "P-PPF") << "begins again";
}

TEST(AlertRule, KeepsFiringForItsTimeAndNoLonger) {
  EXPECT_EQ(lived(alerting("x", {}, minutes(2)), "x----"), "FFF--");
  EXPECT_EQ(lived(alerting("x", {}, minutes(2)), "x--x---"), "FFFFFF-") << "counts from its last";
  EXPECT_EQ(lived(alerting("x", minutes(5), minutes(2)), "x-"), "P-") << "only what fires is kept";
}

TEST(AlertRule, IsHeldUntilItsTimeOnly) {
  const Rule rule = alerting("x");
  for (const Duration more : {Duration(0), Duration(1)}) {
    AlertStatus alert;
    alert.labels = {{"alertname", "Busy"}};
    alert.state = AlertState::firing;
    alert.fired_at = start - minutes(5);
    alert.held_until = start + more;
    std::vector<AlertStatus> alerts{alert};
    EXPECT_EQ(step(rule, alerts, {}, start).size(), more == Duration(0) ? 1U : 0U);
  }
}

TEST(AlertRule, GoesOnWithWhatIsLeftOfItsWait) {
  // For 20 minutes, of which 5 had passed before it was down for 10.
  const Rule rule = alerting("x", minutes(20));
  const auto restored = [&](Duration waited, Duration down) {
    AlertStatus alert;
    alert.labels = {{"alertname", "Busy"}};
    alert.state = AlertState::pending;
    alert.active_at = start - waited;
    std::vector<AlertStatus> alerts{alert};
    restore_waits(rule, alerts, start, start + down);
    return alerts;
  };
  ASSERT_EQ(restored(minutes(5), minutes(10)).size(), 1U);
  EXPECT_EQ(restored(minutes(5), minutes(10))[0].active_at, start + minutes(5))
      << "the time that slod was down does not count";
  // Ten minutes must be waited again in any case.
  EXPECT_EQ(restored(minutes(10), minutes(10))[0].active_at, start);
  EXPECT_EQ(restored(minutes(11), minutes(10))[0].active_at, start);
  EXPECT_EQ(restored(minutes(20), minutes(10))[0].active_at, start - minutes(20)) << "was due";
  EXPECT_EQ(restored(minutes(5), outage_most).size(), 1U);
  EXPECT_TRUE(restored(minutes(5), outage_most + Duration(1)).empty());
}

TEST(AlertRule, BeginsAWaitThatIsShortAgain) {
  for (const Duration hold :
       {Duration(restored_wait_least) - Duration(1), Duration(restored_wait_least)}) {
    AlertStatus alert;
    alert.labels = {{"alertname", "Busy"}};
    alert.state = AlertState::pending;
    alert.active_at = start - minutes(1);
    std::vector<AlertStatus> alerts{alert};
    restore_waits(alerting("x", hold), alerts, start, start + minutes(1));
    EXPECT_EQ(alerts.size(), hold == restored_wait_least ? 1U : 0U);
  }
}

}  // namespace
}  // namespace slod::rules
