#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <span>
#include <string>
#include <string_view>

#include "lib/promql/parser.h"
#include "lib/promql/printer.h"

namespace slod::promql {
namespace {

struct Refused {
  const char* query;
  const char* text;
};

void expect_refused(std::span<const Refused> cases, const ParserOptions& options = {}) {
  for (const Refused& c : cases) {
    const auto expr = parse(c.query, options);
    ASSERT_FALSE(expr) << c.query;
    EXPECT_EQ(expr.error().text(c.query), c.text) << c.query;
  }
}

TEST(ParseError, PointsAtLineAndColumn) {
  const Refused cases[] = {
      {"", "unknown position: parse error: no expression found in input"},
      {"# nothing", "1:1: parse error: no expression found in input"},
      {"rate(x", "1:7: parse error: unclosed left parenthesis"},
      {"sum(\n  x\n  y)", "3:3: parse error: unexpected identifier \"y\" in aggregation"},
      {"x +\n", "2:1: parse error: unexpected end of input"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhichWordWasNotExpected) {
  const Refused cases[] = {
      {"1 +", "1:4: parse error: unexpected end of input"},
      {"*1", "1:1: parse error: unexpected <op:*>"},
      {"x 5", "1:3: parse error: unexpected number \"5\""},
      {"x 12345678901", "1:3: parse error: unexpected number \"1234567890\"..."},
      {"x y", "1:3: parse error: unexpected identifier \"y\""},
      {"x a:b", "1:3: parse error: unexpected metric identifier \"a:b\""},
      {"x \"y\"", "1:3: parse error: unexpected string \"\\\"y\\\"\""},
      {"x sum", "1:3: parse error: unexpected <aggr:sum>"},
      {"x by", "1:3: parse error: unexpected <by>"},
      {"x start", "1:3: parse error: unexpected \"start\""},
      {"on", "1:1: parse error: unexpected <on>"},
      {"bool", "1:1: parse error: unexpected <bool>"},
      {"a - on(b) ignoring(c) d", "1:11: parse error: unexpected <ignoring>"},
      {"a * group_left b", "1:5: parse error: unexpected <group_left>"},
      {"sum some_metric by (test)", "1:5: parse error: unexpected identifier \"some_metric\""},
      {"sum(rate(x y))", "1:12: parse error: unexpected identifier \"y\" in aggregation"},
      {"sum(x) y", "1:8: parse error: unexpected identifier \"y\""},
      {"rate(,)", "1:6: parse error: unexpected \",\""},
      {"foo smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhatIsWrongWithAWord) {
  const Refused cases[] = {
      {")", "1:2: parse error: unexpected right parenthesis ')'"},
      {"(1))", "1:5: parse error: unexpected right parenthesis ')'"},
      {"1 + 2/(3*1", "1:11: parse error: unclosed left parenthesis"},
      {"x]", "1:2: parse error: unexpected right bracket ']'"},
      {"x[5m", "1:5: parse error: unclosed left bracket"},
      {"x[", "1:3: parse error: unexpected end of input in duration expression"},
      {"x[5m[", "1:5: parse error: unexpected left bracket '['"},
      {"x{", "1:3: parse error: unexpected end of input inside braces"},
      {"x{{", "1:3: parse error: unexpected left brace '{'"},
      {"x{a!b}", "1:4: parse error: unexpected character after '!' inside braces: 'b'"},
      {"{1}", "1:2: parse error: unexpected character inside braces: '1'"},
      {"x{a:b=\"c\"}", "1:4: parse error: unexpected character inside braces: ':'"},
      {"!x", "1:1: parse error: unexpected character after '!': 'x'"},
      {"!", "1:1: parse error: unexpected character after '!': '\uFFFD'"},
      {"=~x", "1:1: parse error: unexpected character after '=': '~'"},
      {"x ~ y", "1:3: parse error: unexpected character: '~'"},
      {"é", "1:1: parse error: unexpected character: 'é'"},
      {"\xFF", "1:1: parse error: unexpected character: '\uFFFD'"},
      {"\x01", "1:1: parse error: unexpected character: '\\x01'"},
      {"0deadbeef", "1:1: parse error: bad number or duration syntax: \"0de\""},
      {"100..4", "1:1: parse error: bad number or duration syntax: \"100..\""},
      {"2.5.", "1:1: parse error: bad number or duration syntax: \"2.5.\""},
      {"1e", "1:1: parse error: bad number or duration syntax: \"1e\""},
      {"1_", "1:1: parse error: bad number or duration syntax: \"1_\""},
      {"0x1.5", "1:1: parse error: bad number or duration syntax: \"0x1.\""},
      {"5mx", "1:1: parse error: bad number or duration syntax: \"5mx\""},
      {"5s3d", "1:1: parse error: not a valid duration string: \"5s3d\""},
      {"300y", "1:1: parse error: duration out of range"},
      {"1e400",
       "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e400\": value out "
       "of "
       "range"},
      {"\"abc", "1:1: parse error: unterminated quoted string"},
      {"'a\n'", "1:1: parse error: unterminated quoted string"},
      {"`abc", "1:1: parse error: unterminated raw string"},
      {"\"\\q\"", "1:1: parse error: unknown escape sequence U+0071 'q'"},
      {"\"\\", "1:1: parse error: escape sequence not terminated"},
      {"\"\\xg0\"", "1:1: parse error: illegal character U+0067 'g' in escape sequence"},
      {"\"\\400\"", "1:1: parse error: escape sequence is an invalid Unicode code point"},
      {"\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"},
      {"\"\xC3(\"", "1:1: parse error: invalid UTF-8 rune"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhatASelectorLacks) {
  const Refused cases[] = {
      {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"{x=~\".*\"}",
       "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"1 + {x!=\"y\"}",
       "1:5: parse error: vector selector must contain at least one non-empty matcher"},
      {"foo{\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
      {"foo{__name__=~\"bar\"}",
       "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
      {"foo{a}",
       "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"},
      {"foo{a=}", "1:7: parse error: unexpected \"}\" in label matching, expected string"},
      {"foo{a=\"b\" c}",
       "1:11: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
      {"foo{,}",
       "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
      {"foo{a=\"b\",,}",
       "1:11: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
      {"foo{a=~\"(\"}", "1:5: parse error: error parsing regexp: missing closing ): `(`"},
      {"foo{a=~\"*\"}",
       "1:5: parse error: error parsing regexp: missing argument to repetition operator: `*`"},
      {"foo{a=~\"[b\"}", "1:5: parse error: error parsing regexp: missing closing ]: `[b`"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhereTimeDoesNotFit) {
  const Refused cases[] = {
      {"1 offset 1d",
       "1:1: parse error: offset modifier must be preceded by an instant vector selector or range "
       "vector selector or a subquery"},
      {"(x) @ 1",
       "1:1: parse error: @ modifier must be preceded by an instant vector selector or range "
       "vector "
       "selector or a subquery"},
      {"x offset 1s offset 2s", "1:1: parse error: offset may not be set multiple times"},
      {"x @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
      {"x @ start() @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
      {"x @ start", "1:10: parse error: unexpected end of input in @, expected timestamp"},
      {"x @ y", "1:5: parse error: unexpected identifier \"y\" in @, expected timestamp"},
      {"x @ Inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"},
      {"x @ 1e20",
       "1:1: parse error: timestamp out of bounds for @ modifier: 100000000000000000000.000000"},
      {"x offset y",
       "1:10: parse error: unexpected identifier \"y\" in offset, expected number, duration, "
       "step(), or range()"},
      {"x[]",
       "1:3: parse error: unexpected \"]\" in subquery or range selector, expected number, "
       "duration, step(), or range()"},
      {"x[0]", "1:3: parse error: duration must be greater than 0"},
      {"x[-5m]", "1:3: parse error: duration must be greater than 0"},
      {"x[1e10]", "1:3: parse error: duration out of range"},
      {"x[5m 5m]",
       "1:6: parse error: unexpected duration \"5m\" in subquery or range, expected \":\" or "
       "\"]\""},
      {"x[5m:5m 5m]",
       "1:9: parse error: unexpected duration \"5m\" in subquery selector, expected \"]\""},
      {"x[5m::]", "1:6: parse error: unexpected colon ':'"},
      {"x[:5m]", "1:4: parse error: unexpected colon before duration in duration expression"},
      {"x[\"5m\"]", "1:3: parse error: unexpected character in duration expression: '\"'"},
      {"x[5m+1m]", "1:3: parse error: experimental duration expression is not enabled"},
      {"x offset -(1m*2)", "1:12: parse error: experimental duration expression is not enabled"},
      {"(x + y)[5m]", "1:8: parse error: ranges only allowed for vector selectors"},
      {"x[5m][5m]", "1:6: parse error: ranges only allowed for vector selectors"},
      {"x offset 1m[5m]", "1:12: parse error: no offset modifiers allowed before range"},
      {"x @ 1 [5m]", "1:7: parse error: no @ modifiers allowed before range"},
      {"x[5m:1m][5m:1m]",
       "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"},
      {"1[5m:]",
       "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhichTypeWasExpected) {
  const Refused cases[] = {
      {"rate(x)",
       "1:6: parse error: expected type range vector in call to function \"rate\", got instant "
       "vector"},
      {"floor(1)",
       "1:7: parse error: expected type instant vector in call to function \"floor\", got scalar"},
      {"rate(x[5m], 5)", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2"},
      {"hour(x, x)", "1:1: parse error: expected at most 1 argument(s) in call to \"hour\", got 2"},
      {"label_join(x, \"a\")",
       "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 2"},
      {"label_join(x, \"a\", \",\", \"b\", 5)",
       "1:30: parse error: expected type string in call to function \"label_join\", got scalar"},
      {"foo()", "1:1: parse error: unknown function with name \"foo\""},
      {"RATE(x[5m])", "1:1: parse error: unknown function with name \"RATE\""},
      {"rate(x[5m],)", "1:11: parse error: trailing commas not allowed in function call args"},
      {"info(x)", "1:1: parse error: function \"info\" is not enabled"},
      {"start()", "1:1: parse error: function \"start\" is not enabled"},
      {"-x[5m]",
       "1:1: parse error: unary expression only allowed on expressions of type scalar or instant "
       "vector, got \"range vector\""},
      {"x[5m] + 1",
       "1:1: parse error: binary expression must contain only scalar and instant vector types"},
      {"1 + \"a\"",
       "1:5: parse error: binary expression must contain only scalar and instant vector types"},
      {"1 + 1 + x[5m] + 1",
       "1:9: parse error: binary expression must contain only scalar and instant vector types"},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhatAnOperatorDoesNotTake) {
  const Refused cases[] = {
      {"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"1 and 1", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
      {"x or 1", "1:1: parse error: set operator \"or\" not allowed in binary scalar expression"},
      {"x and bool y", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"1 + on(x) y", "1:1: parse error: vector matching only allowed between instant vectors"},
      {"a and on(x) group_left(y) b",
       "1:1: parse error: no grouping allowed for \"and\" operation"},
      {"a / on(x) group_left(x) b",
       "1:3: parse error: label \"x\" must not occur in ON and GROUP clause at once"},
      {"a + fill(0) b", "1:1: parse error: binop fill modifiers are experimental and not enabled"},
      {"a + on b",
       "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""},
      {"a + on(b c) d",
       "1:10: parse error: unexpected identifier \"c\" in grouping opts, expected \",\" or \")\""},
  };
  expect_refused(cases);
}

TEST(ParseError, SaysWhatAnAggregationLacks) {
  const Refused cases[] = {
      {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
      {"sum(x, y)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, "
       "got 2"},
      {"topk(x)",
       "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, "
       "got 1"},
      {"topk(x, y)",
       "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"},
      {"count_values(5, x)",
       "1:14: parse error: expected type string in aggregation parameter, got scalar"},
      {"sum(x[5m])",
       "1:5: parse error: expected type instant vector in aggregation expression, got range "
       "vector"},
      {"limitk(5, x)",
       "1:1: parse error: limitk() is experimental and must be enabled with "
       "--enable-feature=promql-experimental-functions"},
      {"sum(x) by test",
       "1:11: parse error: unexpected identifier \"test\" in grouping opts, expected \"(\""},
      {"sum by (without) (x)",
       "1:9: parse error: unexpected <without> in grouping opts, expected label"},
      {"sum by (a:b) (x)",
       "1:9: parse error: unexpected metric identifier \"a:b\" in grouping opts, expected label"},
  };
  expect_refused(cases);
}

TEST(ParseError, OfWhatIsExperimental) {
  const Refused cases[] = {
      {"info(x, y)",
       "1:9: parse error: expected label selectors only, got vector selector instead"},
      {"info(x, sum(y))", "1:9: parse error: expected label selectors only"},
      {"x[5m/0]", "2:6: division by zero"},
      {"x[5m%0]", "2:6: modulo by zero"},
      {"x[5m-10m]", "2:8: duration must be greater than 0"},
      {"x[5m*1e9]", "2:8: duration is out of range"},
      {"x[2^10000]", "2:9: duration is NaN or infinite"},
      {"x[step()]",
       "1:3: parse error: expected a constant duration, found step(), which is not supported here"},
      {"x[5m:1m] anchored", "1:1: parse error: anchored modifier is not supported for subqueries"},
      {"sum(x) smoothed", "1:1: parse error: smoothed modifier not implemented"},
      {"x[5m] anchored smoothed",
       "1:1: parse error: anchored and smoothed modifiers cannot be used together"},
      {"1 </ 2", "1:1: parse error: operator \"</\" not allowed for Scalar operations"},
      {"a >/ bool b", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"a + fill(0) 1",
       "1:1: parse error: filling in missing series only allowed between instant vectors"},
      {"a and fill(0) b",
       "1:1: parse error: filling in missing series not allowed for set operators"},
  };
  expect_refused(cases, {.experimental_functions = true});
  const Refused of_no_length[] = {
      {"x[step()]", "2:8: duration must be greater than 0"},
      {"x[5m:range()]", "5:12: duration must be greater than 0"},
  };
  expect_refused(
      of_no_length,
      {.experimental_functions = true, .query_step = Duration(0), .query_range = Duration(0)});
}

TEST(ParseError, NeverPointsOutsideTheQuery) {
  constexpr std::array<std::string_view, 52> pieces{
      "x",    "a:b",    "sum",  "rate", "by",    "without", "on",   "ignoring", "group_left",
      "bool", "offset", "@",    "(",    ")",     "[",       "]",    "{",        "}",
      ",",    ":",      "=",    "=~",   "!=",    "!~",      "==",   "+",        "-",
      "*",    "/",      "^",    "and",  "or",    "atan2",   "5m",   "1",        "0x",
      "1e5",  "_",      ".",    "\"",   "'",     "`",       "\\",   "#",        "\n",
      " ",    "é",      "\xff", "inf",  "start", "fill",    "\"a\""};
  const unsigned seed = 20261127;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937 random(seed);
  const auto below = [&random](std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
  };
  for (int round = 0; round < 100'000; ++round) {
    std::string query;
    for (std::size_t i = 1 + below(12); i > 0; --i) {
      query += pieces[below(pieces.size())];
      if (below(3) == 0) query += ' ';
    }
    const auto expr = parse(query, {.experimental_functions = true});
    if (expr) {
      const std::string text = to_text(**expr);
      const auto again = parse(text, {.experimental_functions = true});
      ASSERT_TRUE(again) << query << "\n" << text << "\n" << again.error().text(text);
      ASSERT_EQ(to_text(**again), text) << query;
    } else {
      ASSERT_LE(expr.error().position.begin, query.size()) << query;
      ASSERT_FALSE(expr.error().message.empty()) << query;
    }
  }
}

TEST(ParseMatchers, WantsOneThatTheEmptyTextFails) {
  EXPECT_EQ(parse_matchers("{a=\"\"}").error().text("{a=\"\"}"),
            "match[] must contain at least one non-empty matcher");
  EXPECT_EQ(parse_matchers("rate(x)").error().text("rate(x)"),
            "1:5: parse error: unexpected \"(\"");
  EXPECT_EQ(parse_matchers("5").error().text("5"), "1:1: parse error: unexpected number \"5\"");
  const auto read = parse_matchers("up{job=~\"a.*\"}");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->at(0).label(), "job");
  EXPECT_EQ(read->at(1).value(), "up");
}

}  // namespace
}  // namespace slod::promql
