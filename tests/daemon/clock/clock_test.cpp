#include "daemon/clock/clock.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

using namespace std::chrono_literals;

struct ClockTest : testing::Test {
  const Instant wall{1795514400s};
  const Clock::Steady steady{1000s};
  Clock clock{wall, steady};
};

TEST_F(ClockTest, FollowsTheWallClock) {
  EXPECT_EQ(clock.at(wall + 10s, steady + 10s), wall + 10s);
  EXPECT_EQ(clock.at(wall + 20s + 3ms, steady + 20s), wall + 20s + 3ms);
  EXPECT_EQ(clock.ahead(), 0ms);
}

TEST_F(ClockTest, StepsAheadWithTheWallClock) {
  EXPECT_EQ(clock.at(wall + 3600s, steady + 1s), wall + 3600s);
}

TEST_F(ClockTest, RunsAtHalfSpeedAfterAStepBack) {
  EXPECT_EQ(clock.at(wall - 100s, steady), wall);
  EXPECT_EQ(clock.ahead(), 100s);
  EXPECT_EQ(clock.at(wall - 90s, steady + 10s), wall + 5s);
  EXPECT_EQ(clock.at(wall - 90s + 1ms, steady + 10s + 1ms), wall + 5s);
  // After 200 s in all, the two agree again.
  EXPECT_EQ(clock.at(wall + 100s, steady + 200s), wall + 100s);
  EXPECT_EQ(clock.at(wall + 101s, steady + 201s), wall + 101s);
  EXPECT_EQ(clock.ahead(), 0s);
}

TEST_F(ClockTest, NeverRunsBackwards) {
  Instant last = wall;
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.at(wall + std::chrono::seconds((i * 7919) % 500 - 250),
                                 steady + std::chrono::milliseconds(i * 700));
    EXPECT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace slod
