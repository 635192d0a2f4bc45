#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "lib/promql/parser.h"
#include "lib/promql/printer.h"
#include "lib/promql/regex.h"

/// What a query may cost before it is evaluated.
namespace slod::promql {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::string error_of(const std::string& query, const ParserOptions& options = {}) {
  const auto expr = parse(query, options);
  return expr ? "none" : expr.error().text(query);
}

TEST(ParserLimits, OperatorsInARow) {
  EXPECT_TRUE(parse("x" + repeated(" + 1", 500)));
  EXPECT_EQ(error_of("x" + repeated(" + 1", 501)),
            "1:2003: parse error: too many operators in a row, expected at most 500");
  EXPECT_EQ(error_of("x" + repeated(" or x", 100'000)),
            "1:2503: parse error: too many operators in a row, expected at most 500");
  EXPECT_TRUE(parse("x" + repeated(" + 1 * 2", 500)));
}

TEST(ParserLimits, Strings) {
  EXPECT_TRUE(parse("x{a=\"" + std::string(64 * 1024, 'y') + "\"}"));
  for (const char* before : {"x{a=\"", "x{\"", "label_replace(x, \"", "sum by (\""}) {
    const std::string query = before + std::string(64 * 1024 + 1, 'y') + "\"";
    EXPECT_EQ(error_of(query),
              "1:" + std::to_string(std::string_view(before).size()) +
                  ": parse error: string too long, expected at most 65536 bytes, found 65537");
  }
}

TEST(ParserLimits, TokensInAll) {
  const std::string query = "x{" + repeated("a=\"b\",", 10'000) + "}";
  EXPECT_EQ(error_of(query),
            "1:29999: parse error: query too large, expected at most 20000 names, numbers, strings "
            "and signs");
  EXPECT_NE(error_of("sum by (" + repeated("a,", 20'000) + "b) (x)"), "none");
}

TEST(ParserLimits, OneRegularExpression) {
  const std::string longest(Regex::pattern_bytes_max, 'a');
  for (const char* sign : {"=~", "!~"}) {
    EXPECT_EQ(error_of(std::string("x{b") + sign + "\"" + longest + "\"}"), "none");
    EXPECT_EQ(error_of(std::string("x{b") + sign + "\"" + longest + "a\"}"),
              "1:3: parse error: expected a regular expression of at most 4096 bytes, found 4097");
  }
  const std::string match = "{b=~\"" + longest + "a\"}";
  EXPECT_EQ(parse_matchers(match).error().text(match),
            "1:2: parse error: expected a regular expression of at most 4096 bytes, found 4097");
}

/// A pattern is refused before it is read, however wrong it is: its error is made from its length.
TEST(ParserLimits, ARegularExpressionThatIsTooLongIsNotRead) {
  const auto regex = Regex::make(std::string(400'000, '('));
  ASSERT_FALSE(regex);
  EXPECT_TRUE(regex.error().is_too_long);
  EXPECT_EQ(regex.error().text,
            "expected a regular expression of at most 4096 bytes, found 400000");
}

TEST(ParserLimits, TheMemoryOfARegularExpression) {
  EXPECT_TRUE(Regex::make("(instance-[0-9]{1,5}|job-.{0,100})"));
  const auto regex = Regex::make(repeated("\\pL{1000}", 100));
  ASSERT_FALSE(regex);
  EXPECT_FALSE(regex.error().is_too_long);
}

TEST(ParserLimits, RegularExpressionsInAll) {
  const std::string one = "a=~\"" + std::string(4000, 'b') + "\",";
  EXPECT_EQ(error_of("x{" + repeated(one, 16) + "}"), "none");
  EXPECT_EQ(error_of("x{" + repeated(one, 17) + "}"),
            "1:64102: parse error: too many regular expressions, expected at most 65536 bytes of "
            "them in all");
}

TEST(ParserLimits, AreAskedForBeforeEachRegularExpression) {
  int asked = 0;
  const ParserOptions options{.is_unwanted = [&] { return ++asked == 3; }};
  EXPECT_EQ(error_of("x{a=~\"1\",b=~\"2\",c=~\"3\",d=~\"4\"}", options),
            "1:20: parse error: the query was ended while it was read");
  EXPECT_EQ(asked, 3);
}

/// Within the limits, what is read of a query is proportional to it, wherever it ends: an error in
/// the last token needs all that stands before, and nothing of it twice.
TEST(ParserLimits, AreThereForEachKindOfLength) {
  const ParserOptions unlimited{.depth_max = 256,
                                .chain_max = 1'000'000,
                                .tokens_max = 10'000'000,
                                .string_bytes_max = 100'000'000,
                                .regex_bytes_max = 100'000'000};
  for (std::size_t length = 1000; length <= 64'000; length *= 2) {
    EXPECT_EQ(error_of("x" + repeated(" + 1", length), unlimited), "none");
    EXPECT_EQ(error_of("x{" + repeated("a=\"b\",", length) + "}", unlimited), "none");
    EXPECT_EQ(error_of("x{a=\"" + repeated("\\n", length) + "\"}", unlimited), "none");
    EXPECT_EQ(error_of("label_join(x, \"a\", \"\"" + repeated(", \"b\"", length) + ")", unlimited),
              "none");
    EXPECT_EQ(error_of("x " + repeated("# remark\n", length), unlimited), "none");
    EXPECT_EQ(error_of(repeated(" ", length) + "x", unlimited), "none");
  }
}

/// The deepest and the widest that is read is also printed, in a size that is proportional to it.
TEST(ParserLimits, BoundWhatIsPrinted) {
  std::string query = repeated("abs(", 200) + "x" + repeated(")", 200);
  query = "max_of(" + query + repeated(", " + query, 20) + ")";
  const auto expr = parse(query, {.experimental_functions = true});
  if (expr) EXPECT_LT(pretty(**expr).size(), query.size() * 200);
}

}  // namespace
}  // namespace slod::promql
