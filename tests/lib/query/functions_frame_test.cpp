#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "lib/promql/parser.h"
#include "lib/query/natural_order.h"
#include "tests/lib/query/function_call.h"

namespace slod::query {
namespace {

using Texts = std::vector<std::string>;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Frame frame_of(Column column) {
  Frame frame;
  frame.push_back(std::move(column));
  return frame;
}

/// What a function makes of one float at one step: its text, or "error: ...".
std::string of_one(std::string_view function, double value,
                   const std::vector<double>& others = {}) {
  TestCall call;
  std::vector<Argument> arguments;
  arguments.emplace_back(frame_of(column(Labels{}, {value})));
  for (const double other : others) arguments.emplace_back(scalars(other));
  const auto result = call.frame(function, std::move(arguments));
  if (!result) return "error: " + result.error().message;
  return result->empty() ? "" : to_text(result->front().at(0));
}

TEST(MathFunctions, ComputeAsPrometheusDoes) {
  struct Case {
    const char* function;
    double value;
    std::vector<double> others;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"abs", -2.5, {}, "2.5"},
      {"ceil", -2.5, {}, "-2"},
      {"floor", -2.5, {}, "-3"},
      {"sqrt", 16, {}, "4"},
      {"exp", 10, {}, "22026.4658"},
      {"ln", 10, {}, "2.30258509"},
      {"ln", 0, {}, "-inf"},
      {"ln", -1, {}, "NaN"},
      {"log2", 8, {}, "3"},
      {"log10", 1000, {}, "3"},
      {"sgn", -infinity, {}, "-1"},
      {"sgn", 0, {}, "0"},
      {"sgn", nan, {}, "NaN"},
      {"deg", 3.14159265358979, {}, "180"},
      {"rad", 180, {}, "3.14159265"},
      {"sin", 0, {}, "0"},
      {"cos", 0, {}, "1"},
      {"tan", 0, {}, "0"},
      {"asin", 1, {}, "1.57079633"},
      {"acos", 1, {}, "0"},
      {"atan", 1, {}, "0.785398163"},
      {"sinh", 1, {}, "1.17520119"},
      {"cosh", 0, {}, "1"},
      {"tanh", 0, {}, "0"},
      {"asinh", 1, {}, "0.881373587"},
      {"acosh", 1, {}, "0"},
      {"atanh", 0.5, {}, "0.549306144"},
      {"round", 2.5, {}, "3"},
      {"round", -2.5, {}, "-2"},
      {"round", 0.13, {0.1}, "0.1"},
      {"round", 7, {5}, "5"},
      {"clamp", 100, {-25, 75}, "75"},
      {"clamp", -50, {-25, 75}, "-25"},
      {"clamp", 3, {5, -5}, ""},
      {"clamp", 3, {0, nan}, "NaN"},
      {"clamp_min", -50, {-25}, "-25"},
      {"clamp_min", nan, {infinity}, "inf"},
      {"clamp_max", 100, {75}, "75"},
      {"clamp_max", 100, {nan}, "NaN"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(of_one(test.function, test.value, test.others), test.expected)
        << test.function << '(' << test.value << ')';
  }
}

TEST(TimeFunctions, ReadTheCalendarInUtc) {
  struct Case {
    const char* function;
    double unix_seconds;
    const char* expected;
  };
  const std::vector<Case> cases = {
      {"year", 1136239445, "2006"},
      {"month", 1136239445, "1"},
      {"day_of_month", 1136239445, "2"},
      {"day_of_year", 1136239445, "2"},
      {"day_of_week", 1136239445, "1"},
      {"day_of_week", 0, "4"},
      {"hour", 1136239445, "22"},
      {"minute", 1136239445, "4"},
      {"year", 1230767999, "2008"},
      {"year", 1230768000, "2009"},
      {"day_of_month", 1456790399, "29"},
      {"month", 1456790400, "3"},
      {"day_of_year", 1483191420, "366"},
      {"day_of_year", 1672493820, "365"},
      {"days_in_month", 1454284800, "29"},
      {"days_in_month", 1485907200, "28"},
      {"hour", -1, "23"},
      {"year", -1, "1969"},
      {"year", 1e300, "NaN"},
      {"year", nan, "NaN"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(of_one(test.function, test.unix_seconds), test.expected)
        << test.function << '(' << test.unix_seconds << ')';
  }
}

TEST(TimeFunctions, TakeTheStepWithoutAnArgument) {
  TestCall call({.start = at(3599.5), .step = std::chrono::minutes(1), .count = 2});
  EXPECT_EQ(to_texts(call.frame("minute", {}).value()), Texts({"{} 59 0"}));
  EXPECT_EQ(to_texts(call.frame("time", {}).value()), Texts({"{} 3599.5 3659.5"}));
  std::vector<Argument> arguments;
  arguments.emplace_back(frame_of(column({{"__name__", "x"}}, {7, 8})));
  EXPECT_EQ(to_texts(call.frame("timestamp", std::move(arguments)).value()),
            Texts({"{} 3599.5 3659.5"}));
}

TEST(ScalarFunctions, KnowTheQuery) {
  TestCall call({.start = at(100), .step = std::chrono::seconds(10), .count = 3});
  EXPECT_EQ(to_texts(call.frame("start", {}).value()), Texts({"{} 100 100 100"}));
  EXPECT_EQ(to_texts(call.frame("end", {}).value()), Texts({"{} 120 120 120"}));
  EXPECT_EQ(to_texts(call.frame("step", {}).value()), Texts({"{} 10 10 10"}));
  EXPECT_EQ(to_texts(call.frame("range", {}).value()), Texts({"{} 20 20 20"}));
  call.context.query_end = at(125);
  EXPECT_EQ(to_texts(call.frame("end", {}).value()), Texts({"{} 125 125 125"}));
  EXPECT_EQ(to_texts(call.frame("range", {}).value()), Texts({"{} 25 25 25"}));
  EXPECT_EQ(to_texts(call.frame("pi", {}).value()), Texts({"{} 3.14159265 3.14159265 3.14159265"}));
}

TEST(ScalarFunctions, TakeTheOnlyFloat) {
  TestCall call(every_second(4));
  Column one = column({{"l", "x"}}, {1, 1, 1, 1});
  one.set(1, histogram("{{count:1}}"));
  one.clear(2);
  Column other = column({{"l", "y"}}, {2, 2, 2, 2});
  other.clear(2);
  other.clear(3);
  Frame frame = frame_of(one);
  frame.push_back(other);
  std::vector<Argument> arguments;
  arguments.emplace_back(std::move(frame));
  EXPECT_EQ(to_texts(call.frame("scalar", std::move(arguments)).value()),
            Texts({"{} NaN 2 NaN 1"}));
}

TEST(ScalarFunctions, CompareTwo) {
  TestCall call(every_second(2));
  const auto both = [&] {
    std::vector<Argument> arguments;
    arguments.emplace_back(ScalarFrame{3, nan});
    arguments.emplace_back(ScalarFrame{5, 5});
    return arguments;
  };
  EXPECT_EQ(to_texts(call.frame("min_of", both()).value()), Texts({"{} 3 NaN"}));
  EXPECT_EQ(to_texts(call.frame("max_of", both()).value()), Texts({"{} 5 NaN"}));
  EXPECT_EQ(to_texts(call.frame("vector", both()).value()), Texts({"{} 3 NaN"}));
}

TEST(MathFunctions, DropNamesHistogramsAndDuplicates) {
  Column one = column({{"__name__", "a"}, {"l", "x"}}, {-1, -1});
  one.set(1, histogram("{{count:1}}"));
  Column other = column({{"__name__", "b"}, {"l", "x"}}, {-2, -2});
  const auto call_abs = [&](TestCall& call) {
    std::vector<Argument> arguments;
    Frame frame = frame_of(one);
    frame.push_back(other);
    arguments.emplace_back(std::move(frame));
    return call.frame("abs", std::move(arguments));
  };
  TestCall clash;
  EXPECT_EQ(call_abs(clash).error().message,
            "vector cannot contain metrics with the same labelset");
  other.clear(0);
  TestCall call;
  EXPECT_EQ(to_texts(call_abs(call).value()), Texts({R"({l="x"} 1 2)"}));
  TestCall delayed;
  delayed.options.delayed_name_removal = true;
  const Frame kept = call_abs(delayed).value();
  EXPECT_EQ(to_texts(kept), Texts({R"({__name__="a",l="x"} 1 _)", R"({__name__="b",l="x"} _ 2)"}));
  EXPECT_TRUE(kept[0].drops_name && kept[1].drops_name);
}

std::string label_call(std::string_view function, Labels labels,
                       const std::vector<std::string>& texts) {
  TestCall call;
  std::vector<Argument> arguments;
  arguments.emplace_back(frame_of(column(std::move(labels), {0})));
  for (const std::string& text : texts) arguments.emplace_back(text);
  const auto result = call.frame(function, std::move(arguments));
  return result ? slod::to_text(result->front().labels) : result.error().message;
}

TEST(LabelFunctions, ReplaceByTheTemplateOfAMatch) {
  const Labels labels = {{"dst", "old"}, {"src", "source-value-10"}};
  struct Case {
    std::vector<std::string> texts;  ///< destination, replacement, source, pattern
    const char* expected;
  };
  const std::vector<Case> cases = {
      {{"dst", "new-$1", "src", "source-value-(.*)"}, R"({dst="new-10",src="source-value-10"})"},
      {{"dst", "new-$1", "src", "value-(.*)"}, R"({dst="old",src="source-value-10"})"},
      {{"dst", "$2 ${1}x", "src", "(.*)-value-(.*)"},
       R"({dst="10 sourcex",src="source-value-10"})"},
      {{"dst", "${name}$$1$", "src", "(?P<name>[a-z]+).*"},
       R"({dst="source$1$",src="source-value-10"})"},
      {{"dst", "[$1x]", "src", "(.*)"}, R"({dst="[]",src="source-value-10"})"},
      {{"dst", "[$9]", "src", "(.*)"}, R"({dst="[]",src="source-value-10"})"},
      {{"dst", "x", "none", "source-value-(.*)"}, R"({dst="old",src="source-value-10"})"},
      {{"dst", "x$1", "none", "(.*)"}, R"({dst="x",src="source-value-10"})"},
      {{"dst", "", "dst", ".*"}, R"({src="source-value-10"})"},
      {{"dst", "x", "src", "(.*"}, "invalid regular expression in label_replace(): (.*"},
      {{"\xff", "x", "src", ".*"}, "invalid destination label name in label_replace(): \xff"},
      {{"", "x", "src", ".*"}, "invalid destination label name in label_replace(): "},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(label_call("label_replace", labels, test.texts), test.expected);
  }
}

TEST(LabelFunctions, MatchLineFeedsWithADot) {
  EXPECT_EQ(label_call("label_replace", {{"src", "a\nb"}}, {"dst", "x", "src", "a.b"}),
            R"({dst="x",src="a\nb"})");
}

TEST(LabelFunctions, JoinValues) {
  const Labels labels = {{"a", "1"}, {"b", "2"}, {"dst", "old"}};
  EXPECT_EQ(label_call("label_join", labels, {"dst", "-", "a", "none", "b"}),
            R"({a="1",b="2",dst="1--2"})");
  EXPECT_EQ(label_call("label_join", labels, {"dst", ","}), R"({a="1",b="2"})");
  EXPECT_EQ(label_call("label_join", labels, {"dst", ",", "\xff"}),
            "invalid source label name in label_join(): \xff");
  EXPECT_EQ(label_call("label_join", labels, {"\xff", ",", "a"}),
            "invalid destination label name in label_join(): \xff");
}

TEST(LabelFunctions, KeepANameThatWasSetByHand) {
  TestCall call;
  call.options.delayed_name_removal = true;
  Column named = column({{"__name__", "x"}}, {1});
  named.drops_name = true;
  std::vector<Argument> arguments;
  arguments.emplace_back(frame_of(named));
  for (const char* text : {"__name__", "rate_$1", "__name__", "(.+)"}) {
    arguments.emplace_back(std::string(text));
  }
  const Frame result = call.frame("label_replace", std::move(arguments)).value();
  EXPECT_EQ(to_texts(result), Texts({R"({__name__="rate_x"} 1)"}));
  EXPECT_FALSE(result.front().drops_name);
}

TEST(SortFunctions, PutNanLastInBothDirections) {
  const auto sorted = [](std::string_view function) {
    Frame frame;
    const std::vector<std::pair<const char*, double>> values = {
        {"a", 2}, {"b", nan}, {"c", -infinity}, {"d", 7}};
    for (const auto& [name, value] : values) frame.push_back(column({{"l", name}}, {value}));
    frame.emplace_back(Labels{{"l", "e"}}, 1).set(0, histogram("{{count:1}}"));
    TestCall call;
    std::vector<Argument> arguments;
    arguments.emplace_back(std::move(frame));
    std::string order;
    for (const Column& column : call.frame(function, std::move(arguments)).value()) {
      order += column.labels.get("l");
    }
    EXPECT_EQ(call.annotation_texts(), Texts());
    return order;
  };
  EXPECT_EQ(sorted("sort"), "cadb");
  EXPECT_EQ(sorted("sort_desc"), "dacb");
}

TEST(SortFunctions, SortByLabelsInNaturalOrder) {
  const auto sorted = [](std::string_view function, const std::vector<std::string>& labels) {
    Frame frame;
    const std::vector<std::pair<const char*, const char*>> series = {
        {"10", "x"}, {"9", "y"}, {"100", "x"}, {"9", "x"}};
    for (const auto& [cpu, job] : series) {
      frame.push_back(column({{"cpu", cpu}, {"job", job}}, {1}));
    }
    TestCall call;
    std::vector<Argument> arguments;
    arguments.emplace_back(std::move(frame));
    for (const std::string& label : labels) arguments.emplace_back(label);
    std::string order;
    for (const Column& column : call.frame(function, std::move(arguments)).value()) {
      order += fmt::format("{}{} ", column.labels.get("cpu"), column.labels.get("job"));
    }
    return order;
  };
  EXPECT_EQ(sorted("sort_by_label", {"cpu"}), "9x 9y 10x 100x ");
  EXPECT_EQ(sorted("sort_by_label", {"job", "cpu"}), "9x 10x 100x 9y ");
  EXPECT_EQ(sorted("sort_by_label_desc", {"cpu"}), "100x 10x 9y 9x ");
}

TEST(SortFunctions, SayThatARangeHasNoOrder) {
  TestCall call(every_second(2));
  std::vector<Argument> arguments;
  arguments.emplace_back(frame_of(column(Labels{}, {1, 2})));
  EXPECT_TRUE(call.frame("sort", std::move(arguments)));
  EXPECT_EQ(call.annotation_texts(),
            Texts({"PromQL warning: sort is ineffective for range queries since "
                   "results are always ordered by labels"}));
}

TEST(NaturalOrder, TakesRunsOfDigitsAsNumbers) {
  const std::vector<const char*> ascending = {
      "",    "01",   "1",      "1.2.3",   "1.11.3", "1.11.30", "9", "10", "4294967296000000000000",
      "cpu", "cpu1", "cpu1a2", "cpu1a10", "cpu2"};
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (std::size_t j = 0; j < ascending.size(); ++j) {
      EXPECT_TRUE(natural_order(ascending[i], ascending[j]) == (i <=> j))
          << ascending[i] << " and " << ascending[j];
    }
  }
}

TEST(Absent, IsThereWhereNothingIsWithWhatTheMatchersSay) {
  const auto labels = [](std::string_view query) {
    const auto expr = promql::parse(query);
    EXPECT_TRUE(expr);
    const Steps steps = every_second(1);
    return to_texts(absent({}, **expr, steps)).front();
  };
  EXPECT_EQ(labels("x"), "{} 1");
  EXPECT_EQ(labels(R"(x{job="a", instance="b", method=~".x"})"), R"({instance="b",job="a"} 1)");
  EXPECT_EQ(labels(R"(x{job="a", job="b", foo="bar"})"), R"({foo="bar"} 1)");
  EXPECT_EQ(labels(R"(x{job="a", job=~"b", foo="bar"})"), R"({foo="bar"} 1)");
  EXPECT_EQ(labels(R"((x{foo="bar"}))"), R"({foo="bar"} 1)");
  EXPECT_EQ(labels(R"(x{foo="bar"}[5m])"), R"({foo="bar"} 1)");
  EXPECT_EQ(labels(R"(sum(x{foo="bar"}))"), "{} 1");

  const Steps steps = every_second(3);
  Frame frame = frame_of(column({{"a", "1"}}, {5, 5, 5}));
  frame.front().clear(1);
  const auto expr = promql::parse("x");
  EXPECT_EQ(to_texts(absent(frame, **expr, steps)), Texts({"{} _ 1 _"}));
  frame.front().set(1, histogram("{{count:1}}"));
  EXPECT_TRUE(absent(frame, **expr, steps).empty());
}

}  // namespace
}  // namespace slod::query
