#include "lib/promql/parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "lib/promql/printer.h"
#include "lib/promql/walk.h"

namespace slod::promql {
namespace {

const ParserOptions experimental{.experimental_functions = true};

ExprPtr parsed(std::string_view query, const ParserOptions& options = {}) {
  auto expr = parse(query, options);
  EXPECT_TRUE(expr) << query << ": " << (expr ? "" : expr.error().text(query));
  return expr ? *expr : parse("0").value();
}

/// The query with a parenthesis around each operation: which binds tighter, and to which side.
std::string grouped(const Expr& expr) {
  if (const auto* binary = std::get_if<Binary>(&expr.node)) {
    return fmt::format("({} {} {})", grouped(*binary->left), text(binary->op),
                       grouped(*binary->right));
  }
  if (const auto* unary = std::get_if<Unary>(&expr.node)) {
    return fmt::format("({}{})", unary->negative ? '-' : '+', grouped(*unary->expr));
  }
  return to_text(expr);
}

TEST(Parse, BindsOperatorsAsPrometheusDoes) {
  const struct {
    const char* query;
    const char* grouped;
  } cases[] = {
      {"1 + 2 * 3", "(1 + (2 * 3))"},
      {"1 - 2 - 3", "((1 - 2) - 3)"},
      {"1 * 2 atan2 3 / 4 % 5", "((((1 * 2) atan2 3) / 4) % 5)"},
      {"2 ^ 3 ^ 4", "(2 ^ (3 ^ 4))"},
      {"-x ^ 2", "(-(x ^ 2))"},
      {"-1 ^ 2", "(-(1 ^ 2))"},
      {"2 ^ -x ^ 2 * 3", "((2 ^ (-(x ^ 2))) * 3)"},
      {"-x * y", "((-x) * y)"},
      {"-x + y", "((-x) + y)"},
      {"a or b and c unless d", "(a or ((b and c) unless d))"},
      {"a + b > c and d", "(((a + b) > c) and d)"},
      {"a == b != c", "((a == b) != c)"},
      {"a + b </ 2 and c", "(((a + b) </ 2) and c)"},
      {"a >/ 1 </ 2", "((a >/ 1) </ 2)"},
      {"-x offset 5m", "(-x offset 5m)"},
      {"x + y offset 5m", "(x + y offset 5m)"},
      {"x offset 5m + 1", "(x offset 5m + 1)"},
      {"x offset -2 ^ 2", "(x offset -2s ^ 2)"},
  };
  for (const auto& c : cases) EXPECT_EQ(grouped(*parsed(c.query)), c.grouped) << c.query;
}

TEST(Parse, ReadsNumbersAsGoDoes) {
  const struct {
    const char* query;
    double value;
  } cases[] = {{"1", 1},
               {"1.", 1},
               {".5", 0.5},
               {"5e-3", 0.005},
               {"1_000.5", 1000.5},
               {"0755", 493},
               {"08", 8},
               {"0x1F", 31},
               {"0X_ff", 255},
               {"+0.5", 0.5},
               {"-1", -1},
               {"--1", 1},
               {"5m", 300},
               {"-1h30m", -5400},
               {"500ms", 0.5},
               {"1e-400", 0},
               {"Inf", INFINITY},
               {"-iNf", -INFINITY},
               {"9223372036854775808", 0x1p63}};
  for (const auto& c : cases) {
    const ExprPtr expr = parsed(c.query);
    const auto* literal = std::get_if<NumberLiteral>(&expr->node);
    ASSERT_NE(literal, nullptr) << c.query;
    EXPECT_EQ(literal->value, c.value) << c.query;
  }
  EXPECT_TRUE(std::isnan(std::get<NumberLiteral>(parsed("nan")->node).value));
  EXPECT_TRUE(std::get<NumberLiteral>(parsed("5m")->node).is_duration);
  EXPECT_FALSE(std::get<NumberLiteral>(parsed("300")->node).is_duration);
}

TEST(Parse, TakesKeywordsForNames) {
  for (const char* query :
       {"sum", "sum{sum=\"x\"}", "offset offset 5m", "and and and", "by", "without", "start", "end",
        "step", "range", "topk{a=\"b\"}", "fill + fill", "anchored", "OFFSET{by=\"a\",on=\"b\"}",
        "sum by (by, on, bool, offset, and, atan2, group_left, start) (x)",
        "x{sum=\"a\",and=\"b\",inf=\"c\",bool=\"d\"}"}) {
    parsed(query);
  }
  EXPECT_EQ(std::get<VectorSelector>(parsed("SUM")->node).name, "SUM");
}

TEST(Parse, TakesKeywordsInAnyCase) {
  EXPECT_EQ(to_text(*parsed("SUM BY (a) (x OFFSET 5m) AND ON (a) y")),
            "sum by (a) (x offset 5m) and on (a) y");
  EXPECT_EQ(to_text(*parsed("x == BOOL IGNORING(a) Group_Left(b) y")),
            "x == bool ignoring (a) group_left (b) y");
}

TEST(Parse, ReadsWhenASelectorLooks) {
  using std::chrono::milliseconds;
  const auto shift = [](std::string_view query) {
    const ExprPtr expr = parsed(query);
    if (const auto* matrix = std::get_if<MatrixSelector>(&expr->node))
      return matrix->selector.shift;
    if (const auto* subquery = std::get_if<Subquery>(&expr->node)) return subquery->shift;
    return std::get<VectorSelector>(expr->node).shift;
  };
  EXPECT_EQ(shift("x offset 5m").offset, milliseconds(300'000));
  EXPECT_EQ(shift("x offset 1.5").offset, milliseconds(1500));
  EXPECT_EQ(shift("x[5m] offset -1h30m").offset, milliseconds(-5'400'000));
  EXPECT_EQ(std::get<Instant>(shift("x @ 1.5 offset 5m").at), Instant(milliseconds(1500)));
  EXPECT_EQ(shift("x offset 5m @ 1.5"), shift("x @ 1.5 offset 5m"));
  EXPECT_EQ(std::get<Instant>(shift("x @ -10").at), Instant(milliseconds(-10'000)));
  EXPECT_EQ(std::get<Boundary>(shift("x[5m:1m] @ start()").at), Boundary::start);
  EXPECT_EQ(std::get<Boundary>(shift("x[5m] @ end() offset 1m").at), Boundary::end);
  EXPECT_TRUE(parse("x @ 9223372036854774784"));
}

TEST(Parse, ReadsRangesAndSteps) {
  const auto range = [](const char* query, const ParserOptions& options = {}) {
    return std::get<MatrixSelector>(parsed(query, options)->node).range.count();
  };
  EXPECT_EQ(range("x[5m]"), 300'000);
  EXPECT_EQ(range("x[300]"), 300'000);
  EXPECT_EQ(range("x[ 1m30s ]"), 90'000);
  EXPECT_EQ(range("x[0.5]"), 500);
  EXPECT_EQ(range("x[+5m]"), 300'000);
  EXPECT_EQ(range("x[5m+1m*2]", experimental), 420'000);
  const ParserOptions of_a_range{.experimental_functions = true,
                                 .query_step = std::chrono::seconds(15),
                                 .query_range = std::chrono::hours(1)};
  EXPECT_EQ(range("x[step()]", of_a_range), 15'000);
  EXPECT_EQ(range("x[range() / 4 - 2 * step()]", of_a_range), 870'000);
  EXPECT_EQ(range("x[max_of(step(), 1m)]", of_a_range), 60'000);
  EXPECT_EQ(range("x[min_of(step(), 1m)]", of_a_range), 15'000);
  EXPECT_EQ(range("x[1s/3]", of_a_range), 333);
  EXPECT_EQ(range("x[(5m-1m)*2^3]", experimental), 1'920'000);
  EXPECT_EQ(range("x[max(5m, 1h)/2]", experimental), 1'800'000);
  const ExprPtr shifted = parsed("x offset -(1m*2)", experimental);
  EXPECT_EQ(std::get<VectorSelector>(shifted->node).shift.offset, std::chrono::minutes(-2));
  const ExprPtr expr = parsed("rate(x[5m])[1h:30s]");
  const auto& subquery = std::get<Subquery>(expr->node);
  EXPECT_EQ(subquery.range, std::chrono::hours(1));
  EXPECT_EQ(subquery.step, std::chrono::seconds(30));
  EXPECT_EQ(std::get<Subquery>(parsed("x[1h:]")->node).step, Duration(0));
}

TEST(Parse, KeepsMatchersInOrderAndTheNameLast) {
  const ExprPtr expr = parsed("up{job=\"a\",code=~\"2..\"}");
  const auto& selector = std::get<VectorSelector>(expr->node);
  EXPECT_EQ(selector.name, "up");
  ASSERT_EQ(selector.matchers.size(), 3U);
  EXPECT_EQ(selector.matchers[0].label(), "job");
  EXPECT_EQ(selector.matchers[1].label(), "code");
  EXPECT_EQ(selector.matchers[2].label(), "__name__");
  const ExprPtr quoted = parsed("{\"http.requests\", 'a b'=\"c\"}");
  const auto& within = std::get<VectorSelector>(quoted->node);
  EXPECT_EQ(within.name, "http.requests");
  EXPECT_TRUE(within.name_in_braces);
  EXPECT_EQ(within.matchers[0].label(), "__name__");
  EXPECT_EQ(within.matchers[1].label(), "a b");
}

TEST(Parse, ReadsHowVectorsMatch) {
  const ExprPtr expr = parsed("a / ignoring(x) group_right(y, z) b");
  const auto& matching = std::get<Binary>(expr->node).matching;
  EXPECT_EQ(matching.cardinality, Cardinality::one_to_many);
  EXPECT_FALSE(matching.on);
  EXPECT_EQ(matching.labels, std::vector<std::string>{"x"});
  EXPECT_EQ(matching.include, (std::vector<std::string>{"y", "z"}));
  EXPECT_EQ(std::get<Binary>(parsed("a and b")->node).matching.cardinality,
            Cardinality::many_to_many);
  const ExprPtr filled = parsed("a + on (x) fill_right(-1) fill_left(2) b", experimental);
  EXPECT_EQ(std::get<Binary>(filled->node).matching.fill_left, 2);
  EXPECT_EQ(std::get<Binary>(filled->node).matching.fill_right, -1);
}

TEST(Parse, KnowsTheTypeOfEverything) {
  EXPECT_EQ(parsed("1 + 2 * time()")->type(), ValueType::scalar);
  EXPECT_EQ(parsed("-(1 + x)")->type(), ValueType::vector);
  EXPECT_EQ(parsed("x + 1 + 1")->type(), ValueType::vector);
  EXPECT_EQ(parsed("1 + 1 + x")->type(), ValueType::vector);
  EXPECT_EQ(parsed("x[5m]")->type(), ValueType::matrix);
  EXPECT_EQ(parsed("x[5m:]")->type(), ValueType::matrix);
  EXPECT_EQ(parsed("\"a\"")->type(), ValueType::string);
  EXPECT_EQ(parsed("scalar(x)")->type(), ValueType::scalar);
  EXPECT_EQ(parsed("sum(x)")->type(), ValueType::vector);
}

TEST(Parse, SaysWhereEachPartStands) {
  const std::string query = " sum by (a) ( x{b=\"c\"} offset 5m ) + -y ";
  const auto shown = [&query](const Expr& expr) {
    return query.substr(expr.position.begin, expr.position.end - expr.position.begin);
  };
  const ExprPtr expr = parsed(query);
  const auto& sum = std::get<Binary>(expr->node);
  EXPECT_EQ(shown(*expr), "sum by (a) ( x{b=\"c\"} offset 5m ) + -y");
  EXPECT_EQ(shown(*sum.left), "sum by (a) ( x{b=\"c\"} offset 5m )");
  EXPECT_EQ(shown(*std::get<Aggregate>(sum.left->node).expr), "x{b=\"c\"} offset 5m");
  EXPECT_EQ(shown(*sum.right), "-y");
}

TEST(Parse, RefusesDeepNestingInsteadOfOverflowing) {
  const auto nested = [](std::string_view before, std::string_view after, int levels) {
    std::string query;
    for (int i = 0; i < levels; ++i) query += before;
    query += "x";
    for (int i = 0; i < levels; ++i) query += after;
    return query;
  };
  EXPECT_TRUE(parse(nested("(", ")", 256)));
  const std::string query = nested("(", ")", 257);
  EXPECT_EQ(parse(query).error().text(query),
            "1:257: parse error: expression nested too deeply, expected at most 256 levels");
  for (const auto& [before, after] :
       {std::pair("(", ")"), std::pair("-", ""), std::pair("2^", ""), std::pair("abs(", ")"),
        std::pair("sum(", ")"), std::pair("", "[5m:1m]"), std::pair("(-", ")")}) {
    const auto deep = parse(nested(before, after, 10'000));
    ASSERT_FALSE(deep) << before;
    EXPECT_TRUE(deep.error().message.starts_with("expression nested too deeply")) << before;
  }
  EXPECT_FALSE(parse("x[" + nested("(", ")", 10'000) + "]", experimental));
}

TEST(Parse, ReadsLongChainsOfOperators) {
  for (const char* term : {" + 1", " or x", " * x[5m:1m] + 1"}) {
    std::string query = "x";
    for (int i = 0; i < 10'000; ++i) query += term;
    const auto expr = parse(query, {.chain_max = 20'000, .tokens_max = 200'000});
    if (!expr) {
      EXPECT_EQ(expr.error().text(query),
                "1:5: parse error: binary expression must contain only scalar and instant vector "
                "types");
      continue;
    }
    EXPECT_EQ((*expr)->type(), ValueType::vector);
    EXPECT_EQ(to_text(**expr), query);
    EXPECT_EQ(pretty(**expr), query);
    EXPECT_GE(selectors(**expr).size(), 1U);
  }
}

TEST(Parse, FreesAChainWhoseInnerPartIsStillHeld) {
  std::string query = "x";
  for (int i = 0; i < 10'000; ++i) query += " + 1";
  ExprPtr expr = parse(query, {.chain_max = 10'000, .tokens_max = 30'000}).value();
  ExprPtr inner = std::get<Binary>(expr->node).left;
  expr.reset();
  EXPECT_EQ(to_text(*inner), query.substr(0, query.size() - 4));
}

TEST(Signature, IsKnownForEveryFunction) {
  for (const char* name :
       {"abs", "year", "rate", "histogram_quantile", "label_join", "pi", "info"}) {
    const Signature* found = signature(name);
    ASSERT_NE(found, nullptr) << name;
    EXPECT_EQ(found->name, name);
    EXPECT_EQ(found, signature(name));
  }
  EXPECT_EQ(signature("sum"), nullptr);
  EXPECT_EQ(signature(""), nullptr);
  EXPECT_EQ(signature("zzz"), nullptr);
}

}  // namespace
}  // namespace slod::promql
