// Numbers at the edges of what a double holds and of a range, as Prometheus has them.

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/lib/query/function_call.h"
#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(IsNear, TellsWhatIsNotTheSame) {
  EXPECT_TRUE(is_near(1, 1 + 1e-12));
  EXPECT_TRUE(is_near(0, 0));
  EXPECT_TRUE(is_near(infinity, infinity));
  EXPECT_TRUE(is_near(-infinity, -infinity));
  EXPECT_TRUE(is_near(nan, nan));
  for (const double other : {1.001, 0.0, -1.0, 1e308, infinity, -infinity, nan}) {
    EXPECT_FALSE(is_near(1, other)) << other;
    EXPECT_FALSE(is_near(other, 1)) << other;
  }
  EXPECT_FALSE(is_near(infinity, -infinity));
  EXPECT_FALSE(is_near(nan, infinity));
}

TEST(Quantile, IsInfiniteOnlyBeyondAllValues) {
  Loaded source;
  source.add({{"__name__", "x"}, {"n", "1"}}, {{0, 3}});
  source.add({{"__name__", "x"}, {"n", "2"}}, {{0, 7}});
  struct Case {
    const char* ratio;
    double expected;
  };
  for (const auto& [ratio, expected] : {Case{"0", 3}, Case{"1", 7}, Case{"1.0001", infinity},
                                        Case{"-0.0001", -infinity}, Case{"0.5", 5}}) {
    const std::string query = std::string("quantile(") + ratio + ", x)";
    expect_near({{Labels(), expected}}, instant_vector(source, query, 0), query);
  }
}

TEST(Average, KeepsItsLastDigitWhereTheSumOverflows) {
  // The mean of these, rounded once, is 3.175000000002309e307.
  const std::vector<double> values{9.525e307,   4.08247e294, 6.51956e295,
                                   6.51956e295, 4.08247e294, 9.525e307};
  Loaded source;
  for (std::size_t i = 0; i < values.size(); ++i) {
    source.add({{"__name__", "x"}, {"n", std::to_string(i)}}, {{0, values[i]}});
  }
  EXPECT_EQ(instant_vector(source, "avg(x)", 0), (Vector{{Labels(), 3.175000000002309e307}}));
}

std::string increase(std::initializer_list<std::string_view> values, double first, double begin,
                     double end) {
  TestWindow window = samples(values, 10, first);
  window.begin = begin;
  window.end = end;
  TestCall call;
  return to_text(call.window("increase", window));
}

TEST(Extrapolation, ReachesTheEndsOfARangeBelowElevenTenthsOfADistance) {
  // Samples every 10 seconds count 10 each. Where the first is 11 s after the begin, or the last
  // 11 s before the end, half a distance is added instead.
  EXPECT_EQ(increase({"100", "110", "120"}, 10.9, 0, 30.9), "30.9");
  EXPECT_EQ(increase({"100", "110", "120"}, 11, 0, 31), "25");
  EXPECT_EQ(increase({"100", "110", "120"}, 11.1, 0, 31.1), "25");
  EXPECT_EQ(increase({"0", "10", "20"}, 0, -1, 30.9), "30.9");
  EXPECT_EQ(increase({"0", "10", "20"}, 0, -1, 31), "25");
}

TEST(Extrapolation, SupposesNoBeginningOfACounterBelowZero) {
  EXPECT_EQ(increase({"-1", "5", "9"}, 0, -5, 20), "12.5");
  EXPECT_EQ(increase({"0", "5", "10"}, 0, -5, 20), "10") << "it began with the first sample";
  EXPECT_EQ(increase({"1", "6", "11"}, 0, -5, 20), "11") << "two seconds before";
}

}  // namespace
}  // namespace slod::query
