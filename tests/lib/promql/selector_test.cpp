#include "lib/promql/selector.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <span>

namespace slod::promql {
namespace {

using Operation = Matcher::Operation;

Matcher matcher(std::string label, Operation operation, std::string value) {
  return Matcher::make(std::move(label), operation, std::move(value)).value();
}

TEST(Matcher, TakesAMissingLabelAsEmpty) {
  EXPECT_TRUE(matcher("code", Operation::equal, "").accepts(""));
  EXPECT_TRUE(matcher("code", Operation::not_equal, "500").accepts(""));
  EXPECT_TRUE(matcher("code", Operation::matches, "2..|").accepts(""));
  EXPECT_FALSE(matcher("code", Operation::matches, "2..").accepts(""));
}

TEST(Matcher, MatchesTheWholeValue) {
  const Matcher two = matcher("code", Operation::matches, "2..|30");
  EXPECT_TRUE(two.accepts("204"));
  EXPECT_TRUE(two.accepts("30"));
  EXPECT_FALSE(two.accepts("2040"));
  EXPECT_FALSE(two.accepts("301"));
  EXPECT_FALSE(two.accepts("1204"));
  const Matcher no_two = matcher("code", Operation::not_matches, "2..");
  EXPECT_FALSE(no_two.accepts("204"));
  EXPECT_TRUE(no_two.accepts("2040"));
}

TEST(Matcher, LetsADotMatchALineFeed) {
  EXPECT_TRUE(matcher("path", Operation::matches, "a.b").accepts("a\nb"));
  EXPECT_TRUE(matcher("path", Operation::matches, ".*").accepts("\n"));
}

TEST(Matcher, RefusesWhatIsNoRegularExpression) {
  EXPECT_EQ(Matcher::make("code", Operation::matches, "2(").error(),
            "expected a regular expression in RE2's syntax, found \"2(\" (missing ): 2()");
  EXPECT_EQ(Matcher::make("code", Operation::matches, "a)|(b").has_value(), false);
  EXPECT_EQ(Matcher::make("code", Operation::matches, std::string(4097, 'a')).error(),
            "expected a regular expression of at most 4096 bytes, found 4097");
  EXPECT_FALSE(Matcher::make("code", Operation::matches, "((a{100}){100}){100}").has_value());
  EXPECT_TRUE(Matcher::make("code", Operation::equal, "2(").has_value());
}

struct Accepted {
  const char* text;
  const char* canonical;
};

TEST(ParseSelector, ReadsPrometheusSyntax) {
  const Accepted cases[] = {
      {"up", "up"},
      {"job:requests:rate5m", "job:requests:rate5m"},
      {" up \n", "up"},
      {"up{}", "up"},
      {R"(up{job="api"})", R"(up{job="api"})"},
      {R"(up { job = "api" , code =~ "2..|3.." , })", R"(up{job="api",code=~"2..|3.."})"},
      {R"(up{a!="b",c!~"d"})", R"(up{a!="b",c!~"d"})"},
      {"up{# a comment with } and \"\n job='api'}# the end", R"(up{job="api"})"},
      {R"(up{a='it\'s'})", R"(up{a="it's"})"},
      {R"(up{a='say "hi"'})", R"(up{a="say \"hi\""})"},
      {R"(up{a="say \"hi\""})", R"(up{a="say \"hi\""})"},
      {R"(up{a=`C:\dir "x" 'y'`})", R"(up{a="C:\\dir \"x\" 'y'"})"},
      {"up{a=`two\nlines`}", R"(up{a="two\nlines"})"},
      {R"(up{a="\a\b\f\n\r\t\v\\"})", R"(up{a="\a\b\f\n\r\t\v\\"})"},
      {R"(up{a="\101\x42\u0043\U00000044\u00e9\U0001F600"})", "up{a=\"ABCDé😀\"}"},
      {R"(up{a="\xff"})", R"(up{a="\xff"})"},
      {R"(up{path=~"/v1/.*\\.json"})", R"(up{path=~"/v1/.*\\.json"})"},
      {R"(up{path=~`\d+`})", R"(up{path=~"\\d+"})"},
      {R"({__name__="up",job="api"})", R"(up{job="api"})"},
      {R"({"up",job="api"})", R"(up{job="api"})"},
      {R"({job="api","http.requests"})", R"({__name__="http.requests",job="api"})"},
      {R"({"https://example.org/é"})", "{__name__=\"https://example.org/é\"}"},
      {R"(up{"http.status"="200"})", R"(up{"http.status"="200"})"},
      {R"(up{"job"="api"})", R"(up{job="api"})"},
      {R"({__name__="on"})", R"({__name__="on"})"},
      {R"(up{on="x",by="y",offset="z",inf="w"})", R"(up{on="x",by="y",offset="z",inf="w"})"},
      {"sum", "sum"},
      {R"(offset{a="b"})", R"(offset{a="b"})"},
      {R"(up{a="b",a!="c"})", R"(up{a="b",a!="c"})"},
      {R"(up{a=""})", R"(up{a=""})"},
      {R"(up{a="\u70ac"})", "up{a=\"炬\"}"},
      {"up offset 0s", "up"},
  };
  for (const Accepted& c : cases) {
    const auto selector = parse_selector(c.text);
    ASSERT_TRUE(selector) << c.text << ": " << selector.error().message;
    EXPECT_EQ(selector->text(), c.canonical) << c.text;
  }
}

struct Refused {
  const char* text;
  std::size_t offset;
  const char* message;
};

void expect_refused(std::span<const Refused> cases) {
  for (const Refused& c : cases) {
    const auto selector = parse_selector(c.text);
    ASSERT_FALSE(selector) << c.text;
    EXPECT_EQ(selector.error().message, c.message) << c.text;
    EXPECT_EQ(selector.error().offset, c.offset) << c.text;
  }
}

TEST(ParseSelector, SaysWhyAnExpressionIsNoSelector) {
  const Refused cases[] = {
      {"rate(x[5m])", 0,
       "expected a selector alone, found rate(...); slod sums and rates the series itself, so "
       "write "
       "only what is inside"},
      {" sum by (code) (x)", 1,
       "expected a selector alone, found sum by; slod sums and rates the series itself, so write "
       "only what is inside"},
      {"x[5m]", 1, "expected a selector without a range, found [; slod keeps the windows itself"},
      {"x offset 5m", 2, "expected a selector of the present, found offset"},
      {"x @ 1700000000", 2, "expected a selector of the present, found @"},
      {"a / b", 2,
       "expected the end of the selector, found /; an expression of several parts is not a "
       "selector"},
      {"a == 1", 2,
       "expected the end of the selector, found ==; an expression of several parts is not a "
       "selector"},
      {"a b", 2,
       "expected the end of the selector, found b; an expression of several parts is not a "
       "selector"},
      {"x{}{}", 3, "expected one pair of braces, found a second {"},
      {"x{} smoothed", 4,
       "expected the end of the selector, found smoothed; an expression of several parts is not a "
       "selector"},
      {"no_such_function(x)", 0,
       "expected a selector alone, found no_such_function(...); slod sums and rates the series "
       "itself, so write only what is inside"},
      {"(x)", 0, "expected a selector that starts with a metric name, found ("},
      {"-x", 0, "expected a selector that starts with a metric name, found -"},
      {"5", 0, "expected a selector that starts with a metric name, found 5"},
      {"NaN", 0, "expected a selector that starts with a metric name, found NaN"},
      {"\"x\"", 0, "expected a selector that starts with a metric name, found \"x\""},
      {"é", 0, "expected a selector that starts with a metric name, found é"},
      {"", 0, "expected a selector such as http_requests_total{job=\"api\"}, found nothing"},
      {"# all", 5, "expected a selector such as http_requests_total{job=\"api\"}, found nothing"},
  };
  expect_refused(cases);
}

TEST(ParseSelector, DemandsOneMetricName) {
  const Refused cases[] = {
      {"{job=\"x\"}", 0,
       "expected a metric name, found only conditions on labels; write it before the braces: "
       "http_requests_total{...}"},
      {"{}", 0,
       "expected a metric name, found only conditions on labels; write it before the braces: "
       "http_requests_total{...}"},
      {"{__name__=~\"x.*\"}", 1,
       "expected one metric name (__name__=\"...\"), found __name__=~; slod demands series by "
       "metric name"},
      {"x{__name__=\"y\"}", 11,
       "expected one metric name, found a second one, \"y\", beside \"x\""},
      {"{\"x\",\"y\"}", 5, "expected one metric name, found a second one, \"y\", beside \"x\""},
      {"{\"\"}", 1, "expected a metric name, found an empty one"},
  };
  expect_refused(cases);
}

TEST(ParseSelector, SaysWhereTheSyntaxBreaks) {
  const Refused cases[] = {
      {"x{job=\"a\"", 1, "expected a closing } for this brace, found the end of the text"},
      {"x{", 1, "expected a closing } for this brace, found the end of the text"},
      {"x{,}", 2, "expected a label name, found ,"},
      {"x{a=\"b\",,}", 8, "expected a label name, found ,"},
      {"x{a:b=\"c\"}", 2, "expected a label name, found a:b"},
      {"x{5=\"c\"}", 2, "expected a label name, found 5"},
      {"x{\"\"=\"c\"}", 2, "expected a label name, found an empty one"},
      {"x{a}", 3, "expected =, !=, =~ or !~ after the label a, found }"},
      {"x{a==\"b\"}", 3, "expected =, !=, =~ or !~ after the label a, found =="},
      {"x{a>\"b\"}", 3, "expected =, !=, =~ or !~ after the label a, found >"},
      {"x{a=b}", 4, "expected a value in quotes, found b"},
      {"x{a=\"b\" c=\"d\"}", 8, "expected , or } after a condition, found c"},
      {"x{a=~\"2(\"}", 5,
       "expected a regular expression in RE2's syntax, found \"2(\" (missing ): 2()"},
      {"x{a=\"b}", 4, "expected a closing \" for this string, found the end of the text"},
      {"x{a='b\n'}", 4, "expected a closing ' for this string, found the end of the line"},
      {"x{a=\"b\\", 6, "expected a character after the backslash, found the end of the text"},
      {"x{a=\"\\d\"}", 5,
       "expected one of Go's escapes (\\n, \\t, \\\\, \\\", \\x41, \\u00e9), found \\d; a regular "
       "expression needs two backslashes, or back-ticks around it"},
      {"x{a=\"\\'\"}", 5,
       "expected one of Go's escapes (\\n, \\t, \\\\, \\\", \\x41, \\u00e9), found \\'; a regular "
       "expression needs two backslashes, or back-ticks around it"},
      {"x{a=\"\\x4\"}", 5, "expected 2 digits of base 16 in this escape, found 1"},
      {"x{a=\"\\18\"}", 5, "expected 3 digits of base 8 in this escape, found 1"},
      {"x{a=\"\\8\"}", 5,
       "expected one of Go's escapes (\\n, \\t, \\\\, \\\", \\x41, \\u00e9), found \\8; a regular "
       "expression needs two backslashes, or back-ticks around it"},
      {"x{a=\"\\400\"}", 5, "expected an octal escape up to \\377, found a larger one"},
      {"x{a=\"\\ud800\"}", 5, "expected a Unicode character, found U+D800"},
      {"x{a=\"\\U00110000\"}", 5, "expected a Unicode character, found U+110000"},
      {"x{a=\"\xC3(\"}", 5, "expected UTF-8 in a string, found the byte 0xc3"},
      {"x{a=\"\xED\xA0\x80\"}", 5, "expected UTF-8 in a string, found the byte 0xed"},
  };
  expect_refused(cases);
}

/// Texts of the bytes that syntax is made of, plus some of every other sort.
class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  std::string text(std::size_t pieces_max) {
    constexpr std::array<std::string_view, 24> pieces{
        "a", "Z", "_", ":", "9",  "\"", "'", "`",  "\\",   "{",    "}",    "=",
        "~", "!", ",", "#", "\n", " ",  "é", "😀", "\x7f", "\x01", "\xff", "["};
    std::string out;
    const std::size_t count = below(pieces_max);
    for (std::size_t i = 0; i < count; ++i) out += pieces[below(pieces.size())];
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST(ParseSelector, ReadsBackWhatTextWrites) {
  const unsigned seed = 20261124;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RandomText random(seed);
  for (int round = 0; round < 20000; ++round) {
    Selector selector;
    selector.metric = "m" + random.text(5);
    const std::size_t matchers = random.below(4);
    for (std::size_t i = 0; i < matchers; ++i) {
      auto made = Matcher::make("l" + random.text(4), Operation{static_cast<int>(random.below(4))},
                                random.text(6));
      if (made) selector.matchers.push_back(std::move(*made));
    }
    const auto read = parse_selector(selector.text());
    ASSERT_TRUE(read) << selector.text() << ": " << read.error().message;
    ASSERT_EQ(*read, selector) << selector.text();
  }
}

TEST(ParseSelector, NeverPointsOutsideTheText) {
  const unsigned seed = 20261125;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RandomText random(seed);
  for (int round = 0; round < 50000; ++round) {
    const std::string text = random.below(2) == 0 ? random.text(20) : "a{a=\"" + random.text(12);
    const auto read = parse_selector(text);
    if (!read) {
      ASSERT_LE(read.error().offset, text.size()) << text;
      ASSERT_TRUE(read.error().message.starts_with("expected ")) << text;
      continue;
    }
    ASSERT_EQ(parse_selector(read->text()).value(), *read) << text;
  }
}

}  // namespace
}  // namespace slod::promql
