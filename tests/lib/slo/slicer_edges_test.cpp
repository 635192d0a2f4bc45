// Slices at their bounds: the last moment, the last finite bucket, a watermark that goes back.

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "lib/slo/slice_queue.h"
#include "lib/slo/slicer.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

Interval minute(int n) {
  return {day_one + n * 1min, day_one + (n + 1) * 1min};
}

ThroughputSli at_least(double per_second) {
  ThroughputSli sli;
  sli.at_least_per_second = per_second;
  sli.slice = 1min;
  return sli;
}

ThroughputSli at_most(double per_second) {
  ThroughputSli sli;
  sli.at_most_per_second = per_second;
  sli.slice = 1min;
  return sli;
}

LatencySliceSli p90_below(double bound) {
  LatencySliceSli sli;
  sli.quantile = 0.9;
  sli.below_seconds = bound;
  sli.slice = 1min;
  return sli;
}

BucketCounts events(double total) {
  return {{infinity}, {total}};
}

SliceOutcome judged(const Sli& sli, const BucketCounts& counts) {
  Slicer slicer(sli);
  slicer.account(minute(0), 1);
  slicer.add(minute(0), counts);
  const auto closed = slicer.close(minute(0).end);
  return closed.size() == 1 ? closed[0].outcome : SliceOutcome::missing;
}

TEST(LatencySlice, IsBadWhereTheQuantileIsNotBelowTheBound) {
  // Everything was slower than the highest finite bound, which is all that is known.
  EXPECT_EQ(judged(p90_below(0.2), {{0.1, 0.2, infinity}, {0, 0, 100}}), SliceOutcome::bad);
  EXPECT_EQ(judged(p90_below(0.2), {{0.1, 0.2, infinity}, {0, 89, 100}}), SliceOutcome::bad);
  // 90 of 100 took at most 0.2: the quantile is 0.2, and not below.
  EXPECT_EQ(judged(p90_below(0.2), {{0.1, 0.2, infinity}, {0, 90, 100}}), SliceOutcome::bad);
  EXPECT_EQ(judged(p90_below(0.2), {{0.1, 0.2, infinity}, {0, 91, 100}}), SliceOutcome::good);
}

TEST(ThroughputSlice, IsMeasuredOverNoMoreThanItself) {
  // Two sources overlapped for a while: read and recovered add up to more than the slice.
  Slicer slicer(at_least(10));
  slicer.account(minute(0), 1);
  slicer.recover(minute(0), 0.5);
  slicer.add(minute(0), events(600));
  EXPECT_EQ(slicer.close(minute(0).end).at(0).outcome, SliceOutcome::good);
}

TEST(ThroughputSlice, IsMeasuredOverWhatWasReadAndWhatWasRecovered) {
  for (const double missing : {0.0, 1.0}) {
    Slicer slicer(at_least(10));
    slicer.account(minute(0), 0.6);
    slicer.recover(minute(0), 0.2);
    slicer.add(minute(0), events(480 - missing));  // in 48 seconds
    const auto outcome = slicer.close(minute(0).end).at(0).outcome;
    EXPECT_EQ(outcome, missing > 0 ? SliceOutcome::bad : SliceOutcome::good);
  }
}

TEST(ThroughputSlice, KeepsItsBoundThoughItsEventsCameInParts) {
  for (const Sli& sli : {Sli(at_least(10)), Sli(at_most(10))}) {
    Slicer slicer(sli);
    // 600 in all, in thirds and sevenths that do not add up exactly.
    Instant at = day_one;
    for (int part = 0; part < 21; ++part) {
      const Instant end = part == 20 ? minute(0).end : at + 60'000ms / 21;
      slicer.account({at, end}, 1);
      slicer.add({at, end}, events(600.0 * seconds(end - at) / 60));
      at = end;
    }
    EXPECT_EQ(slicer.close(minute(0).end).at(0).outcome, SliceOutcome::good);
  }
}

TEST(Slicer, OpensNoClosedSliceThoughTheWatermarkGoesBack) {
  Slicer slicer(at_least(1));
  slicer.account({day_one, day_one + 3min}, 1);
  EXPECT_EQ(slicer.close(day_one + 3min).size(), 3U);
  EXPECT_TRUE(slicer.close(day_one + 1min).empty());  // another source joined late
  slicer.account({day_one, day_one + 3min}, 1);
  slicer.add({day_one, day_one + 3min}, events(1000));
  EXPECT_TRUE(slicer.close(day_one + 3min).empty());
  slicer.account(minute(3), 1);
  EXPECT_EQ(slicer.close(day_one + 4min).size(), 1U);
}

TEST(Slicer, PutsAMomentIntoTheSliceThatItEnds) {
  Slicer slicer(at_most(0.5));
  slicer.account({day_one, day_one + 2min}, 1);
  slicer.add({day_one + 1min, day_one + 1min}, events(100));
  const auto closed = slicer.close(day_one + 2min);
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_EQ(closed[0].outcome, SliceOutcome::bad);
  EXPECT_EQ(closed[1].outcome, SliceOutcome::good);
}

TEST(Slicer, TouchesNoSliceThatAnIntervalOnlyMeets) {
  Slicer slicer(at_least(1));
  slicer.account(minute(1), 1);
  const auto closed = slicer.close(day_one + 10min);
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].when, minute(1));
}

TEST(Slicer, ClosesASliceWithItsLastMoment) {
  Slicer slicer(at_least(1));
  slicer.account(minute(0), 1);
  EXPECT_TRUE(slicer.close(minute(0).end - 1ms).empty());
  EXPECT_EQ(slicer.close(minute(0).end).size(), 1U);
}

TEST(Slicer, NeedsHalfOfASliceAndNoMore) {
  for (const double share : {0.499, 0.5, 0.501}) {
    Slicer slicer(at_most(1));
    slicer.account(minute(0), share);
    EXPECT_EQ(slicer.close(minute(0).end).at(0).outcome,
              share < 0.5 ? SliceOutcome::missing : SliceOutcome::good);
  }
  // In thirds of a minute, of which each was read by half.
  Slicer thirds(at_most(1));
  Instant at = day_one;
  for (int part = 0; part < 3; ++part, at += 20s) {
    for (int i = 0; i < 3; ++i) {
      thirds.account({at + i * 20s / 3, at + (i + 1) * 20s / 3}, 0.5);
    }
  }
  EXPECT_EQ(thirds.close(minute(0).end).at(0).outcome, SliceOutcome::good);
}

TEST(SliceQueue, NeverMeasuresMoreThanASlice) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.account(minute(0), 1);
  queue.account(minute(0), 0.5);
  queue.close(minute(0).end);
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(0), 1}}));
}

TEST(SliceQueue, CountsTimeInTheSliceThatItLiesIn) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.account(minute(0), 1);  // ends with the first slice, and says nothing of the second
  queue.account({day_one + 90s, day_one + 150s}, 1);
  queue.close(day_one + 3min);
  const std::vector<SliceQueue::Due> expected{{minute(0), 1}, {minute(1), 0.5}, {minute(2), 0.5}};
  EXPECT_EQ(queue.due(9), expected);
  EXPECT_EQ(queue.due(2).size(), 2U);
  EXPECT_TRUE(queue.due(0).empty());
}

TEST(SliceQueue, BeginsWithASliceThatBeginsWithTheFirstRead) {
  SliceQueue late(1min);
  late.begin(day_one + 1ms);
  late.close(day_one + 2min);
  EXPECT_EQ(late.take_missing(), minute(1));
}

TEST(SliceQueue, ReadsASliceThatBeginsWhereReadingIsPossible) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.readable_since(day_one + 1min);
  queue.account({day_one, day_one + 2min}, 1);
  queue.close(day_one + 2min);
  EXPECT_EQ(queue.take_missing(), minute(0));
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(1), 1}}));

  SliceQueue given_later(1min);
  given_later.begin(day_one);
  given_later.account({day_one, day_one + 2min}, 1);
  given_later.readable_since(day_one + 1min);
  given_later.close(day_one + 2min);
  EXPECT_EQ(given_later.take_missing(), minute(0));
  EXPECT_EQ(given_later.due(9), (std::vector<SliceQueue::Due>{{minute(1), 1}}));
}

TEST(SliceQueue, ReadsNothingEarlierForAnEarlierTimeThatFollows) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.readable_since(day_one + 2min);
  queue.readable_since(day_one + 1min);
  queue.account({day_one, day_one + 3min}, 1);
  queue.close(day_one + 3min);
  EXPECT_EQ(queue.take_missing(), (Interval{day_one, day_one + 2min}));
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(2), 1}}));
}

TEST(SliceQueue, LeavesMissingSlicesThatAreNotCompleteWaiting) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.account(minute(5), 1);
  queue.close(day_one + 2min);
  EXPECT_EQ(queue.take_missing(), (Interval{day_one, day_one + 2min}));
  EXPECT_FALSE(queue.take_missing());
  queue.account(minute(3), 1);
  queue.close(day_one + 6min);
  EXPECT_EQ(queue.take_missing(), minute(2));
  EXPECT_TRUE(queue.take(minute(3)));
  EXPECT_EQ(queue.take_missing(), minute(4));
  EXPECT_TRUE(queue.take(minute(5)));
  EXPECT_FALSE(queue.take_missing());
}

TEST(SliceQueue, HandsOutNoSliceAfterAHole) {
  SliceQueue queue(1min);
  queue.begin(day_one);
  queue.account(minute(0), 1);
  queue.account(minute(2), 1);
  queue.close(day_one + 3min);
  EXPECT_EQ(queue.due(9).size(), 1U) << "the second is missing, and comes first";
}

}  // namespace
}  // namespace slod
