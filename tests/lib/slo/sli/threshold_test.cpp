#include "lib/slo/sli/threshold.h"

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"
#include "tests/lib/slo/sli/texts.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

using Texts = std::vector<std::string>;
constexpr double nan = not_a_number;
constexpr double inf = infinity;

TEST(Threshold, IsEvaluatedAtTheEndOfEachSlice) {
  const Sli sli = ThresholdSli{expression("avg(load)"), 0.8, {}, 30s};
  EXPECT_EQ(evaluated(sli), Texts{"avg(load)"});
  EXPECT_EQ(demanded(sli), Texts{});
  EXPECT_EQ(judging_of(sli), SliJudging::expressions);
  EXPECT_EQ(slice_of(sli), 30s);
  EXPECT_FALSE(bucket_use(sli));
  EXPECT_EQ(kind_of(sli), "threshold");
}

TEST(Threshold, MustHoldForEveryElement) {
  const Sli below = ThresholdSli{expression(), 0.8, {}, 1min};
  const Sli above = ThresholdSli{expression(), {}, 0.8, 1min};
  struct Case {
    ElementValues values;
    const char* if_below;
    const char* if_above;
  };
  const Case cases[] = {
      {{0.5}, "1/0", "1/1"},
      {{0.9}, "1/1", "1/0"},
      {{0.8}, "1/1", "1/1"},
      {{0.5, 0.7}, "1/0", "1/1"},
      {{0.5, 0.9}, "1/1", "1/1"},
      {{0.9, 0.95}, "1/1", "1/0"},
      {{inf}, "1/1", "1/0"},
      {{-inf}, "1/0", "1/1"},
      {{}, "expr has no value", "expr has no value"},
      {{nan}, "expr is NaN", "expr is NaN"},
      {{0.5, nan}, "expr is NaN", "expr is NaN"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(judged(below, {each.values}), each.if_below);
    EXPECT_EQ(judged(above, {each.values}), each.if_above);
  }
}

TEST(Threshold, OfZeroIsABoundLikeAnyOther) {
  const Sli above_zero = ThresholdSli{expression(), {}, 0.0, 1min};
  EXPECT_EQ(judged(above_zero, {{0}}), "1/1");
  EXPECT_EQ(judged(above_zero, {{1e-9}}), "1/0");
}

}  // namespace
}  // namespace slod
