#include "daemon/api/lateness.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

using namespace std::chrono_literals;

const Instant begin{std::chrono::hours(1000)};

TEST(Lateness, IsTheShareOfTheLastMinute) {
  Lateness lateness;
  EXPECT_EQ(lateness.ratio(begin), 0) << "no step yet";
  lateness.add(begin, 3s);
  lateness.add(begin + 30s, 6s);
  EXPECT_DOUBLE_EQ(lateness.ratio(begin + 30s), 0.15);
  EXPECT_DOUBLE_EQ(lateness.ratio(begin + 59s), 0.15);
  EXPECT_DOUBLE_EQ(lateness.ratio(begin + 60s), 0.1) << "the first is a minute old";
  EXPECT_EQ(lateness.ratio(begin + 90s), 0) << "though no step came since";
}

TEST(Lateness, IsAllOfTheMinuteAtMostAndNeverNegative) {
  Lateness lateness;
  lateness.add(begin, -1s);
  EXPECT_EQ(lateness.ratio(begin), 0);
  lateness.add(begin + 1s, 600s);
  EXPECT_EQ(lateness.ratio(begin + 1s), 1);
}

}  // namespace
}  // namespace slod
