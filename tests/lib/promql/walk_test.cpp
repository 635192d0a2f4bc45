#include "lib/promql/walk.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/promql/parser.h"
#include "lib/promql/printer.h"

namespace slod::promql {
namespace {

const ParserOptions experimental{.experimental_functions = true};

TEST(Walk, VisitsEachBeforeItsPartsFromLeftToRight) {
  const ExprPtr expr = parse("topk(2, a + -(b)) * rate(c[5m:])").value();
  std::vector<std::string> seen;
  walk(*expr, [&seen](const Expr& part) { seen.push_back(to_text(part)); });
  const std::vector<std::string> expected{"topk(2, a + -(b)) * rate(c[5m:])",
                                          "topk(2, a + -(b))",
                                          "2",
                                          "a + -(b)",
                                          "a",
                                          "-(b)",
                                          "(b)",
                                          "b",
                                          "rate(c[5m:])",
                                          "c[5m:]",
                                          "c"};
  EXPECT_EQ(seen, expected);
}

TEST(Selectors, FindsThoseUnderARangeToo) {
  const ExprPtr expr = parse("sum(rate(a[5m])) / b + max_over_time(c[1h:]) + 1").value();
  std::vector<std::string> names;
  for (const VectorSelector* selector : selectors(*expr)) names.push_back(selector->name);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(Selectors, FindsWhatInfoLooksForWithoutBeingTold) {
  const struct {
    const char* query;
    std::vector<std::string> selected;
  } cases[] = {
      {"info(x)", {"x", "target_info"}},
      {"1 + info(rate(x[5m])) + y", {"x", "y", "target_info"}},
      {R"(info(x, {version=~".+"}) * info(y))", {"x", "y", "target_info"}},
      {R"(info(x, {__name__="build_info",version=~".+"}))", {"x", "build_info"}},
      {R"(info(x, {__name__=~".+_info"}))", {"x", ""}},
      {R"({version=~".+"})", {""}},
  };
  for (const auto& c : cases) {
    const ExprPtr expr = parse(c.query, experimental).value();
    std::vector<std::string> names;
    for (const VectorSelector* selector : selectors(*expr)) {
      names.push_back(selected(*selector).metric);
    }
    EXPECT_EQ(names, c.selected) << c.query;
  }
}

TEST(Reach, AddsRangesOffsetsAndSubqueries) {
  const struct {
    const char* query;
    const char* reach;
  } cases[] = {
      {"1", "0s"},
      {"x", "5m"},
      {"x offset 1h", "1h5m"},
      {"x offset -1h", "0s"},
      {"rate(x[1m])", "1m"},
      {"rate(x[1m] offset 1h)", "1h1m"},
      {"x + rate(y[1h]) - z", "1h"},
      {"max_over_time(x[1h:])", "1h5m"},
      {"max_over_time(rate(x[10m] offset 1m)[1h:1m] offset 1d)", "1d1h11m"},
      {"max_over_time(max_over_time(x[1h:])[1h:])", "2h5m"},
      {"max_over_time(x[1h:] offset -2h)", "0s"},
      {"x @ 1700000000", "5m"},
      {"rate(x[1h] @ end())", "1h"},
      {"rate(x[1h] anchored)", "1h5m"},
      {"rate(x[1h] smoothed)", "1h5m"},
      {"x smoothed", "5m"},
      {"info(rate(x[1m]))", "5m"},
      {"info(rate(x[1m]), {__name__=\"build_info\"})", "5m"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(format_duration(reach(*parse(c.query, experimental).value())), c.reach) << c.query;
  }
  EXPECT_EQ(reach(*parse("x").value(), std::chrono::minutes(1)), std::chrono::minutes(1));
}

TEST(LookedAt, KnowsBothEnds) {
  const struct {
    const char* query;
    int begin;
    int end;
  } cases[] = {
      {"1", 1000, 1000},
      {"x", 700, 2000},
      {"x offset 1m", 640, 1940},
      {"x offset -1m", 760, 2060},
      {"x + rate(y[1m] offset -1m)", 700, 2060},
      {"x @ 5000", 4700, 5000},
      {"x @ start() + y @ end()", 700, 2000},
      {"y @ end()", 1700, 2000},
      {"max_over_time(x[10m:1m] offset 1m)", 40, 1940},
      {"max_over_time(x[10m:1m] @ 5000 offset 1m)", 4040, 4940},
      {"max_over_time(rate(x[1m] @ 100)[10m:1m])", 40, 100},
      {"rate(x[1m] anchored)", 640, 2000},
      {"rate(x[1m] smoothed)", 640, 2300},
      {"x smoothed offset 1m", 640, 2240},
      {"info(rate(x[1m]))", 700, 2000},
  };
  const auto at = [](int unix_time) { return Instant(std::chrono::seconds(unix_time)); };
  for (const auto& c : cases) {
    const Interval found = looked_at(*parse(c.query, experimental).value(), at(1000), at(2000),
                                     std::chrono::minutes(5));
    EXPECT_EQ(found, (Interval{at(c.begin), at(c.end)})) << c.query;
  }
}

}  // namespace
}  // namespace slod::promql
