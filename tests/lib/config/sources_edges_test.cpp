// Definitions that fit their sources exactly, and sources of different pace.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using Lines = std::vector<std::string>;
using std::chrono::minutes;

Lines errors(const std::string& text) {
  Lines lines;
  for (const Diagnostic& diagnostic : load_text(text).diagnostics) {
    if (diagnostic.severity == Severity::error) lines.push_back(to_text(diagnostic));
  }
  return lines;
}

Duration stale_after(const std::string& sources) {
  const LoadResult result = load_text(sources +
                                      "\nservices: [{name: s, slos: [{name: a, objective: 99%, "
                                      "availability: {total: t, bad: b}}]}]");
  EXPECT_TRUE(result.config);
  return result.config ? result.config->slos.at(0).stale_after : Duration(0);
}

TEST(StaleAfter, IsFourIntervalsOfTheSlowestSource) {
  const std::string slow = "{job: slow, interval: 2m, targets: ['a:1']}";
  const std::string fast = "{job: fast, interval: 15s, targets: ['b:1']}";
  const auto server = [](const char* interval) {
    return fmt::format("\nprometheus: [{{name: p, url: 'http://127.0.0.1:9090', interval: {}}}]",
                       interval);
  };
  EXPECT_EQ(stale_after("scrape: [" + slow + ", " + fast + "]"), minutes(8));
  EXPECT_EQ(stale_after("scrape: [" + fast + ", " + slow + "]"), minutes(8));
  EXPECT_EQ(stale_after("scrape: [" + slow + "]" + server("15s")), minutes(8));
  EXPECT_EQ(stale_after("scrape: [" + fast + "]" + server("2m")), minutes(8));
  EXPECT_EQ(stale_after("scrape: [" + fast + "]"), minutes(5));
}

TEST(Sources, HonourTimestampsUnlessTheySayOtherwise) {
  const LoadResult result = load_text(
      "scrape: [{job: a, targets: ['a:1']}, {job: b, targets: ['b:1'], honor_timestamps: false}]\n"
      "prometheus: [{name: p, url: 'http://h'}, {name: q, url: 'http://h', "
      "honor_timestamps: false, replica_labels: [r]}]");
  ASSERT_TRUE(result.config);
  EXPECT_TRUE(result.config->scrape[0].honor_timestamps);
  EXPECT_FALSE(result.config->scrape[1].honor_timestamps);
  EXPECT_TRUE(result.config->prometheus[0].honor_timestamps);
  EXPECT_EQ(
      result.config->prometheus[0].replica_labels,
      (Lines{"prometheus_replica", "replica", "__replica__", "thanos_replica", "rule_replica"}));
  EXPECT_FALSE(result.config->prometheus[1].honor_timestamps);
  EXPECT_EQ(result.config->prometheus[1].replica_labels, Lines{"r"});
  EXPECT_EQ(errors("scrape: [{job: a, targets: ['a:1'], honor_timestamps: maybe}]"),
            Lines{"slod.yaml:1:55: error: expected true or false, found \"maybe\""});
}

TEST(Sources, FollowRedirectsAndUseNoProxyUnlessTheySayOtherwise) {
  const LoadResult result = load_text(
      "scrape: [{job: a, targets: ['a:1']}, {job: b, targets: ['b:1'], follow_redirects: false, "
      "proxy_url: 'http://u:p@proxy:3128'}]\n"
      "prometheus: [{name: p, url: 'http://h', follow_redirects: false, proxy_url: "
      "'http://[::1]'}]");
  ASSERT_TRUE(result.config);
  EXPECT_TRUE(result.config->scrape[0].access.follow_redirects);
  EXPECT_EQ(result.config->scrape[0].access.proxy_url, "");
  EXPECT_FALSE(result.config->scrape[1].access.follow_redirects);
  EXPECT_EQ(result.config->scrape[1].access.proxy_url, "http://u:p@proxy:3128");
  EXPECT_FALSE(result.config->prometheus[0].access.follow_redirects);
  EXPECT_EQ(result.config->prometheus[0].access.proxy_url, "http://[::1]");
  EXPECT_FALSE(result.config->redacted.contains("u:p"));
  EXPECT_TRUE(result.config->redacted.contains("<secret>@proxy:3128"));
}

TEST(Sources, RefuseAProxyThatIsNoneWithoutShowingIt) {
  for (const std::string wrong :
       {"https://u:canary@proxy:3128", "proxy:3128", "http://u:canary@proxy:99999",
        "http://u:canary@proxy/path", "http://u:canary@proxy?x", "socks5://canary@proxy", "http://",
        "http://u:can@ary@proxy"}) {
    const std::string text = "scrape: [{job: a, targets: ['a:1'], proxy_url: '" + wrong + "'}]";
    EXPECT_EQ(errors(text),
              Lines{"slod.yaml:1:48: error: expected the URL of an http proxy, such as "
                    "http://proxy:3128, found another text"})
        << wrong;
  }
}

std::string sliced(const std::string& slice, const std::string& window) {
  return fmt::format(
      "scrape: [{{job: api, targets: ['a:1'], interval: 30s}}]\n"
      "services: [{{name: s, slos: [{{name: a, objective: 99%, window: {}, "
      "throughput: {{total: t, at_least: 1/s, slice: {}}}}}]}}]",
      window, slice);
}

Lines about_slices(const std::string& text) {
  Lines lines = findings(text);
  std::erase_if(lines, [](const std::string& line) { return !line.contains("a slice of"); });
  return lines;
}

TEST(Slices, MayBeAsLongAsTheWindowOrTheInterval) {
  EXPECT_EQ(about_slices(sliced("30s", "1d")), Lines{});
  EXPECT_EQ(about_slices(sliced("29s", "1d")).size(), 1U);
  EXPECT_EQ(errors(sliced("29s", "1d")), Lines{}) << "a warning";
  EXPECT_EQ(about_slices(sliced("1h", "1h")), Lines{});
  EXPECT_EQ(errors(sliced("61m", "1h")).size(), 1U);
}

std::string availability(const std::string& total, const std::string& good) {
  return fmt::format(
      "scrape: [{{job: api, targets: ['a:1']}}]\n"
      "services:\n"
      "- name: s\n"
      "  slos:\n"
      "  - {{name: a, objective: 99%, availability: {{total: '{}', good: '{}'}}}}\n",
      total, good);
}

TEST(Scales, FitTogetherWhereOneSideIsAPlainSelector) {
  EXPECT_EQ(errors(availability("t", "g")), Lines{});
  EXPECT_EQ(errors(availability("sum(rate(t[5m]))", "g")), Lines{});
  EXPECT_EQ(errors(availability("t", "sum(rate(g[5m]))")), Lines{});
  EXPECT_EQ(errors(availability("sum(rate(t[5m]))", "sum(rate(g[5m]))")), Lines{});
  EXPECT_EQ(errors(availability("sum(increase(t[5m]))", "sum(rate(g[5m]))")).size(), 1U);
  EXPECT_EQ(errors(availability("sum(increase(t[5m]))", "sum(increase(g[6m]))")).size(), 1U);
}

}  // namespace
}  // namespace slod::config
