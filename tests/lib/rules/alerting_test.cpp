#include "lib/rules/alerting.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

namespace slod::rules {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using enum AlertState;

const Instant start = parse_instant("2026-11-24T10:00:00Z").value();

Rule rule(Duration hold, Duration keep_firing_for = {}) {
  Rule out;
  out.alert = "Broken";
  out.expr = "broken > 0";
  out.hold = hold;
  out.keep_firing_for = keep_firing_for;
  return out;
}

/// The result of a query that yields a series for each of these instances.
query::Result result(const std::map<std::string, double>& values) {
  query::Result out;
  for (const auto& [instance, value] : values) {
    out.series.push_back({.labels = {{"__name__", "broken"}, {"instance", instance}},
                          .times = {start},
                          .values = {value},
                          .histograms = {}});
  }
  return out;
}

std::vector<AlertStatus> asked(const Rule& rule, const std::map<std::string, double>& values,
                               Instant at) {
  return asked_alerts(rule, "rules.yml;group", result(values), at, "http://slod").value();
}

/// Evaluates once a minute, where `seen` says of each minute whether the series was there; gives a
/// letter for each: - pending, F firing, . none.
std::string course(const Rule& rule, std::string_view seen) {
  std::vector<AlertStatus> alerts;
  std::string out;
  Instant at = start;
  for (const char present : seen) {
    step(rule, alerts,
         asked(rule,
               present == '1' ? std::map<std::string, double>{{"a", 1}}
                              : std::map<std::string, double>{},
               at),
         at);
    out += alerts.empty() ? '.' : alerts[0].state == firing ? 'F' : '-';
    at += minutes(1);
  }
  return out;
}

TEST(Alerting, FollowsItsTable) {
  struct Case {
    int hold, keep;  // minutes
    std::string seen, expected;
  };
  const Case cases[] = {
      {0, 0, "0110010", ".FF..F."},   {1, 0, "1100110", "-F..-F."},
      {2, 0, "11011110", "--.--FF."}, {0, 2, "1000100", "FFF.FFF"},
      {0, 2, "10100000", "FFFFF..."}, {2, 3, "11101000000", "--FFFFFF..."},
      {1, 5, "0100", ".-.."},  // what is pending is not kept
  };
  for (const Case& each : cases) {
    EXPECT_EQ(course(rule(minutes(each.hold), minutes(each.keep)), each.seen), each.expected)
        << each.hold << " " << each.keep << " " << each.seen;
  }
}

/// A second writing of the same: what an alert is follows from its last evaluations alone.
TEST(Alerting, AgreesWithTheLastEvaluations) {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    const int hold = static_cast<int>(random() % 4);
    const int keep = static_cast<int>(random() % 4);
    std::string seen;
    for (int i = 0; i < 30; ++i) seen += random() % 3 == 0 ? '0' : '1';
    std::string expected;
    bool is_firing = false;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const auto run_of = [&](char wanted) {
        int length = 0;
        while (length <= static_cast<int>(i) &&
               seen[i - static_cast<std::size_t>(length)] == wanted)
          ++length;
        return length;
      };
      const int present = run_of('1');
      const int absent = run_of('0');
      if (absent > keep) is_firing = false;
      if (present > hold) is_firing = true;
      expected += is_firing ? 'F' : present > 0 ? '-' : '.';
    }
    EXPECT_EQ(course(rule(minutes(hold), minutes(keep)), seen), expected)
        << hold << " " << keep << " " << seen;
  }
}

TEST(Alerting, TellsWhatChanged) {
  const Rule broken = rule(minutes(1));
  std::vector<AlertStatus> alerts;
  const auto changes_at = [&](int minute, const std::map<std::string, double>& values) {
    std::vector<std::string> out;
    const Instant at = start + minutes(minute);
    for (const AlertChange& change : step(broken, alerts, asked(broken, values, at), at)) {
      out.push_back(fmt::format("{} {}->{}", change.alert.labels.get("instance"),
                                to_string(change.from), to_string(change.alert.state)));
    }
    return out;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(changes_at(0, {{"a", 1}}), Texts{"a inactive->pending"});
  EXPECT_EQ(changes_at(1, {{"a", 1}, {"b", 2}}),
            (Texts{"a pending->firing", "b inactive->pending"}));
  EXPECT_EQ(changes_at(2, {{"a", 3}}), Texts{"b pending->inactive"});
  EXPECT_EQ(alerts.at(0).value, 3);
  EXPECT_EQ(alerts.at(0).active_at, start);
  EXPECT_EQ(alerts.at(0).fired_at, start + minutes(1));
  EXPECT_EQ(changes_at(3, {}), Texts{"a firing->inactive"});
  EXPECT_EQ(changes_at(4, {}), Texts{});
}

TEST(Alerting, GivesEachStretchAKeyOfItsOwn) {
  const Rule broken = rule({});
  std::vector<AlertStatus> alerts;
  std::set<std::string> keys;
  for (int minute = 0; minute < 6; ++minute) {
    const Instant at = start + minutes(minute);
    const bool present = minute % 3 != 2;
    step(broken, alerts,
         asked(broken,
               present ? std::map<std::string, double>{{"a", 1}, {"b", 1}}
                       : std::map<std::string, double>{},
               at),
         at);
    for (const AlertStatus& alert : alerts) keys.insert(alert.key);
  }
  EXPECT_EQ(keys.size(), 4);  // two series, two stretches
}

TEST(Alerting, SetsLabelsAndAnnotations) {
  Rule broken = rule({});
  broken.labels = {{"severity", "page"},
                   {"instance", "of {{ $labels.instance }}"},
                   {"gone", "{{ $labels.none }}"}};
  broken.annotations = {{"summary", "{{ $labels.__name__ }} is {{ $value | humanize }}"},
                        {"at", "{{ $externalURL }}"}};
  const auto alerts = asked(broken, {{"a", 1234.5}}, start);
  ASSERT_EQ(alerts.size(), 1);
  EXPECT_EQ(alerts[0].labels,
            (Labels{{"alertname", "Broken"}, {"instance", "of a"}, {"severity", "page"}}));
  EXPECT_EQ(alerts[0].annotations,
            (Labels{{"at", "http://slod"}, {"summary", "broken is 1.234k"}}));
  EXPECT_EQ(alerts[0].value, 1234.5);
}

TEST(Alerting, TakesAScalarForASeriesWithoutLabels) {
  query::Result scalar;
  scalar.type = promql::ValueType::scalar;
  scalar.scalar = 7;
  const auto alerts = asked_alerts(rule({}), "group", scalar, start, "").value();
  ASSERT_EQ(alerts.size(), 1);
  EXPECT_EQ(alerts[0].labels, (Labels{{"alertname", "Broken"}}));
  EXPECT_EQ(alerts[0].value, 7);
}

TEST(Alerting, RefusesSeriesThatBecomeTheSame) {
  Rule broken = rule({});
  broken.labels = {{"instance", "all"}};
  const auto alerts = asked_alerts(broken, "group", result({{"a", 1}, {"b", 1}}), start, "");
  ASSERT_FALSE(alerts);
  EXPECT_EQ(alerts.error(),
            "vector contains metrics with the same labelset after applying alert labels");
}

TEST(Alerting, HoldsWhatIsHeldUntilItIsOver) {
  const Rule broken = rule({});
  std::vector<AlertStatus> alerts;
  step(broken, alerts, asked(broken, {{"a", 1}}, start), start);
  alerts.at(0).held_until = start + minutes(5);
  for (int minute = 1; minute < 5; ++minute) {
    EXPECT_TRUE(step(broken, alerts, {}, start + minutes(minute)).empty());
    ASSERT_EQ(alerts.size(), 1);
  }
  // What was seen in between does not change that, as its samples are too few as well.
  step(broken, alerts, asked(broken, {{"a", 2}}, start + minutes(4)), start + minutes(4));
  EXPECT_EQ(alerts.at(0).value, 2);
  EXPECT_EQ(step(broken, alerts, {}, start + minutes(5)).size(), 1);
  EXPECT_TRUE(alerts.empty());
}

TEST(Alerting, EndsAWaitThatWasHeldOnceItWasSeen) {
  const Rule broken = rule(minutes(20));
  std::vector<AlertStatus> alerts;
  step(broken, alerts, asked(broken, {{"a", 1}}, start), start);
  alerts.at(0).held_until = start + minutes(10);
  step(broken, alerts, {}, start + minutes(1));
  ASSERT_EQ(alerts.size(), 1);
  step(broken, alerts, asked(broken, {{"a", 1}}, start + minutes(2)), start + minutes(2));
  EXPECT_EQ(alerts.at(0).active_at, start);
  EXPECT_EQ(step(broken, alerts, {}, start + minutes(3)).size(), 1);
  EXPECT_TRUE(alerts.empty());
}

TEST(Alerting, GoesOnWithWaitsAsPrometheusDoes) {
  struct Case {
    int hold, waited, outage;        // minutes
    std::optional<int> fires_after;  // minutes after the first evaluation; nullopt: begins anew
  };
  const Case cases[] = {
      {5, 4, 1, std::nullopt},    // `for` is too short
      {10, 4, 1, 10},             // left are 6: it waits for the 10 of grace
      {30, 4, 1, 26},             // the outage does not count
      {30, 25, 1, 10},            // left are 5
      {30, 30, 1, 0},             // had waited long enough
      {30, 4, 60, 26},            //
      {30, 4, 61, std::nullopt},  // too long an outage
  };
  for (const Case& each : cases) {
    const Rule broken = rule(minutes(each.hold));
    std::vector<AlertStatus> alerts = asked(broken, {{"a", 1}}, start);
    const Instant down_at = start + minutes(each.waited);
    const Instant at = down_at + minutes(each.outage);
    const auto changes = restore_waits(broken, alerts, down_at, at);
    if (!each.fires_after) {
      EXPECT_TRUE(alerts.empty()) << each.hold;
      ASSERT_EQ(changes.size(), 1);
      EXPECT_EQ(changes[0].alert.state, inactive);
      continue;
    }
    ASSERT_EQ(alerts.size(), 1);
    int minute = 0;
    while (minute < 100) {
      const Instant now = at + minutes(minute);
      step(broken, alerts, asked(broken, {{"a", 1}}, now), now);
      if (alerts[0].state == firing) break;
      ++minute;
    }
    EXPECT_EQ(minute, *each.fires_after) << each.hold << " " << each.waited << " " << each.outage;
  }
}

TEST(Alerting, LeavesWhatFiredAsItIsOverAnOutage) {
  const Rule broken = rule(minutes(1));
  std::vector<AlertStatus> alerts = asked(broken, {{"a", 1}}, start);
  alerts[0].state = firing;
  alerts[0].fired_at = start + minutes(1);
  EXPECT_TRUE(restore_waits(broken, alerts, start + minutes(2), start + hours(5)).empty());
  ASSERT_EQ(alerts.size(), 1);
  EXPECT_EQ(alerts[0].state, firing);
}

}  // namespace
}  // namespace slod::rules
