// Files of rules in Prometheus's format.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using Findings = std::vector<std::string>;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* top =
    "scrape: [{job: api, targets: ['a:1'], interval: 20s}]\n"
    "services: [{name: s, slos: [{name: a, objective: 99%, throughput: {total: t, at_least: "
    "1/s}}]}]\n"
    "alerting: {receivers: [{name: r, webhook: {url: 'http://a'}}], routes: {page: [r], ticket: "
    "[r]}}\n";

/// A configuration that names these files one by one.
LoadResult load_files(const std::map<std::string, std::string>& rules, std::string text = top) {
  text += "rule_files: [";
  for (const auto& [path, content] : rules) text += path + ", ";
  text += "]\n";
  Files files = known_files();
  files.match = [&rules](const std::string& pattern) {
    return rules.contains(pattern) ? Findings{pattern} : Findings{};
  };
  files.read = [&rules](const std::string& path) -> std::expected<std::string, std::string> {
    return rules.at(path);
  };
  const SourceText source{"slod.yaml", text};
  return load({&source, 1}, files);
}

Findings found_in(const std::string& rules) {
  Findings lines;
  for (const Diagnostic& diagnostic : load_files({{"r.yml", rules}}).diagnostics) {
    lines.push_back(to_text(diagnostic));
  }
  return lines;
}

constexpr const char* whole = R"(# made by hand
groups:
  - name: first
    interval: 30s
    limit: 10
    query_offset: 1m
    labels: {team: a, severity: ticket}
    rules:
      - record: job:requests:rate5m
        expr: sum by (job) (rate(requests_total[5m]))
        labels:
          team: b
      - alert: Slow
        expr: >-
          histogram_quantile(0.99,
            sum by (le) (rate(d_bucket[5m]))) > 1
        for: 10m
        keep_firing_for: 5m
        labels:
          severity: page
        annotations:
          summary: "{{ $labels.job }} is slow"
          empty:
  - name: second
    interval: 0s
    rules:
      - {alert: Down, expr: up == 0, labels: {severity: page}}
  - name: third
)";

TEST(RuleFiles, AreReadWholly) {
  const LoadResult result = load_files({{"r.yml", whole}});
  ASSERT_EQ(result.diagnostics, std::vector<Diagnostic>{}) << to_text(result.diagnostics.at(0));
  const auto& groups = result.config.value().rule_groups;
  ASSERT_EQ(groups.size(), 3U);
  const rules::Group& first = *groups[0];
  EXPECT_EQ(first.id(), "r.yml;first");
  EXPECT_EQ(first.interval, seconds(30));
  EXPECT_EQ(first.limit, 10U);
  EXPECT_EQ(first.query_offset, minutes(1));
  ASSERT_EQ(first.rules.size(), 2U);
  using Texts = std::map<std::string, std::string>;
  EXPECT_EQ(first.rules[0].record, "job:requests:rate5m");
  EXPECT_EQ(first.rules[0].labels, (Texts{{"severity", "ticket"}, {"team", "b"}}));
  EXPECT_FALSE(first.rules[0].is_alert());
  EXPECT_EQ(first.rules[1].alert, "Slow");
  EXPECT_EQ(first.rules[1].expr,
            "histogram_quantile(0.99,\n  sum by (le) (rate(d_bucket[5m]))) > 1");
  EXPECT_NE(first.rules[1].parsed, nullptr);
  EXPECT_EQ(first.rules[1].hold, minutes(10));
  EXPECT_EQ(first.rules[1].keep_firing_for, minutes(5));
  EXPECT_EQ(first.rules[1].labels, (Texts{{"severity", "page"}, {"team", "a"}}));
  EXPECT_EQ(first.rules[1].annotations,
            (Texts{{"empty", ""}, {"summary", "{{ $labels.job }} is slow"}}));
  EXPECT_EQ(groups[1]->interval, seconds(15));  // no more often than usual, though read less often
  EXPECT_EQ(groups[2]->rules.size(), 0U);
}

TEST(RuleFiles, AreEvaluatedAsOftenAsThereIsNews) {
  const auto interval = [](const std::string& text) {
    const SourceText source{"slod.yaml", text + "rules: [{record: a, expr: b}]"};
    return load({&source, 1}, known_files()).config.value().rule_groups.at(0)->interval;
  };
  EXPECT_EQ(interval(""), seconds(15));
  EXPECT_EQ(interval("scrape: [{job: a, targets: ['a:1'], interval: 5s}]\n"), seconds(5));
  EXPECT_EQ(interval("scrape: [{job: a, targets: ['a:1'], interval: 100ms}]\n"), seconds(1));
  EXPECT_EQ(interval("prometheus: [{name: a, url: 'http://a', interval: 10s}]\n"), seconds(10));
  EXPECT_EQ(interval("scrape: [{job: a, targets: ['a:1'], interval: 5s}]\n"
                     "alerting: {evaluation_interval: 1m}\n"),
            minutes(1));
}

TEST(RuleFiles, MayHaveNoRules) {
  EXPECT_EQ(found_in("groups:\n"), Findings{});
  EXPECT_EQ(found_in("groups:\n- name: a\n  rules:\n"), Findings{});
  EXPECT_EQ(found_in("groups: []\n"), Findings{});
}

TEST(RuleFiles, AreFoundByPatterns) {
  const auto warnings = [](const std::string& list) {
    Files files = known_files();
    files.match = [](const std::string& pattern) {
      if (pattern == "d/empty.yml") return Findings{pattern};
      return pattern == "d/r*.yml" ? Findings{"d/r1.yml", "d/r2.yml"} : Findings{};
    };
    files.read = [](const std::string& path) -> std::expected<std::string, std::string> {
      if (path == "d/r2.yml") return std::unexpected("permission denied");
      if (path == "d/empty.yml") return "# nothing yet\n";
      return "groups: [{name: a, rules: [{record: b, expr: c}]}]";
    };
    const SourceText source{"d/slod.yaml", std::string(top) + "rule_files: " + list};
    Findings lines;
    const LoadResult result = load({&source, 1}, files);
    for (const Diagnostic& diagnostic : result.diagnostics) lines.push_back(to_text(diagnostic));
    return lines;
  };
  EXPECT_EQ(warnings("[x*.yml]"),
            Findings{"d/slod.yaml:4:14: warning: expected a pattern that some file matches, found "
                     "d/x*.yml, which none does"});
  EXPECT_EQ(warnings("[gone.yml]"),
            Findings{"d/slod.yaml:4:14: error: expected a file of rules, or a pattern for such "
                     "files, found d/gone.yml, which is none"});
  EXPECT_EQ(
      warnings("[empty.yml]"),
      Findings{"d/empty.yml:1:1: error: expected a file of rules with groups, found nothing"});
  EXPECT_EQ(warnings("[r*.yml]"),
            Findings{"d/slod.yaml:4:14: error: expected a file of rules that slod can read, found "
                     "d/r2.yml: permission denied"});
}

TEST(RuleFiles, AreReadOnceHoweverOftenTheyAreNamed) {
  const std::map<std::string, std::string> rules{
      {"r.yml", "groups: [{name: a, rules: [{record: b, expr: c}]}]"}};
  EXPECT_EQ(load_files(rules, std::string(top) + "rules: []\n").config->rule_groups.size(), 1U);
  Files files = known_files();
  files.match = [](const std::string&) { return Findings{"r.yml"}; };
  files.read = [&rules](const std::string& path) { return rules.at(path); };
  const SourceText source{"slod.yaml", std::string(top) + "rule_files: [r.yml, '*.yml']"};
  EXPECT_EQ(load({&source, 1}, files).config.value().rule_groups.size(), 1U);
}

TEST(RuleFiles, SayWhatIsWrongAndWhere) {
  const std::pair<const char*, Findings> cases[] = {
      {"- a", {"r.yml:1:1: error: expected a file of rules with keys and values, found a list"}},
      {"group: []",
       {"r.yml:1:1: error: expected a key of a file of rules, found group; did you mean groups?"}},
      {"groups:\n- rules: []",
       {"r.yml:2:3: error: expected the key name in a group of rules, found none"}},
      {"groups:\n- name: ''", {"r.yml:2:9: error: expected a text, found \"\""}},
      {"groups:\n- name: a\n- name: b\n- name: a\n",
       {"r.yml:4:9: error: expected a group of the name a once, found it again; it is at "
        "r.yml:2:9 already"}},
      {"groups:\n- name: a\n  intervall: 1m\n",
       {"r.yml:3:3: error: expected a key of a group of rules, found intervall; did you mean "
        "interval?"}},
      {"groups:\n- name: a\n  interval: 1 minute\n",
       {"r.yml:3:13: error: expected a duration such as 30s, 5m, 1h30m or 30d, found \"1 "
        "minute\""}},
      {"groups:\n- name: a\n  limit: -1\n",
       {"r.yml:3:10: error: expected a whole number of at least 0, found \"-1\""}},
      {"groups:\n- name: a\n  labels: {1a: b}\n",
       {"r.yml:3:12: error: expected a label name of letters, digits and _, found \"1a\""}},
      {"groups:\n- name: a\n  rules:\n  - alert: A\n    record: b\n    expr: c\n",
       {"r.yml:5:13: error: expected one of alert, record in a rule, found alert and record"}},
      {"groups:\n- name: a\n  rules:\n  - expr: c\n",
       {"r.yml:4:5: error: expected one of alert, record in a rule, found none"}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: c\n    for: 1m\n    annotations: "
       "{}\n",
       {"r.yml:6:5: error: expected for in a rule with alert only, found it in one with record",
        "r.yml:7:5: error: expected annotations in a rule with alert only, found it in one with "
        "record"}},
      {"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: c\n    severity: page\n",
       {"r.yml:6:5: error: expected a key of a rule (alert, record, expr, for, keep_firing_for, "
        "labels, annotations), found severity"}},
      {"groups:\n- name: a\n  rules:\n  - record: sum(x)\n    expr: c\n",
       {"r.yml:4:13: error: expected a metric name of letters, digits, _ and : for what is "
        "recorded, found \"sum(x)\""}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: |\n      sum(b)\n        by (c) / "
       "d[\n",
       {"r.yml:8:1: error: expected PromQL, found: unexpected end of input in duration "
        "expression"}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: |\n      sum(b)\n        by c\n",
       {"r.yml:7:12: error: expected PromQL, found: unexpected identifier \"c\" in grouping opts, "
        "expected \"(\""}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: >\n      sum(b)\n\n      / c d\n",
       {"r.yml:8:11: error: expected PromQL, found: unexpected identifier \"d\""}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: sum(b)\n      / c d\n",
       {"r.yml:6:11: error: expected PromQL, found: unexpected identifier \"d\""}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: '\"text\"'\n",
       {"r.yml:5:11: error: expected an expression for an instant vector or a scalar, found one "
        "for a string"}},
      {"groups:\n- name: a\n  rules:\n  - record: a\n    expr: rate(b)\n",
       {"r.yml:5:16: error: expected PromQL, found: expected type range vector in call to function "
        "\"rate\", got instant vector"}},
      {"groups:\n- name: a\n  rules:\n  - alert: A\n    expr: c\n    labels: {severity: page}\n"
       "    annotations:\n      summary: |\n        first\n        {{ $value | human }}\n",
       {"r.yml:10:21: error: expected a value ($value, $labels.name, a text in quotes, a number) "
        "or a function (humanize, humanize1024, humanizeDuration, humanizePercentage, "
        "humanizeTimestamp, index, printf, title, toLower, toUpper), found human"}},
      {"groups:\n- name: a\n  rules:\n  - {record: a, expr: b, labels: {x: y}}\n  - {record: a, "
       "expr: c, labels: {x: y}}\n",
       {"r.yml:2:9: warning: expected rules that differ in name or labels in the group a, found "
        "two of a"}},
      {"groups: &a []\nx: *a",
       {"r.yml:1:9: error: expected a value, found an anchor (&a)",
        "r.yml:2:1: error: expected a key of a file of rules (groups), found x",
        "r.yml:2:4: error: expected a value, found an alias (*name)"}},
      {"groups:\n- name: \xff", {"r.yml:2:9: error: expected text in UTF-8, found the byte 0xff"}},
  };
  for (const auto& [rules, expected] : cases) EXPECT_EQ(found_in(rules), expected) << rules;
}

TEST(RuleFiles, WarnOfAlertsThatTellNobody) {
  const auto group = [](const std::string& rules) {
    return found_in("groups:\n- name: a\n  rules:\n" + rules);
  };
  EXPECT_EQ(
      group("  - {alert: A, expr: c}\n  - {alert: B, expr: c}\n"),
      Findings{"r.yml:4:13: warning: expected a label severity, which chooses the route, "
               "found none: unless its series have one, the alert A and 1 more notify no one"});
  EXPECT_EQ(group("  - {alert: A, expr: c, labels: {severity: info}}\n"),
            Findings{"r.yml:4:13: warning: expected a route for the severity info, found none: the "
                     "alert A notifies no one"});
  EXPECT_EQ(group("  - {alert: A, expr: c, labels: {severity: '{{ $labels.severity }}'}}\n"),
            Findings{});
  EXPECT_EQ(group("  - {alert: A, expr: c, labels: {severity: ticket}}\n"), Findings{});
}

}  // namespace
}  // namespace slod::config
