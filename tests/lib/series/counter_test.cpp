#include "lib/series/counter.h"

#include <gtest/gtest.h>

#include <vector>

namespace slod {
namespace {

using Kind = Observation::Kind;

Instant second(std::int64_t at) {
  return Instant(std::chrono::seconds(at));
}

TEST(Counter, TurnsSamplesIntoEvents) {
  Counter counter;
  EXPECT_FALSE(counter.has_sample());
  struct Step {
    std::int64_t at;
    double value;
    Kind kind;
    std::int64_t begin;
    double events;
  };
  EXPECT_EQ(counter.baseline(100, second(0)),
            (Observation{0, {second(0), second(0)}, 0, Kind::baseline}));
  for (const Step& step : std::vector<Step>{
           {15, 110, Kind::continued, 0, 10},
           {30, 110, Kind::continued, 15, 0},
           {90, 111.5, Kind::continued, 30, 1.5},
       }) {
    SCOPED_TRACE(step.at);
    EXPECT_EQ(counter.advance(step.value, second(step.at)),
              (Observation{0, {second(step.begin), second(step.at)}, step.events, step.kind}));
    EXPECT_TRUE(counter.has_sample());
  }
}

TEST(Counter, IsBornAfterThePreviousReadOrWithinOneInterval) {
  struct Case {
    std::int64_t previous;
    std::int64_t at;
    std::int64_t begin;
  };
  for (const auto& [previous, at, begin] :
       std::vector<Case>{{100, 115, 100}, {100, 101, 100}, {100, 100, 85}, {100, 90, 75}}) {
    Counter counter;
    EXPECT_EQ(counter.born(7, second(at), second(previous), std::chrono::seconds(15)),
              (Observation{0, {second(begin), second(at)}, 7, Kind::born}));
    EXPECT_EQ(counter.value, 7);
    EXPECT_EQ(counter.sampled, second(at));
  }
}

}  // namespace
}  // namespace slod
