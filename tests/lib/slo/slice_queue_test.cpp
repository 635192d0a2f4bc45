#include "lib/slo/slice_queue.h"

#include <gtest/gtest.h>

#include <random>

namespace slod {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;

Instant at(std::int64_t second) {
  return Instant(std::chrono::seconds(second));
}

/// The slice of a minute that begins then.
Interval minute(std::int64_t second) {
  return {at(second), at(second + 60)};
}

std::vector<Interval> times(const std::vector<SliceQueue::Due>& due) {
  std::vector<Interval> all;
  for (const SliceQueue::Due& each : due) all.push_back(each.when);
  return all;
}

TEST(SliceQueue, BeginsWithTheFirstWholeSlice) {
  SliceQueue queue(1min);
  queue.begin(at(61));
  queue.begin(at(500));
  queue.account({at(0), at(300)}, 1);
  queue.close(at(200));
  EXPECT_FALSE(queue.take_missing());
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(120), 1}}));

  SliceQueue exact(1min);
  exact.begin(at(60));
  exact.account({at(60), at(120)}, 1);
  exact.close(at(120));
  EXPECT_EQ(times(exact.due(9)), std::vector<Interval>{minute(60)});
}

TEST(SliceQueue, HandsOutNothingBeforeItBegan) {
  SliceQueue queue(1min);
  queue.account({at(0), at(300)}, 1);
  queue.close(at(300));
  EXPECT_FALSE(queue.take_missing());
  EXPECT_TRUE(queue.due(9).empty());
}

TEST(SliceQueue, WaitsForTheWatermark) {
  SliceQueue queue(1min);
  queue.begin(at(0));
  queue.account({at(0), at(130)}, 1);
  queue.close(at(59));
  EXPECT_TRUE(queue.due(9).empty());
  queue.close(at(60));
  EXPECT_EQ(times(queue.due(9)), std::vector<Interval>{minute(0)});
  queue.close(at(130));
  EXPECT_EQ(times(queue.due(9)), (std::vector<Interval>{minute(0), minute(60)}));
  EXPECT_EQ(times(queue.due(1)), std::vector<Interval>{minute(0)});
  queue.close(at(0));  // a watermark never falls
  EXPECT_EQ(queue.due(9).size(), 2U);
}

TEST(SliceQueue, TakesEachSliceOnceAndInOrder) {
  SliceQueue queue(1min);
  queue.begin(at(0));
  queue.account({at(0), at(180)}, 1);
  queue.close(at(180));
  EXPECT_FALSE(queue.take(minute(60)));
  EXPECT_FALSE(queue.take({at(0), at(61)}));
  EXPECT_TRUE(queue.take(minute(0)));
  EXPECT_FALSE(queue.take(minute(0)));
  EXPECT_TRUE(queue.take(minute(60)));
  EXPECT_EQ(times(queue.due(9)), std::vector<Interval>{minute(120)});
}

TEST(SliceQueue, PassesOverWhatWasNotMeasuredByHalf) {
  SliceQueue queue(1min);
  queue.begin(at(0));
  queue.account({at(0), at(29)}, 1);      // less than half
  queue.account({at(60), at(120)}, 0.5);  // half of the sources
  queue.account({at(300), at(330)}, 1);   // half of the time
  queue.close(at(360));
  EXPECT_TRUE(queue.due(9).empty());
  EXPECT_EQ(queue.take_missing(), minute(0));
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(60), 0.5}}));
  EXPECT_FALSE(queue.take_missing());
  EXPECT_TRUE(queue.take(minute(60)));
  EXPECT_EQ(queue.take_missing(), (Interval{at(120), at(300)}));
  EXPECT_EQ(queue.due(9), (std::vector<SliceQueue::Due>{{minute(300), 0.5}}));
}

TEST(SliceQueue, LeavesOutSlicesThatBeganBeforeAnythingCouldBeRead) {
  SliceQueue queue(1min);
  queue.begin(at(0));
  queue.account({at(0), at(240)}, 1);
  queue.readable_since(at(61));
  queue.readable_since(at(10));  // never goes back
  queue.account({at(100), at(120)}, 1);
  queue.close(at(240));
  EXPECT_EQ(queue.take_missing(), (Interval{at(0), at(120)}));
  EXPECT_EQ(times(queue.due(9)), (std::vector<Interval>{minute(120), minute(180)}));
}

TEST(SliceQueue, GoesOnWhereItsStateStood) {
  SliceQueue queue(1min);
  queue.begin(at(0));
  queue.account({at(0), at(180)}, 1);
  queue.close(at(180));
  queue.take(minute(0));
  SliceQueue next(1min);
  ASSERT_TRUE(next.restore(queue.state()));
  next.account({at(0), at(240)}, 1);
  next.close(at(240));
  EXPECT_EQ(times(next.due(1)), std::vector<Interval>{minute(60)});

  SliceQueue fresh(1min);
  ASSERT_TRUE(fresh.restore(SliceQueue(1min).state()));
  fresh.begin(at(60));
  fresh.close(at(120));
  EXPECT_EQ(fresh.take_missing(), minute(60));
}

TEST(SliceQueue, RefusesAStateThatIsNone) {
  SliceQueue queue(1min);
  EXPECT_FALSE(queue.restore(nullptr));
  EXPECT_FALSE(queue.restore(boost::json::object{}));
  EXPECT_FALSE(queue.restore(boost::json::object{{"next", "x"}}));
  EXPECT_FALSE(
      queue.restore(boost::json::object{{"next", std::numeric_limits<std::int64_t>::max()}}));
}

TEST(SliceQueue, BoundsALongPause) {
  SliceQueue queue(1s);
  queue.begin(at(0));
  queue.account({at(0), at(1'000'000'000)}, 1);
  queue.close(at(1'000'000'000));
  const auto missing = queue.take_missing();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->begin, at(0));
  EXPECT_EQ(missing->end, at(1'000'000'000 - SliceQueue::slices_max));
}

TEST(SliceQueue, JudgesEverySecondOnceWhateverIsAccounted) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const auto below = [&](int bound) {
      return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random);
    };
    const std::int64_t length = 7 + below(60);
    SliceQueue queue{std::chrono::seconds(length)};
    const std::int64_t first = below(1000);
    queue.begin(at(first));
    std::vector<double> measured(20'000);
    std::int64_t now = first;
    std::int64_t judged_to = (first + length - 1) / length * length;
    for (int i = 0; i < 100; ++i) {
      const std::int64_t until = now + 1 + below(150);
      const double share = below(3) == 0 ? 0 : static_cast<double>(below(3)) / 2;
      queue.account({at(now), at(until)}, share);
      for (std::int64_t s = now; s < until; ++s) measured[static_cast<std::size_t>(s)] = share;
      now = until;
      queue.close(at(now - below(20)));
      const auto share_of = [&](std::int64_t begin) {
        double sum = 0;
        for (std::int64_t s = begin; s < begin + length; ++s) {
          sum += measured[static_cast<std::size_t>(s)];
        }
        return sum / static_cast<double>(length);
      };
      while (true) {
        if (const auto missing = queue.take_missing()) {
          EXPECT_EQ(missing->begin, at(judged_to));
          for (; at(judged_to) < missing->end; judged_to += length) {
            EXPECT_LT(share_of(judged_to), 0.5);
          }
        }
        const auto due = queue.due(1);
        if (due.empty() || below(4) == 0) break;
        EXPECT_EQ(due[0].when, (Interval{at(judged_to), at(judged_to + length)}));
        EXPECT_LE(due[0].when.end, at(now));
        EXPECT_NEAR(due[0].measured_share, share_of(judged_to), 1e-9);
        EXPECT_TRUE(queue.take(due[0].when));
        judged_to += length;
      }
    }
  }
}

}  // namespace
}  // namespace slod
