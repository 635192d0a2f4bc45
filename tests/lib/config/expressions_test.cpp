// SLIs that are written as expressions: which are counted and which are evaluated, what is said of
// either, and what is wrong.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using Lines = std::vector<std::string>;

/// A configuration with one SLO, whose SLI begins on line 7.
std::string with(const std::string& sli) {
  return "scrape: [{job: api, targets: ['a:1']}]\n"
         "services:\n"
         "- name: s\n"
         "  slos:\n"
         "  - name: a\n"
         "    objective: 99%\n" +
         sli;
}

std::string availability(const std::string& total, const std::string& part,
                         const std::string& rest = "") {
  return with("    availability:\n      total: " + total + "\n      " + part + "\n" + rest);
}

/// Without what every SLI that is evaluated is told.
Lines found(const std::string& text) {
  Lines lines = findings(text);
  std::erase_if(lines, [](const std::string& line) { return line.contains("is not kept"); });
  return lines;
}

SloDefinition defined(const std::string& text) {
  const LoadResult result = load_text(text);
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.severity == Severity::error) ADD_FAILURE() << to_text(diagnostic);
  }
  return result.config.value().slos.at(0);
}

Lines notes(const std::string& text) {
  Lines lines;
  for (const Diagnostic& note : load_text(text).notes) {
    const std::string line = to_text(note);
    lines.push_back(line.substr(line.find(':') + 1));
  }
  return lines;
}

constexpr const char* sloth_total = R"(sum(rate(http_requests_total{job="api"}[{{.window}}])))";
constexpr const char* sloth_bad =
    R"x(bad: sum(rate(http_requests_total{job="api",code=~"(5..|429)"}[{{.window}}])))x";

TEST(Expressions, AsSlothWritesThemCountTheSameAsSelectors) {
  const std::string text = availability(sloth_total, sloth_bad);
  EXPECT_EQ(found(text), Lines{});
  const SloDefinition slo = defined(text);
  const auto& sli = std::get<AvailabilitySli>(slo.sli);
  EXPECT_EQ(canonical(sli.total), R"(http_requests_total{job="api"})");
  EXPECT_EQ(canonical(sli.bad.value()), R"x(http_requests_total{code=~"(5..|429)",job="api"})x");
  const std::string selectors =
      availability(R"(http_requests_total{job="api"})",
                   R"x(bad: http_requests_total{job="api",code=~"(5..|429)"})x");
  EXPECT_EQ(slo.fingerprint(), defined(selectors).fingerprint());
  EXPECT_EQ(notes(text), Lines{R"x(8:7: note: availability is counted, each event once: total )x"
                               R"x(http_requests_total{job="api"}, bad )x"
                               R"x(http_requests_total{code=~"(5..|429)",job="api"})x"});
  EXPECT_EQ(notes(selectors), Lines{});
}

TEST(Expressions, CountTheSameHoweverTheyAreWritten) {
  const std::string fingerprint = defined(availability("t", "bad: e")).fingerprint();
  const std::pair<const char*, const char*> cases[] = {
      {"sum(rate(t[5m]))", "bad: sum(rate(e[5m]))"},
      {"sum(increase(t[1h]))", "bad: sum by (job) (increase(e[1h]))"},
      {"t", "bad: sum(rate(e[{{.window}}])) or vector(0)"},
      {"sum(t)", "bad: rate(e[1m])"},
      {"sum(t)", "good: sum(t) - sum(e)"},
      {"sum(rate(t[{{.window}}]))",
       "good: 'sum(rate(t[{{.window}}])) - sum(rate(e[{{.window}}]))'"},
  };
  for (const auto& [total, part] : cases) {
    const std::string text = availability(total, part);
    EXPECT_EQ(found(text), Lines{}) << part;
    EXPECT_EQ(defined(text).fingerprint(), fingerprint) << part;
  }
  const char* ratios[] = {
      "sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))",
      "1 - (sum(t) - sum(e)) / sum(t)",
  };
  for (const char* ratio : ratios) {
    const std::string text = with(std::string("    availability:\n      error_ratio: ") + ratio);
    EXPECT_EQ(found(text), Lines{}) << ratio;
    EXPECT_EQ(defined(text).fingerprint(), fingerprint) << ratio;
  }
}

TEST(Expressions, OfLatencyAreCountedOnBuckets) {
  const SloDefinition slo = defined(availability(
      "sum(rate(x_count[{{.window}}]))", R"(good: sum(rate(x_bucket{le="0.3"}[{{.window}}])))"));
  EXPECT_EQ(slo.fingerprint(), R"(availability total x_count good x_bucket{le="0.3"})");
  EXPECT_EQ(slo.slice(), std::nullopt);
}

TEST(Expressions, OfThroughputAreCounted) {
  const std::string text = with("    throughput: {total: 'sum(rate(t[5m]))', at_least: 1/s}");
  EXPECT_EQ(defined(text).fingerprint(),
            defined(with("    throughput: {total: t, at_least: 1/s}")).fingerprint());
  EXPECT_EQ(notes(text), Lines{"7:17: note: throughput is counted, each event once: t"});
}

TEST(Expressions, ThatCannotBeCountedAreEvaluatedAndSayWhy) {
  const std::string wifi = availability(
      "sum_over_time((count(wifi))[{{.window}}:])",
      "bad: sum_over_time((count(wifi < 0.75))[{{.window}}:]) OR on() vector(0)\n      slice: 5m");
  EXPECT_EQ(found(wifi), Lines{});
  const SloDefinition slo = defined(wifi);
  EXPECT_EQ(slo.kind(), "availability");
  EXPECT_EQ(slo.slice(), std::chrono::minutes(5));
  EXPECT_EQ(std::get<EvaluatedAvailabilitySli>(slo.sli).total.text,
            "sum_over_time((count(wifi))[5m:])");
  EXPECT_EQ(slo.stale_after, std::chrono::minutes(20));
  EXPECT_EQ(notes(wifi),
            Lines{"8:7: note: availability is evaluated at the end of each slice of 5m and not "
                  "counted: sum_over_time((count(wifi))[{{.window}}:]) is sum_over_time, and "
                  "neither rate nor increase"});

  const std::string ratio = with("    availability: {error_ratio: '1 - avg(probe_success)'}");
  EXPECT_EQ(found(ratio), Lines{});
  EXPECT_EQ(defined(ratio).kind(), "availability");
  EXPECT_EQ(defined(ratio).slice(), std::chrono::minutes(1));
  EXPECT_EQ(notes(ratio),
            Lines{"7:19: note: error_ratio is evaluated at the end of each slice of 1m and not "
                  "counted: 1 - avg(probe_success) is no quotient of two sums"});

  const std::string throughput =
      with("    throughput: {total: 'sum(irate(t[5m]))', at_least: 1/s, slice: 2m}");
  EXPECT_EQ(found(throughput), Lines{});
  EXPECT_EQ(defined(throughput).kind(), "throughput");
  EXPECT_EQ(notes(throughput),
            Lines{"7:17: note: throughput is evaluated at the end of each slice of 2m and not "
                  "counted: irate(t[5m]) is irate, and neither rate nor increase"});
}

TEST(Expressions, OfAThresholdAreEvaluated) {
  const std::string text =
      with("    threshold: {expr: 'avg_over_time(up[{{.window}}])', above: 0.5, slice: 2m}");
  EXPECT_EQ(found(text), Lines{});
  EXPECT_EQ(notes(text), Lines{});
  const SloDefinition slo = defined(text);
  EXPECT_EQ(std::get<ThresholdSli>(slo.sli).expression.text, "avg_over_time(up[2m])");
  EXPECT_EQ(slo.kind(), "threshold");
  EXPECT_TRUE(slo.is_evaluated());
}

TEST(Expressions, HaveFingerprintsOfWhatTheyEvaluate) {
  const auto fingerprint = [](const std::string& sli) {
    return defined(with("    " + sli)).fingerprint();
  };
  EXPECT_EQ(fingerprint("threshold: {expr: 'avg( x )', below: 1}"),
            fingerprint("threshold: {expr: avg(x), below: 1, slice: 60s}"));
  const Lines different{
      fingerprint("threshold: {expr: avg(x), below: 1}"),
      fingerprint("threshold: {expr: avg(x), above: 1}"),
      fingerprint("threshold: {expr: avg(x), below: 1, slice: 2m}"),
      fingerprint("threshold: {expr: min(x), below: 1}"),
      fingerprint("availability: {error_ratio: avg(x)}"),
      fingerprint("availability: {total: avg(x), bad: min(x)}"),
      fingerprint("availability: {total: avg(x), good: min(x)}"),
      fingerprint("availability: {total: avg(x), good: min(x), slice: 2m}"),
      fingerprint("throughput: {total: avg(x), at_least: 1/s}"),
  };
  for (std::size_t i = 0; i < different.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(different[i], different[j]) << i << " " << j;
  }
}

TEST(Expressions, AreCheckedWhereTheyStand) {
  struct Case {
    std::string total;
    std::string part;
    Lines expected;
  };
  const Case cases[] = {
      {"sum(rate(t[{{.window}}])",
       "bad: e",
       {"8:38: error: expected a PromQL expression, found one with an error: unclosed left "
        "parenthesis"}},
      {"sum(rate(t[{{.Window}}]))",
       "bad: e",
       {"8:25: error: expected {{.window}} as the only template, found {{.Window}}"}},
      {"sum(nothing(t))",
       "bad: e",
       {"8:18: error: expected a PromQL expression, found one with an error: unknown function with "
        "name \"nothing\""}},
      {"sum(rate(t[1m]))",
       "bad: sum(increase(e[1m]))",
       {"9:12: error: expected total and bad both as a rate, or both as an increase over the same "
        "range, found total and bad of different scales"}},
      {"sum(increase(t[1m]))",
       "good: sum(increase(e[5m]))",
       {"9:13: error: expected total and good both as a rate, or both as an increase over the same "
        "range, found total and good of different scales"}},
      {"t",
       "bad: avg(e)",
       {"8:14: error: expected an expression, as beside it, found a selector; what stands beside "
        "it is evaluated and not counted: avg(e) is avg, and no sum"}},
      {"vector(1)",
       "bad: avg(e)",
       {"8:14: error: expected an expression that reads series, found none in it"}},
      {"(t[5m])",
       "bad: e",
       {"8:14: error: expected an expression whose value is numbers, found one whose value is a "
        "range vector"}},
      {"t",
       "bad: e\n      slice: 5m",
       {"10:7: warning: expected slice only where an expression is evaluated, found it where each "
        "event is counted as it comes; it has no effect"}},
      {"avg(t)",
       "bad: avg(e)\n      error_ratio: avg(r)",
       {"8:7: error: expected error_ratio alone, found total beside it",
        "9:7: error: expected error_ratio alone, found bad beside it"}},
      {"sum_over_time(t[{{.window}}])",
       "bad: avg(e)\n      slice: 45s",
       {"8:7: warning: expected a slice of at least 1m (four intervals of 15s), which is what "
        "{{.window}} stands for, found 45s: few samples lie in such a range"}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(found(availability(each.total, each.part)), each.expected) << each.total;
  }
  EXPECT_EQ(found(with("    threshold: {expr: 'avg(x) > 5', below: 1}")),
            Lines{"7:23: warning: expected an expression that has a value whether the bound is "
                  "kept or not, found a comparison, without a value where it does not hold: such "
                  "slices are missing"});
  EXPECT_EQ(found(with("    threshold: {expr: 'time()', below: 1}")),
            Lines{"7:23: error: expected an expression that reads series, found none in it"});
  EXPECT_EQ(
      found(with("    threshold: {expr: avg(x), below: 1}\n    stale_after: 2m")),
      Lines{"8:18: error: expected stale_after of at least 4m (four slices of 1m), found 2m"});
}

}  // namespace
}  // namespace slod::config
