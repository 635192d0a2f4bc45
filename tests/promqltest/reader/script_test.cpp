#include "tests/promqltest/script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod::promqltest {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::vector<Command> script(std::string_view text) {
  auto commands = parse_script(text);
  for (const Command& command : commands) {
    const auto* unread = std::get_if<Unread>(&command.what);
    EXPECT_EQ(unread, nullptr) << text << ": " << (unread == nullptr ? "" : unread->why);
  }
  return commands;
}

/// The only command of a script.
template <typename What>
What only(std::string_view text) {
  const auto commands = script(text);
  EXPECT_EQ(commands.size(), 1U) << text;
  if (commands.size() != 1) return {};
  EXPECT_TRUE(std::holds_alternative<What>(commands[0].what)) << text;
  return std::holds_alternative<What>(commands[0].what) ? std::get<What>(commands[0].what) : What();
}

TEST(Script, IsCutAtEmptyLinesAndComments) {
  const auto commands = script(
      "# first\n"
      "load 5m\n"
      "  x 1\n"
      "\n"
      "  clear\r\n"
      "CLEAR\n"
      "load 1m\n"
      "\ty 1\n"
      "\t# a comment ends a block\n"
      "eval instant at 5m x\n"
      "  x 1");
  ASSERT_EQ(commands.size(), 5U);
  EXPECT_EQ(commands[0].line, 2U);
  EXPECT_EQ(std::get<Load>(commands[0].what).step, minutes(5));
  EXPECT_TRUE(std::holds_alternative<Clear>(commands[1].what));
  EXPECT_TRUE(std::holds_alternative<Clear>(commands[2].what));
  EXPECT_EQ(commands[3].line, 7U);
  EXPECT_EQ(commands[4].line, 10U);
  EXPECT_EQ(std::get<Eval>(commands[4].what).series.size(), 1U);
}

TEST(Script, LoadsWithCustomBucketsAndStarts) {
  const auto load = only<Load>("load_with_nhcb 30s\n@st -1m\nx@st 0s _\nx 1 2\ny 1 2");
  EXPECT_TRUE(load.with_custom_buckets);
  EXPECT_EQ(load.step, seconds(30));
  ASSERT_EQ(load.default_starts.size(), 1U);
  ASSERT_EQ(load.series.size(), 2U);
  ASSERT_EQ(load.series[0].starts.size(), 2U);
  EXPECT_EQ(load.series[0].starts[0], seconds(0));
  EXPECT_FALSE(load.series[0].starts[1]);
  EXPECT_TRUE(load.series[1].starts.empty());
}

TEST(Script, EvaluatesAtOneTimeOrOverARange) {
  EXPECT_EQ(std::get<Instant>(only<Eval>("eval instant at 1h30m x").when), Instant(minutes(90)));
  EXPECT_EQ(std::get<Instant>(only<Eval>("eval instant at 50 x").when), Instant(seconds(50)));
  EXPECT_EQ(std::get<Instant>(only<Eval>("eval instant at -10s x").when), Instant(seconds(-10)));
  const auto range = only<Eval>("eval range from 0 to 1m step 10s sum by (a) (x)");
  EXPECT_EQ(range.query, "sum by (a) (x)");
  const auto& steps = std::get<RangeOfSteps>(range.when);
  EXPECT_EQ(steps.start, Instant());
  EXPECT_EQ(steps.end, Instant(minutes(1)));
  EXPECT_EQ(steps.step, seconds(10));
}

TEST(Script, ReadsEachExpectation) {
  const auto eval = only<Eval>(
      "eval instant at 1m x\n"
      "  expect ordered\n"
      "  expect warn msg: one: two\n"
      "  expect warn regex:^a.*b$\n"
      "  expect no_info\n"
      "  x{a=\"1\"} 1\n"
      "  {} {{count:1}}");
  EXPECT_TRUE(eval.is_ordered);
  EXPECT_TRUE(eval.warnings.required);
  EXPECT_EQ(eval.warnings.messages, std::vector<std::string>{"one: two"});
  EXPECT_EQ(eval.warnings.patterns, std::vector<std::string>{"^a.*b$"});
  EXPECT_TRUE(eval.infos.forbidden);
  EXPECT_FALSE(eval.fail.required);
  EXPECT_EQ(eval.series.size(), 2U);

  EXPECT_EQ(only<Eval>("eval instant at 1m 1\n  1.5").scalar, 1.5);
  EXPECT_EQ(only<Eval>("eval instant at 1m 1\n  0x10").scalar, 16);
  EXPECT_EQ(only<Eval>("eval instant at 1m 1\n  -Inf").scalar,
            -std::numeric_limits<double>::infinity());
  EXPECT_EQ(only<Eval>("eval instant at 1m \"a\"\n  expect string \"a\\n\"").string, "a\n");
  EXPECT_EQ(only<Eval>("eval instant at 1m \"a\"\n  expect string `a`").string, "a");
  EXPECT_EQ(only<Eval>("eval instant at 1m x\n  expect{} 1").series.size(), 1U);
  EXPECT_TRUE(only<Eval>("eval instant at 1m x\n  expect fail").fail.required);
}

TEST(Script, ReadsTheOlderForms) {
  const auto fail = only<Eval>("eval_fail instant at 1m x\n  expected_fail_message it broke");
  EXPECT_TRUE(fail.fail.required);
  EXPECT_EQ(fail.fail.messages, std::vector<std::string>{"it broke"});
  const auto pattern = only<Eval>("eval_fail instant at 1m x\n  expected_fail_regexp it .*");
  EXPECT_EQ(pattern.fail.patterns, std::vector<std::string>{"it .*"});
  EXPECT_TRUE(only<Eval>("eval_warn instant at 1m x").warnings.required);
  EXPECT_TRUE(only<Eval>("eval_info range from 0 to 1m step 1m x").infos.required);
  EXPECT_TRUE(only<Eval>("eval_ordered instant at 1m x").is_ordered);
}

TEST(Script, EvaluatesARangeVectorAtTheEndThatIsExpected) {
  const auto eval = only<Eval>(
      "eval instant at 5m x[2m]\n"
      "  expect range vector from 10s to 30s step 10s\n"
      "  x 1 2 3");
  ASSERT_TRUE(eval.range_vector);
  EXPECT_EQ(eval.range_vector->start, Instant(seconds(10)));
  EXPECT_EQ(std::get<Instant>(eval.when), Instant(seconds(30)));
}

TEST(Script, NamesTheLineThatItRefuses) {
  const struct {
    const char* text;
    const char* beginning;  ///< of the message
  } cases[] = {
      {"load 5m\n\nwipe", "line 3: expected load, clear or eval"},
      {"load", "line 1: expected load STEP"},
      {"load soon", "line 1: expected a time"},
      {"load 5m\n  x 1\n  y one", "line 3: expected a number"},
      {"load 5m\n  x@st 0s\n  y 1", "line 3: expected values of {__name__=\"x\"}"},
      {"load 5m\n  x@st 0s\n  x 1 2", "line 3: expected as many values as starts"},
      {"load 5m\n  x@st 0s\n  x@st 0s\n  x 1", "line 3: expected the values"},
      {"load 5m\n  x@st soon\n  x 1", "line 2: expected a start"},
      {"load 5m\n  x@st 0s\n\n", "line 3: expected values after the @st line"},
      {"eval x", "line 1: expected eval instant"},
      {"eval instant at noon x", "line 1: expected a time"},
      {"eval range from 1m to 0 step 1m x", "line 1: expected an end not before the start"},
      {"eval range from 0 to 1m step 0 x", "line 1: expected an end not before the start"},
      {"eval instant at 1m x\n  x 1 2", "line 2: expected one value"},
      {"eval instant at 1m x\n  expect nothing", "line 2: expected what to expect"},
      {"eval instant at 1m x\n  expect warn regex:(", "line 2: expected a regular expression"},
      {"eval instant at 1m x\n  expect warn\n  expect no_warn", "line 3: expected annotations"},
      {"eval instant at 1m x\n  expect string a", "line 2: expected a quoted string"},
      {"eval range from 0 to 1m step 1m x\n  expect range vector from 0 to 1m step 1m",
       "line 2: expected an instant query"},
  };
  for (const auto& c : cases) {
    const auto commands = parse_script(c.text);
    ASSERT_FALSE(commands.empty()) << c.text;
    const auto* unread = std::get_if<Unread>(&commands.back().what);
    ASSERT_NE(unread, nullptr) << c.text;
    const std::string message = fmt::format("line {}: {}", commands.back().line, unread->why);
    EXPECT_TRUE(message.starts_with(c.beginning)) << c.text << ": " << message;
  }
}

TEST(Script, GoesOnAfterWhatItCannotRead) {
  const auto commands = parse_script("load 5m\n  x one\n  y 1\n\neval instant at 1m x\n");
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Unread>(commands[0].what));
  EXPECT_EQ(commands[0].line, 2U);
  EXPECT_TRUE(std::holds_alternative<Eval>(commands[1].what));
  EXPECT_EQ(commands[1].line, 5U);
}

}  // namespace
}  // namespace slod::promqltest
