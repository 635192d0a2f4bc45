#include "lib/slo/sli/throughput.h"

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"
#include "tests/lib/slo/sli/texts.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

using Texts = std::vector<std::string>;
constexpr double nan = not_a_number;

ThroughputSli at_least(double per_second) {
  return {selector("requests_total"), per_second, {}, 1min};
}
ThroughputSli at_most(double per_second) {
  return {selector("requests_total"), {}, per_second, 1min};
}

TEST(Throughput, DemandsItsTotal) {
  EXPECT_EQ(demanded(at_least(10)), Texts{"total requests_total"});
  EXPECT_EQ(evaluated(at_least(10)), Texts{});
}

TEST(Throughput, IsJudgedByTimeSlicesWithoutAHistogram) {
  EXPECT_EQ(judging_of(at_least(10)), SliJudging::time_slices);
  EXPECT_EQ(slice_of(at_least(10)), 1min);
  EXPECT_FALSE(bucket_use(at_least(10)));
  EXPECT_EQ(kind_of(at_least(10)), "throughput");
}

TEST(Throughput, GathersTheTotalOfEachRead) {
  const PendingCounts counts{.total = 12, .good = 5, .bad = 3, .buckets = {}};
  EXPECT_EQ(slice_events(at_least(10), counts), (BucketCounts{{infinity}, {12}}));
}

TEST(Throughput, ComparesTheRateOfTheKnownSecondsWithItsBound) {
  constexpr SliceOutcome good = SliceOutcome::good;
  constexpr SliceOutcome bad = SliceOutcome::bad;
  struct Case {
    double events;
    double known_seconds;
    SliceOutcome if_least;
    SliceOutcome if_most;
  };
  const Case cases[] = {
      {600, 60, good, good},        {599, 60, bad, good},  {601, 60, good, bad},
      {0, 60, bad, good},           {300, 30, good, good}, {300, 31, bad, good},
      {600 - 1e-8, 60, good, good},  // rounding
      {600 + 1e-8, 60, good, good},
  };
  for (const Case& each : cases) {
    const SliceCounts counts{{{infinity}, {each.events}}, each.known_seconds};
    EXPECT_EQ(judge(at_least(10), counts), each.if_least) << each.events;
    EXPECT_EQ(judge(at_most(10), counts), each.if_most) << each.events;
  }
  const SliceCounts nothing{{}, 60};
  EXPECT_EQ(judge(at_least(10), nothing), bad) << "no events are a rate of 0, and not idle";
  EXPECT_EQ(judge(at_most(10), nothing), good);
}

TEST(EvaluatedThroughput, ComparesTheSumOfTheElementsWithItsBound) {
  const Sli least = EvaluatedThroughputSli{expression("max(rate)"), 10.0, {}, 1min};
  const Sli most = EvaluatedThroughputSli{expression("max(rate)"), {}, 10.0, 1min};
  EXPECT_EQ(evaluated(least), Texts{"max(rate)"});
  EXPECT_EQ(judging_of(least), SliJudging::expressions);
  EXPECT_EQ(slice_of(least), 1min);
  EXPECT_EQ(kind_of(least), "throughput");
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
      {{infinity}, "total is inf", "total is inf"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(judged(least, {each.values}), each.at_least);
    EXPECT_EQ(judged(most, {each.values}), each.at_most);
  }
}

}  // namespace
}  // namespace slod
