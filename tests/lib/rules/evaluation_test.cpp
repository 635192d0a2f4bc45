#include "lib/rules/evaluation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/promql/parser.h"
#include "lib/series/recent_samples.h"

namespace slod::rules {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant start = parse_instant("2026-11-24T10:00:00Z").value();

Rule recording(const std::string& name, const std::string& expr) {
  Rule rule;
  rule.record = name;
  rule.expr = expr;
  rule.parsed = promql::parse(expr).value();
  return rule;
}

Rule alerting(const std::string& name, const std::string& expr, Duration hold = {}) {
  Rule rule = recording("", expr);
  rule.alert = name;
  rule.hold = hold;
  return rule;
}

/// Evaluates a group again and again over samples into which what it makes goes back.
class Evaluated {
 public:
  explicit Evaluated(std::vector<Rule> rules) {
    group.name = "group";
    group.file = "rules.yml";
    group.interval = minutes(1);
    group.rules = std::move(rules);
  }

  void sample(const Labels& labels, Instant at, double value) {
    samples.append(samples.series(labels), at, value);
  }

  /// "metric{labels} value; ...", where a stale marker is "gone".
  std::string run(Instant at) {
    const std::vector<promql::Matcher> all;
    last =
        evaluate(group, std::move(state), at, samples.view({&all, 1}, {at - minutes(60), at}),
                 {.external_url = "", .is_cancelled = {}, .memory_left = {}, .seconds_now = [this] {
                    return seconds_now += 0.5;
                  }});
    state = last.state;
    std::string out;
    for (const RuleSample& sample : last.samples) {
      if (!out.empty()) out += "; ";
      Labels labels = sample.labels;
      labels.set("__name__", "");
      out += fmt::format(
          "{}{} {}", sample.labels.get("__name__"), to_text(labels),
          is_stale_marker(sample.value) ? "gone" : fmt::format("{:.10g}", sample.value));
      EXPECT_EQ(sample.at, at - group.query_offset);
      if (is_stale_marker(sample.value)) {
        samples.end(samples.series(sample.labels), sample.at);
      } else {
        sample_of(sample);
      }
    }
    return out;
  }

  std::string error(std::size_t rule) const { return state.rules.at(rule).status.error; }

  Group group;
  RecentSamples samples{SampleLimits{}};
  GroupState state;
  Evaluation last;
  double seconds_now = 0;

 private:
  void sample_of(const RuleSample& sample) { this->sample(sample.labels, sample.at, sample.value); }
};

const Labels load_a{{"__name__", "load"}, {"host", "a"}};
const Labels load_b{{"__name__", "load"}, {"host", "b"}};

TEST(Evaluation, RecordsWhatTheNextRuleSees) {
  Evaluated world({recording("double", "load * 2"), recording("total", "sum(double)"),
                   alerting("Busy", "total > 10")});
  world.sample(load_a, start, 2);
  world.sample(load_b, start, 4);
  EXPECT_EQ(world.run(start + seconds(1)),
            "double{host=\"a\"} 4; double{host=\"b\"} 8; total{} 12; "
            "ALERTS{alertname=\"Busy\",alertstate=\"firing\"} 1; "
            "ALERTS_FOR_STATE{alertname=\"Busy\"} 1795514401");
}

TEST(Evaluation, EndsSeriesThatAreNotMadeAnyMore) {
  Evaluated world({recording("double", "load * 2"), recording("kinds", "count(double)")});
  world.sample(load_a, start, 2);
  world.sample(load_b, start, 4);
  world.run(start + seconds(1));
  world.samples.end(world.samples.series(load_a), start + seconds(2));
  EXPECT_EQ(world.run(start + minutes(1)),
            "double{host=\"b\"} 8; double{host=\"a\"} gone; kinds{} 1");
  world.samples.end(world.samples.series(load_b), start + seconds(70));
  EXPECT_EQ(world.run(start + minutes(2)), "double{host=\"b\"} gone; kinds{} gone");
  EXPECT_EQ(world.run(start + minutes(3)), "");
}

TEST(Evaluation, MovesAlertsAndTheirSeries) {
  Evaluated world({alerting("Busy", "load > 1", minutes(1))});
  world.sample(load_a, start, 2);
  EXPECT_EQ(world.run(start),
            "ALERTS{alertname=\"Busy\",alertstate=\"pending\",host=\"a\"} 1; "
            "ALERTS_FOR_STATE{alertname=\"Busy\",host=\"a\"} 1795514400");
  EXPECT_EQ(world.run(start + minutes(1)),
            "ALERTS{alertname=\"Busy\",alertstate=\"firing\",host=\"a\"} 1; "
            "ALERTS_FOR_STATE{alertname=\"Busy\",host=\"a\"} 1795514400; "
            "ALERTS{alertname=\"Busy\",alertstate=\"pending\",host=\"a\"} gone");
  ASSERT_EQ(world.last.changes.size(), 1);
  EXPECT_EQ(world.last.changes[0].rule, 0);
  world.sample(load_a, start + seconds(90), 0);
  EXPECT_EQ(world.run(start + minutes(2)),
            "ALERTS{alertname=\"Busy\",alertstate=\"firing\",host=\"a\"} gone; "
            "ALERTS_FOR_STATE{alertname=\"Busy\",host=\"a\"} gone");
}

TEST(Evaluation, KeepsAlertsAndSeriesOverAnError) {
  Evaluated world({alerting("Busy", "load * on (host) limit > 1")});
  world.sample(load_a, start, 2);
  world.sample({{"__name__", "limit"}, {"host", "a"}}, start, 1);
  world.run(start);
  const Labels twin{{"__name__", "limit"}, {"host", "a"}, {"zone", "x"}};
  world.sample(twin, start + seconds(1), 1);
  EXPECT_EQ(world.run(start + minutes(1)), "");
  EXPECT_NE(world.error(0).find("many-to-many"), std::string::npos) << world.error(0);
  EXPECT_EQ(world.state.rules[0].status.health, Health::error);
  ASSERT_EQ(world.state.rules[0].status.alerts.size(), 1);
  EXPECT_EQ(world.state.rules[0].status.alerts[0].state, AlertState::firing);
  world.samples.end(world.samples.series(twin), start + seconds(90));
  world.run(start + minutes(2));
  EXPECT_EQ(world.error(0), "");
  EXPECT_EQ(world.state.rules[0].status.health, Health::ok);
  EXPECT_TRUE(world.last.changes.empty());
}

TEST(Evaluation, RefusesMoreThanItsLimit) {
  Evaluated world({recording("double", "load * 2"), alerting("Busy", "load > 0")});
  world.sample(load_a, start, 2);
  world.group.limit = 1;
  world.run(start);
  EXPECT_EQ(world.error(0), "");
  world.sample(load_b, start + seconds(1), 2);
  EXPECT_EQ(world.run(start + minutes(1)), "");
  EXPECT_EQ(world.error(0), "exceeded limit of 1 with 2 series");
  EXPECT_EQ(world.error(1), "exceeded limit of 1 with 2 alerts");
  EXPECT_TRUE(world.state.rules[1].status.alerts.empty());
  ASSERT_EQ(world.last.changes.size(), 1);  // the end of the one that fired before
  EXPECT_EQ(world.last.changes[0].from, AlertState::firing);
  world.run(start + minutes(2));
  EXPECT_TRUE(world.last.changes.empty());
}

TEST(Evaluation, RefusesRecordedSeriesThatBecomeTheSame) {
  Evaluated world({recording("double", "load * 2")});
  world.group.rules[0].labels = {{"host", "all"}};
  world.sample(load_a, start, 2);
  EXPECT_EQ(world.run(start), "double{host=\"all\"} 4");
  world.sample(load_b, start, 2);
  EXPECT_EQ(world.run(start + minutes(1)), "");
  EXPECT_EQ(world.error(0),
            "vector contains metrics with the same labelset after applying rule labels");
}

TEST(Evaluation, LooksBackByTheOffset) {
  Evaluated world({recording("copy", "load"), alerting("Busy", "load > 1")});
  world.group.query_offset = seconds(30);
  world.sample(load_a, start, 2);
  world.sample(load_a, start + seconds(50), 0);
  EXPECT_EQ(world.run(start + minutes(1)).substr(0, 18), "copy{host=\"a\"} 2; ");
  EXPECT_EQ(world.state.rules[1].status.alerts.at(0).active_at, start + minutes(1));
}

TEST(Evaluation, RecordsAScalar) {
  Evaluated world({recording("seven", "7")});
  EXPECT_EQ(world.run(start), "seven{} 7");
}

TEST(Evaluation, SaysWhenAndForHowLong) {
  Evaluated world({recording("one", "1"), recording("two", "2")});
  world.run(start);
  EXPECT_EQ(world.state.last_evaluation, start);
  EXPECT_EQ(world.state.rules[1].status.last_evaluation, start);
  EXPECT_EQ(world.state.rules[1].status.evaluation_seconds, 0.5);
  EXPECT_EQ(world.state.evaluation_seconds, 2.5);
}

TEST(Evaluation, FailsWhereItIsCancelled) {
  Evaluated world({recording("double", "sum(load)")});
  world.sample(load_a, start, 2);
  const std::vector<promql::Matcher> all;
  const Evaluation done =
      evaluate(world.group, {}, start, world.samples.view({&all, 1}, {start - minutes(5), start}),
               {.external_url = "",
                .is_cancelled = [] { return true; },
                .memory_left = {},
                .seconds_now = [] { return 0.0; }});
  EXPECT_TRUE(done.samples.empty());
  EXPECT_NE(done.state.rules.at(0).status.error, "");
}

}  // namespace
}  // namespace slod::rules
