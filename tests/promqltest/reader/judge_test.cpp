#include "tests/promqltest/judge.h"

#include <gtest/gtest.h>

#include <string>

namespace slod::promqltest {
namespace {

constexpr std::string_view loaded =
    "load 1m\n"
    "  x{k=\"a\"} 1 2 3\n"
    "  x{k=\"b\"} 10 20 30\n"
    "  y 1 2 3\n"
    "  h {{schema:0 count:2 sum:3 buckets:[1 1]}}\n"
    "  h_mixed 1 {{count:1 sum:1}}\n"
    "\n";

/// Why the last command of a script fails; empty where it passes.
std::string verdict(std::string_view eval) {
  Memory memory;
  std::string why = "no eval";
  for (const Command& command : parse_script(std::string(loaded) + std::string(eval))) {
    if (const auto* load = std::get_if<Load>(&command.what)) memory.load(*load);
    if (const auto* unread = std::get_if<Unread>(&command.what)) why = "unread: " + unread->why;
    if (const auto* one = std::get_if<Eval>(&command.what)) why = judge(*one, memory);
  }
  return why;
}

TEST(Judge, LetsWhatIsExpectedPass) {
  const char* const evals[] = {
      "eval instant at 1m x\n x{k=\"b\"} 20\n x{k=\"a\"} 2",
      "eval instant at 1m x * 1.0000001\n {k=\"a\"} 2\n {k=\"b\"} 20",
      "eval instant at 1m sort_desc(x)\n expect ordered\n x{k=\"b\"} 20\n x{k=\"a\"} 2",
      "eval instant at 1m 1 / 0\n Inf",
      "eval instant at 1m \"a\"\n expect string \"a\"",
      "eval instant at 1m none",
      "eval instant at 2m y[2m]\n expect range vector from 1m to 2m step 1m\n y 2 3",
      "eval range from 0 to 3m step 1m x{k=\"a\"} < 3\n x{k=\"a\"} 1 2 _ _",
      "eval instant at 0 h\n h {{schema:0 count:2 sum:3 buckets:[1 1 0]}}",
      "eval instant at 1m rate(h_mixed[2m])\n expect warn",
      "eval instant at 1m x + on() x\n expect fail",
      "eval instant at 1m topk(NaN, x)\n expect fail msg: Parameter value is NaN",
  };
  for (const char* eval : evals) EXPECT_EQ(verdict(eval), "") << eval;
}

TEST(Judge, SaysWhatIsNotAsExpected) {
  const struct {
    const char* eval;
    const char* why;  ///< the beginning
  } cases[] = {
      {"eval instant at 1m x{k=\"a\"}\n x{k=\"a\"} 2.0001",
       "{__name__=\"x\",k=\"a\"} at 60: expected 2.0001, found 2"},
      {"eval instant at 1m x{k=\"a\"}\n {k=\"a\"} 2", "expected {k=\"a\"}, found no such series"},
      {"eval instant at 1m x\n x{k=\"a\"} 2",
       "found {__name__=\"x\",k=\"b\"} 20, which is not expected"},
      {"eval instant at 1m none\n x 1", "expected {__name__=\"x\"}, found no such series"},
      {"eval instant at 1m sort(x)\n expect ordered\n x{k=\"b\"} 20\n x{k=\"a\"} 2",
       "expected {__name__=\"x\",k=\"b\"} at place 1"},
      {"eval instant at 1m 2\n 3", "expected 3, found 2"},
      {"eval instant at 1m vector(2)\n 2", "expected a scalar, found a vector"},
      {"eval instant at 1m 2\n {} 2", "expected a vector, found the scalar 2"},
      {"eval instant at 1m \"a\"\n expect string \"b\"", "expected another result"},
      {"eval instant at 1m x[5m]", "expected a vector, found a range vector"},
      {"eval instant at 2m y[3m]\n expect range vector from 1m to 2m step 1m\n y 2 3",
       "{__name__=\"y\"}: expected 2 values, found 3"},
      {"eval range from 0 to 2m step 1m x{k=\"a\"}\n x{k=\"a\"} 1 _ 3",
       "{__name__=\"x\",k=\"a\"} at 60: expected nothing, found 2"},
      {"eval range from 0 to 1m step 1m x{k=\"a\"}\n x{k=\"a\"} 1 2 3",
       "{__name__=\"x\",k=\"a\"}: expected 3 values, found 2"},
      {"eval instant at 0 h\n h {{schema:0 count:2 sum:3 buckets:[2]}}",
       "{__name__=\"h\"} at 0: expected {count:2, sum:3, (0.5,1]:2}"},
      {"eval instant at 0 h\n h {{schema:0 count:2 sum:3 buckets:[1 1] counter_reset_hint:gauge}}",
       "{__name__=\"h\"} at 0: expected"},
      {"eval instant at 0 h\n h 2", "{__name__=\"h\"} at 0: expected 2, found {count:2"},
      {"eval instant at 1m rate(h_mixed[2m])\n expect no_warn", "expected no warning, found"},
      {"eval instant at 1m sum(x)\n expect warn\n {} 22", "expected warning, found none"},
      {"eval instant at 1m rate(h_mixed[2m])\n expect warn msg: PromQL warning: other",
       "expected warning \"PromQL warning: other\", found"},
      {"eval instant at 1m rate(h_mixed[2m])\n expect info", "expected info, found none"},
      {"eval instant at 1m x + on() x", "fails: found duplicate series"},
      {"eval instant at 1m sum(x)\n expect fail", "expected a failure, found none"},
      {"eval instant at 1m topk(NaN, x)\n expect fail msg: other", "expected failure \"other\""},
      {"eval instant at 1m sum(\n {} 1", "fails: 1:5: parse error: unclosed left parenthesis"},
      {"eval range from 0 to 1m step 1m x + on() x", "fails: found duplicate series"},
  };
  for (const auto& c : cases) {
    const std::string why = verdict(c.eval);
    EXPECT_TRUE(why.starts_with(c.why)) << c.eval << "\nexpected " << c.why << "\nfound    " << why;
  }
}

/// Loading as Prometheus's storage keeps it: resets are known within a run of histograms only.
TEST(Judge, LoadsHistogramsWithWhatIsKnownOfTheirResets) {
  EXPECT_EQ(
      verdict(
          "load 1m\n  r {{count:1}} {{count:2}} {{count:1}} {{count:1 counter_reset_hint:gauge}}\n"
          "\neval range from 0 to 3m step 1m r\n"
          "  r {{count:1 counter_reset_hint:unknown}} {{count:2 counter_reset_hint:not_reset}} "
          "{{count:1 counter_reset_hint:unknown}} {{count:1 counter_reset_hint:gauge}}"),
      "");
}

TEST(Judge, MakesCustomBucketsOfClassicHistograms) {
  EXPECT_EQ(verdict("load_with_nhcb 1m\n  c_bucket{le=\"1\"} 2\n  c_bucket{le=\"5\"} 3\n"
                    "  c_bucket{le=\"+Inf\"} 7\n  c_count 7\n  c_sum 40\n"
                    "\neval instant at 0 c\n"
                    "  c {{schema:-53 count:7 sum:40 custom_values:[1 5] buckets:[2 1 4]}}"),
            "");
}

TEST(Judge, TakesTheLastOfTwoLinesOfASeries) {
  EXPECT_EQ(verdict("load 1m\n  z 1 2\n  z 3\n\neval range from 0 to 1m step 1m z\n  z 3 3"), "");
}

}  // namespace
}  // namespace slod::promqltest
