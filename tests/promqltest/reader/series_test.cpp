#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "lib/series/sample_source.h"
#include "tests/promqltest/script.h"

namespace slod::promqltest {
namespace {

using query::Point;
using std::chrono::milliseconds;

SeriesLine series(std::string_view line) {
  auto read = parse_series(line);
  EXPECT_TRUE(read) << line << ": " << (read ? "" : read.error());
  return read.value_or(SeriesLine());
}

std::string text(const Point& point) {
  switch (point.kind) {
    case Point::Kind::none:
      return "_";
    case Point::Kind::histogram:
      return to_text(*point.histogram);
    case Point::Kind::number:
      break;
  }
  if (is_stale_marker(point.number)) return "stale";
  return std::isnan(point.number) ? "nan" : std::to_string(point.number);
}

std::string values(std::string_view line) {
  std::string all;
  for (const SeriesValue& value : series(line).values) {
    all += (all.empty() ? "" : " ") + text(value.point);
  }
  return all;
}

TEST(Series, ReadsEachNotationOfValues) {
  const struct {
    const char* line;
    const char* values;
  } cases[] = {
      {"x 1", "1.000000"},
      {"x", ""},
      {"x 1 -2 .5 1e3", "1.000000 -2.000000 0.500000 1000.000000"},
      {"x 1_000", "1000.000000"},
      {"x Inf -inf +INF", "inf -inf inf"},
      {"x NaN nan", "nan nan"},
      {"x _ 1 _", "_ 1.000000 _"},
      {"x _x3 1", "_ _ _ 1.000000"},
      {"x stale 1", "stale 1.000000"},
      {"x 2x2", "2.000000 2.000000 2.000000"},
      {"x 0+10x2", "0.000000 10.000000 20.000000"},
      {"x 1-0.5x2", "1.000000 0.500000 0.000000"},
      {"x -1-1x1", "-1.000000 -2.000000"},
      {"x   1\t2  ", "1.000000 2.000000"},
      {"x {{}}", "{count:0, sum:0}"},
      {"x {{count:1}}x1 2", "{count:1, sum:0} {count:1, sum:0} 2.000000"},
      {"x {{count:1 buckets:[1]}}+{{count:2 buckets:[0 2]}}x1",
       "{count:1, sum:0, (0.5,1]:1} {count:3, sum:0, (0.5,1]:1, (1,2]:2}"},
      {"x {{count:3 sum:2}}-{{count:1 sum:1}}x1", "{count:3, sum:2} {count:2, sum:1}"},
  };
  for (const auto& c : cases) EXPECT_EQ(values(c.line), c.values) << c.line;
}

TEST(Series, ReadsLabelsWithOrWithoutAName) {
  const struct {
    const char* line;
    const char* labels;
  } cases[] = {
      {"x 1", R"({__name__="x"})"},
      {"x{} 1", R"({__name__="x"})"},
      {"x {a=\"b\"} 1", R"({__name__="x",a="b"})"},
      {"{} 1", "{}"},
      {"{ } 1", "{}"},
      {"{a=\"b\", c='d'} 1", R"({a="b",c="d"})"},
      {"x{a=\"} {\"} 1", R"({__name__="x",a="} {"})"},
      {"x{a=\"\\\"\"} 1", R"({__name__="x",a="\""})"},
      {"x{a=`\\`} 1", R"({__name__="x",a="\\"})"},
      {"{\"a name\", b=\"c\"} 1", R"({__name__="a name",b="c"})"},
      {"job:rate5m 1", R"({__name__="job:rate5m"})"},
      {"sum{a=\"b\"} 1", R"({__name__="sum",a="b"})"},
      {"x {{count:1}}", R"({__name__="x"})"},
  };
  for (const auto& c : cases) EXPECT_EQ(to_text(series(c.line).labels), c.labels) << c.line;
}

TEST(Series, KnowsWhetherAHintWasWritten) {
  const auto line = series("x {{count:1 counter_reset_hint:unknown}} {{count:1}}");
  ASSERT_EQ(line.values.size(), 2U);
  EXPECT_TRUE(line.values[0].hint_given);
  EXPECT_FALSE(line.values[1].hint_given);
}

TEST(Series, RefusesWhatIsNoValue) {
  const struct {
    const char* line;
    const char* part;  ///< of the message
  } cases[] = {
      {"x one", "a number"},
      {"x 1x", "a number of repetitions"},
      {"x 1xx", "a number of repetitions"},
      {"x 1x9999999", "a number of repetitions"},
      {"x 1+-2x1", "a number"},
      {"x 1+2", "x and a number of repetitions"},
      {"x 12 3,4", "a blank"},
      {"x {{count:1", "}}"},
      {"x {{count:1}}+{{count:2}}", "x and a number of repetitions"},
      {"x {{counts:1}}", "counts"},
      {"x {{schema:-53 custom_values:[1]}}+{{schema:0}}x2", "custom"},
      {"x{a=~\"b\"} 1", "expected labels with values"},
      {"x{a=\"b\" 1", "parse error"},
      {"1 2", "expected a series"},
  };
  for (const auto& c : cases) {
    const auto read = parse_series(c.line);
    ASSERT_FALSE(read) << c.line;
    EXPECT_NE(read.error().find(c.part), std::string::npos) << c.line << ": " << read.error();
  }
}

TEST(Starts, ReadsEachNotation) {
  EXPECT_TRUE(is_starts_line("x@st 0s"));
  EXPECT_TRUE(is_starts_line("x{a=\"b\"}@st\t0s"));
  EXPECT_TRUE(is_starts_line("@st -1m"));
  EXPECT_FALSE(is_starts_line("x 1"));
  EXPECT_FALSE(is_starts_line("x@st"));
  const auto line = parse_starts("x{a=\"b\"}@st -1m _ 0sx1 _x2 -2m+30sx2 5ms *x1 *");
  ASSERT_TRUE(line) << line.error();
  EXPECT_EQ(to_text(line->labels), R"({__name__="x",a="b"})");
  const std::vector<std::optional<Duration>> expected{
      milliseconds(-60'000), std::nullopt,    milliseconds(0),        milliseconds(0),
      std::nullopt,          std::nullopt,    milliseconds(-120'000), milliseconds(-90'000),
      milliseconds(-60'000), milliseconds(5), milliseconds(5),        milliseconds(5),
      milliseconds(5)};
  EXPECT_EQ(line->starts, expected);
}

TEST(Starts, RefusesWhatIsNone) {
  for (const char* line : {"x@st 1", "x@st m", "x@st 1mx", "x@st 1m+2m", "x@st _x0", "x@st 1m*2"}) {
    EXPECT_FALSE(parse_starts(line)) << line;
  }
}

}  // namespace
}  // namespace slod::promqltest
