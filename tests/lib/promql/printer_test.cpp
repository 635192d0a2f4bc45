#include "lib/promql/printer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/promql/parser.h"
#include "tests/lib/promql/random_expr.h"

namespace slod::promql {
namespace {

const ParserOptions experimental{.experimental_functions = true};

TEST(ToText, PrintsAsPrometheusDoes) {
  const struct {
    const char* query;
    const char* text;
  } cases[] = {
      {"sum(rate(x[5m])) by(job)", "sum by (job) (rate(x[5m]))"},
      {"sum by() (x)", "sum(x)"},
      {"sum without() (x)", "sum without () (x)"},
      {"topk(5,x)", "topk(5, x)"},
      {"sum by (\"a.b\", c) (x)", "sum by (\"a.b\", c) (x)"},
      {"x{}", "x"},
      {"x{b='c',a=~`d`}", "x{a=~\"d\",b=\"c\"}"},
      {"{\"http.requests\",\"a b\"=\"c\"}", "{\"a b\"=\"c\",__name__=\"http.requests\"}"},
      {"{__name__=\"x\"}", "{__name__=\"x\"}"},
      {"x{a=\"\\a\\x00\\u2028é\\xff\"}", "x{a=\"\\a\\x00\\u2028é\\xff\"}"},
      {"x offset 1h30m @ 1.5", "x @ 1.500 offset 1h30m"},
      {"x[90d] offset -7d @ start()", "x[90d] @ start() offset -1w"},
      {"x[5m:] @ end()", "x[5m:] @ end()"},
      {"rate(x[5m])[1h:30s] offset 8d", "rate(x[5m])[1h:30s] offset 8d"},
      {"x[365d]", "x[1y]"},
      {"x[14d]", "x[2w]"},
      {"x[0.0015]", "x[2ms]"},
      {"a==bool on()group_left b", "a == bool on () group_left () b"},
      {"a+ignoring(b,c)group_right(d)e", "a + ignoring (b, c) group_right (d) e"},
      {"a+ignoring()b", "a + b"},
      {"1+ignoring()b", "1 + b"},
      {"-x+ +y", "-x + +y"},
      {"(1)", "(1)"},
      {"5m", "5m"},
      {"1e25", "10000000000000000000000000"},
      {"1.5e-7", "0.00000015"},
      {"123456.789", "123456.789"},
      {"Inf", "+Inf"},
      {"-Inf", "-Inf"},
      {"NaN", "NaN"},
      {"'it''s'", nullptr},
      {"'say \"hi\"'", "\"say \\\"hi\\\"\""},
      {"pi()", "pi()"},
      {"a + fill(0) b", "a + fill (0) b"},
      {"rate(a[5m]  anchored offset 1m)", "rate(a[5m] anchored offset 1m)"},
      {"rate(a[5m] @ 5 smoothed)", "rate(a[5m] smoothed @ 5.000)"},
      {"a smoothed offset 1m", "a smoothed offset 1m"},
      {"a </ 2 >/ b", "a </ 2 >/ b"},
      {"a + on(x) fill_left(-1) b", "a + on (x) fill_left (-1) b"},
      {"info(x, {})", "info(x, {})"},
  };
  for (const auto& c : cases) {
    const auto expr = parse(c.query, experimental);
    ASSERT_EQ(expr.has_value(), c.text != nullptr) << c.query;
    if (expr) EXPECT_EQ(to_text(**expr), c.text) << c.query;
  }
}

TEST(ToText, IsReadBackAsItself) {
  const unsigned seed = 20261126;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RandomExpr random(seed);
  for (int round = 0; round < 5000; ++round) {
    const ExprPtr expr = random.expr(round % 6);
    const std::string text = to_text(*expr);
    const auto read = parse(text, experimental);
    ASSERT_TRUE(read) << text << "\n" << read.error().text(text);
    ASSERT_EQ(to_text(**read), text);
    const std::string lines = pretty(**read);
    const auto read_lines = parse(lines, experimental);
    ASSERT_TRUE(read_lines) << lines << "\n" << read_lines.error().text(lines);
    ASSERT_EQ(to_text(**read_lines), text) << lines;
    ASSERT_EQ(pretty(**read_lines), lines);
  }
}

TEST(Pretty, LeavesShortExpressionsOnOneLine) {
  const std::string query = "sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m]))";
  EXPECT_EQ(pretty(*parse(query).value()), query);
}

TEST(Pretty, BreaksWhatALineDoesNotHold) {
  const std::string query =
      "sum by (job) (rate(http_requests_total{code=~\"5..\",instance=\"a\"}[5m])) / on (job) "
      "group_left () -topk(5, label_replace(http_requests_total{code=~\"5..\",instance=\"b\"}, "
      "\"a\", \"a very long replacement of a text\", \"b\", \"c\")) > bool 1";
  EXPECT_EQ(pretty(*parse(query).value()),
            R"(    sum by (job) (rate(http_requests_total{code=~"5..",instance="a"}[5m]))
  / on (job) group_left ()
    -topk(
      5,
      label_replace(
        http_requests_total{code=~"5..",instance="b"},
        "a",
        "a very long replacement of a text",
        "b",
        "c"
      )
    )
> bool
  1)");
}

TEST(Pretty, BreaksParenthesesAndSubqueries) {
  const std::string query =
      "max_over_time((http_requests_total{code=~\"5..\",instance=\"a\"} + "
      "http_requests_total{code=~\"5..\",instance=\"bbbbbbbbbbbbbb\"})[1h:5m] offset 1d)";
  EXPECT_EQ(pretty(*parse(query).value()), R"(max_over_time(
  (
      http_requests_total{code=~"5..",instance="a"}
    +
      http_requests_total{code=~"5..",instance="bbbbbbbbbbbbbb"}
  )[1h:5m] offset 1d
))");
}

}  // namespace
}  // namespace slod::promql
