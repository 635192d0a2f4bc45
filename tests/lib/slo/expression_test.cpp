#include "lib/slo/expression.h"

#include <gtest/gtest.h>

#include "lib/promql/walk.h"

namespace slod {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

TEST(Expression, PutsTheWindowIn) {
  const std::pair<const char*, const char*> cases[] = {
      {"rate(a[{{.window}}])", "rate(a[1m30s])"},
      {"rate(a[{{ .window }}])", "rate(a[1m30s])"},
      {"rate(a[{{- .window -}}])", "rate(a[1m30s])"},
      {"rate(a[{{.window}}]) / rate(b[{{.window}}])", "rate(a[1m30s]) / rate(b[1m30s])"},
      {"a", "a"},
  };
  for (const auto& [written, text] : cases) {
    const auto expression = parse_expression(written, 90s);
    ASSERT_TRUE(expression) << written << ": " << expression.error().message;
    EXPECT_EQ(expression->text, text);
    EXPECT_EQ(expression->written, written);
  }
}

TEST(Expression, KnowsWhereAPartWasWritten) {
  const std::string written = "rate(a[{{.window}}]) + rate(b[{{ .window }}])";
  const auto expression = parse_expression(written, 90s);
  ASSERT_TRUE(expression);
  std::vector<std::string> parts;
  promql::walk(*expression->parsed, [&](const promql::Expr& part) {
    parts.emplace_back(expression->written_part(part.position));
  });
  EXPECT_EQ(parts, (std::vector<std::string>{written, "rate(a[{{.window}}])", "a[{{.window}}]",
                                             "rate(b[{{ .window }}])", "b[{{ .window }}]"}));
  // The last byte of the text that was put in is the whole placeholder.
  const std::size_t put_in = expression->text.find("1m30s");
  EXPECT_EQ(expression->written_part({put_in, put_in + 5}), "{{.window}}");
}

TEST(Expression, SaysWhereItIsNone) {
  const std::tuple<const char*, std::size_t, const char*> cases[] = {
      {"sum(rate(a[{{.window}}])", 24U,
       "expected a PromQL expression, found one with an error: unclosed left parenthesis"},
      {"rate(a[{{.window}}]) + )", 24U,
       "expected a PromQL expression, found one with an error: unexpected right parenthesis ')'"},
      {"rate(a[{{.Window}}])", 7U, "expected {{.window}} as the only template, found {{.Window}}"},
      {"rate(a[{{.window}}]) + rate(b[{{.interval}}])", 30U,
       "expected {{.window}} as the only template, found {{.interval}}"},
  };
  for (const auto& [written, offset, message] : cases) {
    const auto expression = parse_expression(written, 1min);
    ASSERT_FALSE(expression) << written;
    EXPECT_EQ(expression.error().message, message) << written;
    EXPECT_EQ(expression.error().offset, offset) << written;
  }
}

}  // namespace
}  // namespace slod
