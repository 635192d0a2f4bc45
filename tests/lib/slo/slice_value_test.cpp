// What the values of expressions make of a slice, as tables.

#include "lib/slo/slice_value.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace slod {
namespace {

using std::chrono_literals::operator""min;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

Expression expression() {
  return parse_expression("avg(x)", 1min).value();
}

/// "total/bad", "idle", or why it is missing.
std::string judged(const Sli& sli, const std::vector<ElementValues>& values) {
  const SliceValue value = judge(sli, values);
  if (value.kind == SliceValue::Kind::idle) return "idle";
  if (value.kind == SliceValue::Kind::missing) return value.why;
  return fmt::format("{}/{}", value.events.total, value.events.bad);
}

TEST(SliceValue, OfGoodOrBadAndTotal) {
  const Sli good = EvaluatedAvailabilitySli{expression(), expression(), {}, 1min};
  const Sli bad = EvaluatedAvailabilitySli{expression(), {}, expression(), 1min};
  struct Case {
    ElementValues total;
    ElementValues part;
    const char* with_good;
    const char* with_bad;
  };
  const Case cases[] = {
      {{10}, {8}, "10/2", "10/8"},
      {{4, 6}, {3, 5}, "10/2", "10/8"},
      {{10}, {0}, "10/10", "10/0"},
      {{0.5}, {0.25}, "0.5/0.25", "0.5/0.25"},
      {{10}, {11}, "10/0", "10/10"},
      {{10}, {-1}, "10/10", "10/0"},
      {{0}, {0}, "idle", "idle"},
      {{0}, {5}, "idle", "idle"},
      {{}, {1}, "total has no value", "total has no value"},
      {{10}, {}, "good has no value", "bad has no value"},
      {{0}, {}, "good has no value", "bad has no value"},
      {{nan}, {1}, "total is nan", "total is nan"},
      {{1, nan}, {1}, "total is nan", "total is nan"},
      {{inf}, {1}, "total is inf", "total is inf"},
      {{10}, {nan}, "good is nan", "bad is nan"},
      {{-1}, {0}, "total is -1, below zero", "total is -1, below zero"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(judged(good, {each.total, each.part}), each.with_good);
    EXPECT_EQ(judged(bad, {each.total, each.part}), each.with_bad);
  }
}

TEST(SliceValue, OfAnErrorRatio) {
  const Sli sli = ErrorRatioSli{expression(), 1min};
  const std::pair<ElementValues, const char*> cases[] = {
      {{0}, "1/0"},
      {{0.25}, "1/0.25"},
      {{1}, "1/1"},
      {{1.5}, "1/1"},
      {{-0.5}, "1/0"},
      {{nan}, "idle"},
      {{inf}, "error_ratio is infinite"},
      {{}, "error_ratio has no value"},
      {{0.1, 0.2}, "error_ratio has 2 elements instead of one"},
  };
  for (const auto& [values, expected] : cases) EXPECT_EQ(judged(sli, {values}), expected);
}

TEST(SliceValue, OfAThreshold) {
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

TEST(SliceValue, OfAThroughput) {
  const Sli least = EvaluatedThroughputSli{expression(), 10.0, {}, 1min};
  const Sli most = EvaluatedThroughputSli{expression(), {}, 10.0, 1min};
  struct Case {
    ElementValues values;
    const char* at_least;
    const char* at_most;
  };
  const Case cases[] = {
      {{9}, "1/1", "1/0"},
      {{10}, "1/0", "1/0"},
      {{11}, "1/0", "1/1"},
      {{4, 6}, "1/0", "1/0"},
      {{0}, "1/1", "1/0"},
      {{}, "total has no value", "total has no value"},
      {{nan}, "total is nan", "total is nan"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(judged(least, {each.values}), each.at_least);
    EXPECT_EQ(judged(most, {each.values}), each.at_most);
  }
}

}  // namespace
}  // namespace slod
