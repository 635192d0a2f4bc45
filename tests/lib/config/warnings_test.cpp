// What may be meant, but is rarely what one wants.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using Findings = std::vector<std::string>;

/// A service with one SLO on line 1, after these keys from line 2 on.
std::string slo(const std::string& keys, const std::string& top) {
  return "services: [{name: s, slos: [{name: a, " + keys + "}]}]\n" + top;
}

constexpr const char* availability =
    R"(availability: {total: 't{job="api"}', good: 'g{job="api"}'})";
constexpr const char* api = "scrape: [{job: api, targets: ['a:1']}]";

TEST(Warnings, NameAWindowThatIsTooShortForABudget) {
  const auto found =
      findings(slo("objective: 99%, window: 59m, " + std::string(availability), api));
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(
      found[0],
      "1:63: warning: expected a window of at least 1h, found 59m; that is for demonstrations "
      "and tests");
}

TEST(Warnings, NameTheBurnRatesThatAnObjectiveNeverReaches) {
  EXPECT_EQ(
      findings(slo("objective: 90%, " + std::string(availability), api)),
      Findings{"1:50: warning: expected an objective at which every burn rate can be reached, "
               "found one at which page at 14.4 over 1h and 5m never is"});
  EXPECT_EQ(findings(slo("objective: 95%, " + std::string(availability), api)), Findings{});
}

TEST(Warnings, NameBurnRateWindowsThatTheReadingCannotResolve) {
  EXPECT_EQ(findings(slo("objective: 99%, window: 1d, " + std::string(availability), api)),
            Findings{"1:63: warning: expected the short window of a burn rate to be at least four "
                     "intervals of 15s, found 10s for page at 14.4 over 2m, scaled to the window "
                     "of 1d: scrape more often, or take a longer window"});
  EXPECT_EQ(findings(slo("objective: 99%, window: 7d, " + std::string(availability), api)),
            Findings{});
}

TEST(Warnings, NameASelectorOfAReplicaThatNoSeriesHas) {
  const auto of = [](const std::string& matcher, const std::string& more = "") {
    Findings found = findings(
        "prometheus: [{name: p, url: 'http://h'" + more +
        "}]\nservices: [{name: s, slos: [{name: a, objective: 99%, availability: {total: 't" +
        matcher + "', bad: b}}]}]");
    return found;
  };
  EXPECT_EQ(
      of("{replica=\"a\"}"),
      Findings{"2:77: warning: expected a selector without replica, found t{replica=\"a\"}: it "
               "is one of the replica_labels of the Prometheus server p, so that no series "
               "from there has it"});
  EXPECT_EQ(of("{replica!=\"a\"}"), Findings{});
  EXPECT_EQ(of("{replica=\"\"}"), Findings{});
  EXPECT_EQ(of("{replica=\"a\"}", ", replica_labels: []"), Findings{});
  EXPECT_EQ(of("{zone=\"a\"}", ", replica_labels: [zone]").size(), 1U);
  EXPECT_EQ(of("", ", replica_labels: [le]"),
            Findings{"1:58: error: expected a label that tells replicas of one series apart, found "
                     "\"le\""});
}

TEST(Warnings, TakeBurnRatesOfOnesOwnAsTheyAreWritten) {
  const std::string text = slo("objective: 99%, window: 1h, " + std::string(availability), api);
  const auto with = [&](std::string_view short_window) {
    return findings(
        fmt::format("{}\nalerting: {{burn_rates: [{{severity: page, long: 10m, short: "
                    "{}, factor: 2}}]}}",
                    text, short_window));
  };
  EXPECT_EQ(with("1m"), Findings{});
  EXPECT_EQ(with("59s"),
            Findings{"1:63: warning: expected the short window of a burn rate to be at least four "
                     "intervals of 15s, found 59s for page at 2 over 10m: scrape more often, or "
                     "take a longer window"});
}

TEST(Warnings, NameSelectorsThatNoTargetCanHave) {
  const std::string keys = R"(objective: 99%, availability: {total: 't{job="web"}', good: g})";
  EXPECT_EQ(findings(slo(keys, api)),
            Findings{"1:77: warning: expected a scrape job or Prometheus server that can have "
                     "t{job=\"web\"}, found none"});
  EXPECT_EQ(findings(slo(keys, "prometheus: [{name: p, url: 'http://a'}]")), Findings{});
  EXPECT_EQ(findings(slo(R"(objective: 99%, throughput: {total: 't{cluster="a"}', at_least: 1/s})",
                         "scrape: [{job: x, targets: ['a:1'], labels: {cluster: b}}]")),
            Findings{"1:75: warning: expected a scrape job or Prometheus server that can have "
                     "t{cluster=\"a\"}, found none"});
  EXPECT_EQ(
      findings(slo(R"(objective: 99%, throughput: {total: 't{instance=~"b:.*"}', at_least: 1/s})",
                   "scrape: [{job: x, targets: ['a:1', 'b:1']}]")),
      Findings{});
  EXPECT_EQ(findings(slo("objective: 99%, latency: {histogram: h, below: 1s}", "")).size(), 1U);
}

TEST(Warnings, SayNothingOfWhatASourceWithAnErrorCanHave) {
  const std::string keys = R"(objective: 99%, availability: {total: 't{job="api"}', good: g})";
  EXPECT_EQ(findings(slo(keys, "scrape: [{job: api, targets: ['a']}]")),
            Findings{"2:31: error: expected host:port such as 127.0.0.1:8080 or [::1]:8080, found "
                     "\"a\""});
}

TEST(Warnings, NameAnSloThatTwoSourcesFeed) {
  const std::string server = "\nprometheus: [{name: p, url: 'http://a'}]";
  EXPECT_EQ(findings(slo("objective: 99%, " + std::string(availability), api + server)),
            Findings{"1:69: warning: expected the events of s/a from one source, found the scrape "
                     "job api and the Prometheus server p: what both read would count twice"});
  EXPECT_EQ(findings(slo("objective: 99%, " + std::string(availability),
                         "scrape: [{job: web, targets: ['a:1']}]" + server)),
            Findings{});
}

TEST(Warnings, NameASliceShorterThanTheInterval) {
  EXPECT_EQ(
      findings(slo("objective: 99%, throughput: {total: t, at_least: 1/s, slice: 10s}", api)),
      Findings{"1:67: warning: expected a slice of at least the interval, 15s, found 10s: slices "
               "without a reading are missing"});
}

TEST(Warnings, AreNotErrors) {
  EXPECT_TRUE(
      load_text(slo("objective: 50%, window: 1m, " + std::string(availability), "")).config);
}

}  // namespace
}  // namespace slod::config
