#include "lib/slo/absent_part.h"

#include <gtest/gtest.h>

#include "tests/lib/slo/sli/texts.h"

namespace slod {
namespace {

std::string text_of(const std::optional<Expression>& made) {
  return made ? made->text : "none";
}

TEST(AbsentPart, IsZero) {
  const std::pair<const char*, const char*> rows[] = {
      {"sum(irate(e[1m]))", "(sum(irate(e[1m]))) or on () vector(0)"},
      {"(count(load > 1))", "(count(load > 1)) or on () vector(0)"},
      {"sum(rate(e[1m])) * 60", "(sum(rate(e[1m])) * 60) or on () vector(0)"},
      // Good events as all but the bad: the bad ones are absent, and all events good.
      {"sum(t) - sum(b)", "((sum(t)) or on () vector(0)) - ((sum(b)) or on () vector(0))"},
      {"t - on(job) b", "((t) or on () vector(0)) - on (job) ((b) or on () vector(0))"},
      {"sum(a) + 1", "((sum(a)) or on () vector(0)) + (1)"},
      // It may be empty since b is.
      {"sum(t - b)", "none"},
      {"a * on() b", "none"},
      {"clamp_min(sum(t) - sum(b), 0)", "none"},
      {"vector(1) + on() group_left b", "none"},
      {"scalar(sum(a))", "none"},
  };
  for (const auto& [part, expected] : rows) {
    const auto made = part_or_zero(expression(part));
    EXPECT_EQ(text_of(made), expected) << part;
    if (!made) continue;
    EXPECT_TRUE(made->stands_in);
    EXPECT_EQ(made->written, part);
  }
}

TEST(AbsentPart, MakesARatioZeroWhereThereIsATotal) {
  const std::pair<const char*, const char*> rows[] = {
      {"sum(b) / sum(t)", "(0 * (sum(t)) / (sum(t))) unless on () (sum(b))"},
      {"1 - (sum(g) / sum(t))", "1 - ((0 * (sum(t)) / (sum(t))) unless on () (sum(g)))"},
      {"(sum(t) - sum(g)) / sum(t)",
       "(((sum(t)) or on () vector(0)) - ((sum(g)) or on () vector(0))) / (sum(t))"},
      {"sum(b) / 100", "none"},
      {"avg(ratio)", "none"},
      {"1 - avg(probe_success)", "none"},
      {"sum(t - g) / sum(t)", "none"},
  };
  for (const auto& [ratio, expected] : rows) {
    EXPECT_EQ(text_of(ratio_or_zero(expression(ratio))), expected) << ratio;
  }
}

TEST(AbsentPart, GivesUpOnSumsThatAreVeryLong) {
  std::string sum = "a";
  for (int i = 0; i < 400; ++i) sum += " + b";
  EXPECT_FALSE(part_or_zero(expression(sum)));
}

}  // namespace
}  // namespace slod
