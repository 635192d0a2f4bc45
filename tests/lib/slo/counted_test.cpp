// One row for each shape of expression: what is counted for it, or what keeps it from being
// counted.

#include "lib/slo/counted.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/slo/definition.h"
#include "lib/slo/expression.h"

namespace slod {
namespace {

using std::chrono_literals::operator""min;

std::string shown(const Scale& scale) {
  switch (scale.kind) {
    case Scale::Kind::counter:
      return "counter";
    case Scale::Kind::per_second:
      return "rate";
    case Scale::Kind::over:
      return "increase over " + format_duration(scale.range);
  }
  return "";
}

std::string shown(const Expression& expression, const NotCounted& why) {
  return fmt::format("{} {}", expression.written_part(why.position), why.reason);
}

/// "TERMS as SCALE", or "PART REASON".
std::string analysed(const std::string& text) {
  const auto expression = parse_expression(text, 1min);
  if (!expression) return "ERROR " + expression.error().message;
  const auto counted = counted_sum(*expression->parsed);
  if (!counted) return shown(*expression, counted.error());
  return canonical(counted->events) + " as " + shown(counted->scale);
}

struct Case {
  const char* text;
  const char* expected;
};

TEST(CountedSum, IsASumOfRatesOrIncreases) {
  const Case cases[] = {
      {"sum(rate(a[{{.window}}]))", "a as rate"},
      {R"x(sum(rate(http_requests_total{job="api",code=~"(5..|429)"}[{{.window}}])))x",
       R"x(http_requests_total{code=~"(5..|429)",job="api"} as rate)x"},
      {"sum(increase(a[{{.window}}]))", "a as increase over 1m"},
      {"sum(rate(a[5m]))", "a as rate"},
      {"sum(increase(a[5m]))", "a as increase over 5m"},
      {"rate(a[5m])", "a as rate"},
      {"increase(a{b=\"c\"}[5m])", "a{b=\"c\"} as increase over 5m"},
      {"sum(a)", "a as counter"},
      {"a", "a as counter"},
      {"sum by (code, job) (rate(a[1m]))", "a as rate"},
      {"sum without (pod) (rate(a[1m]))", "a as rate"},
      {"sum(sum by (job) (rate(a[1m])))", "a as rate"},
      {"(((sum((rate((a[1m])))))))", "a as rate"},
      {"+sum(+rate(a[1m]))", "a as rate"},
      {R"(sum(rate({__name__="a",b="c"}[1m])))", R"(a{b="c"} as rate)"},
      {R"(sum(rate({"a b", b="c"}[1m])))", R"({__name__="a b",b="c"} as rate)"},
      {R"(sum(rate(x_bucket{le="0.3"}[{{.window}}])))", R"(x_bucket{le="0.3"} as rate)"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(analysed(text), expected) << text;
}

TEST(CountedSum, AddsAndSubtractsSumsWithoutLabels) {
  const Case cases[] = {
      {"sum(rate(a[1m])) + sum(rate(b[1m]))", "a + b as rate"},
      {"sum(rate(b[1m])) + sum(rate(a[1m])) + sum(rate(a[1m]))", "a + a + b as rate"},
      {"sum(rate(a[1m])) - sum(rate(b[1m]))", "a - b as rate"},
      {"sum(a) - (sum(b) - sum(c))", "a + c - b as counter"},
      {"sum(a) - (sum(b) + sum(c)) - sum(d)", "a - b - c - d as counter"},
      {"(sum(increase(a[5m]))) + (sum(sum by (x) (increase(b[5m]))))", "a + b as increase over 5m"},
      {"sum(sum(a) - sum(b))", "a - b as counter"},
      {"sum(a) + on() sum(b)", "a + b as counter"},
      {"sum(a) + ignoring(job) sum(b)", "a + b as counter"},
      {"sum(a) + on() group_left() sum(b)", "a + b as counter"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(analysed(text), expected) << text;
}

TEST(CountedSum, IgnoresWhatChangesNoSum) {
  const Case cases[] = {
      {"sum(rate(a[1m])) or vector(0)", "a as rate"},
      {"sum(rate(a[1m])) OR on() vector(0)", "a as rate"},
      {"sum by (job) (rate(a[1m])) or vector(0)", "a as rate"},
      {"(sum(rate(a[1m])) or vector(0)) + (sum(rate(b[1m])) or (vector(0)))", "a + b as rate"},
      {"sum(rate(a[1m]) or vector(0))", "a as rate"},
      {"sum(rate(a[1m]) > 0)", "a as rate"},
      {"sum(rate(a[1m])) != 0", "a as rate"},
      {"sum(rate(a[1m])) > 0 or vector(0)", "a as rate"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(analysed(text), expected) << text;
}

TEST(CountedSum, SaysWhatKeepsAnExpressionFromBeingCounted) {
  const Case cases[] = {
      {"avg(rate(a[{{.window}}]))", "avg(rate(a[{{.window}}])) is avg, and no sum"},
      {"sum(max by (x) (rate(a[1m])))", "max by (x) (rate(a[1m])) is max, and no sum"},
      {"count(a)", "count(a) is count, and no sum"},
      {"sum(irate(a[1m]))", "irate(a[1m]) is irate, and neither rate nor increase"},
      {"sum_over_time((count(a < 0.75))[{{.window}}:]) OR on() vector(0)",
       "sum_over_time((count(a < 0.75))[{{.window}}:]) is sum_over_time, and neither rate nor "
       "increase"},
      {"sum(rate(sum(a)[5m:]))", "sum(a)[5m:] is a subquery, and no counter"},
      {"sum(rate(a[1m] offset 5m))", "a[1m] offset 5m looks at another time"},
      {"sum(a offset 5m)", "a offset 5m looks at another time"},
      {"sum(rate(a[1m] @ 100))", "a[1m] @ 100 looks at another time"},
      {R"(sum(rate({job="x"}[1m])))", R"({job="x"}[1m] names no metric)"},
      {R"(sum({__name__=~"a|b"}))", R"({__name__=~"a|b"} names no metric)"},
      {"sum(rate(a[1m])) * 2", "sum(rate(a[1m])) * 2 is no sum but *"},
      {"sum(rate(a[1m])) + sum(b) / 2", "sum(b) / 2 is no sum but /"},
      {"sum(a) > 5", "sum(a) > 5 is no sum but >"},
      {"sum(a) > bool 0", "sum(a) > bool 0 is no sum but >"},
      {"sum(a) or sum(b)", "sum(a) or sum(b) is no sum but or"},
      {"sum(a) or vector(1)", "sum(a) or vector(1) is no sum but or"},
      {"sum(a) unless sum(b)", "sum(a) unless sum(b) is no sum but unless"},
      {"-sum(a)", "-sum(a) is negative"},
      {"sum(a) + 1", "1 is no counter"},
      {"vector(0)", "vector(0) is vector, and neither rate nor increase"},
      {"7", "7 is no counter"},
      {"rate(a[1m]) + rate(b[1m])",
       "rate(b[1m]) is added by its labels, which drops what only one side has; a sum() around "
       "each side would be counted"},
      {"sum by (x) (a) + sum(b)",
       "sum by (x) (a) is added by its labels, which drops what only one side has; a sum() around "
       "each side would be counted"},
      {"sum without () (a) + sum(b)",
       "sum without () (a) is added by its labels, which drops what only one side has; a sum() "
       "around each side would be counted"},
      {"sum(a) + on() group_left(x) sum(b)",
       "sum(a) + on() group_left(x) sum(b) brings labels along"},
      {"sum(rate(a[1m])) + sum(increase(b[1m]))",
       "a[1m] is added as events a second to events of a range"},
      {"sum(increase(a[5m])) + sum(increase(b[{{.window}}]))",
       "a[5m] has another range than the one before"},
      {"sum(a) + sum(rate(b[1m]))", "a is added as a counter itself to events a second"},
      {"(sum(a) - sum(b)) > 0", "(sum(a) - sum(b)) > 0 drops what is below zero"},
      {"sum(topk(3, rate(a[1m])))", "topk(3, rate(a[1m])) is topk, and no sum"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(analysed(text), expected) << text;
}

TEST(CountedSum, TakesAsManyTermsAsAQueryMayHave) {
  std::string text = "sum(a)";
  for (int i = 0; i < 500; ++i) text += " + sum(a)";
  const auto expression = parse_expression(text, 1min);
  ASSERT_TRUE(expression);
  EXPECT_EQ(counted_sum(*expression->parsed).value().events.terms.size(), 501U);
}

std::string ratio(const std::string& text) {
  const auto expression = parse_expression(text, 1min);
  if (!expression) return "ERROR " + expression.error().message;
  const auto counted = counted_ratio(*expression->parsed);
  if (!counted) return shown(*expression, counted.error());
  const AvailabilitySli sli = availability(counted->total, counted->part, counted->part_is_good);
  return fmt::format("total {} {} {}", canonical(sli.total), sli.good ? "good" : "bad",
                     canonical(sli.good ? *sli.good : *sli.bad));
}

TEST(CountedRatio, IsAQuotientOfCountedSums) {
  const Case cases[] = {
      {"sum(rate(e[{{.window}}])) / sum(rate(t[{{.window}}]))", "total t bad e"},
      {"(sum(rate(e[1m])) / (sum(rate(t[1m]))))", "total t bad e"},
      {"1 - (sum(rate(g[1m])) / sum(rate(t[1m])))", "total t good g"},
      {"1 - sum(increase(g[1m])) / sum(increase(t[1m]))", "total t good g"},
      {"sum(rate(e[1m])) / (sum(rate(t[1m])) > 0)", "total t bad e"},
      {"sum(rate(e[1m])) / (sum(rate(t[1m])) != 0)", "total t bad e"},
      {"(sum(rate(e[1m])) or vector(0)) / sum(rate(t[1m]))", "total t bad e"},
      {"(sum(rate(e[1m])) / sum(rate(t[1m]))) or vector(0)", "total t bad e"},
      {"(sum(t) - sum(g)) / sum(t)", "total t good g"},
      {"1 - (sum(t) - sum(e)) / sum(t)", "total t bad e"},
      {"(sum(a) + sum(b)) / (sum(c) + sum(d))", "total c + d bad a + b"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(ratio(text), expected) << text;
}

TEST(CountedRatio, SaysWhatKeepsItFromBeingCounted) {
  const Case cases[] = {
      {"avg(x)", "avg(x) is no quotient of two sums"},
      {"1 - avg(x)", "1 - avg(x) is no quotient of two sums"},
      {"2 - sum(a) / sum(b)", "2 - sum(a) / sum(b) is no quotient of two sums"},
      {"sum(rate(a[1m])) / sum(increase(b[1m]))",
       "sum(rate(a[1m])) is divided as events a second by events of a range"},
      {"sum(a) / avg(b)", "avg(b) is avg, and no sum"},
      {"sum by (x) (a) / sum by (x) (b)",
       "sum by (x) (a) is divided by its labels; a sum() around it would be counted"},
      {"sum(a) / b", "b is divided by its labels; a sum() around it would be counted"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(ratio(text), expected) << text;
}

}  // namespace
}  // namespace slod
