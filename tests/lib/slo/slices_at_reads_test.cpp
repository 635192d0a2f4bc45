// Slices of time against every event with its time: no slice is judged wrongly because reads do not
// fall on its end.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <vector>

#include "lib/json/text.h"
#include "lib/slo/slicer.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr int minutes_lived = 2880;

Sli at_least(double per_second) {
  ThroughputSli sli;
  sli.at_least_per_second = per_second;
  sli.slice = 1min;
  return sli;
}

Sli p90_below(double bound) {
  LatencySliceSli sli;
  sli.quantile = 0.9;
  sli.below_seconds = bound;
  sli.slice = 1min;
  return sli;
}

/// A target whose rate and latency change from second to second: each second has so many fast
/// events and so many slow ones.
class Target {
 public:
  explicit Target(std::uint32_t seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution(low, high)(random);
    };
    int fast = 10;
    int slow = 1;
    for (int second = 0; second < (minutes_lived + 2) * 60; ++second) {
      if (pick(0, 20) == 0) fast = pick(6, 14);
      if (pick(0, 20) == 0) slow = pick(0, 2);
      fast_.push_back(fast_.back() + fast);
      slow_.push_back(slow_.back() + slow);
    }
  }

  BucketCounts between(Duration from, Duration to) const {
    const double fast = until(fast_, to) - until(fast_, from);
    const double slow = until(slow_, to) - until(slow_, from);
    return {{0.1, 0.5, infinity}, {fast, fast + slow, fast + slow}};
  }

 private:
  /// Whole seconds only, so that events are whole as well.
  static double until(const std::vector<double>& sums, Duration at) {
    return sums[static_cast<std::size_t>(std::max<Duration>(at, 0s) / 1s)];
  }
  std::vector<double> fast_{0};
  std::vector<double> slow_{0};
};

struct Known {
  BucketCounts events;
  double seconds = 0;
};

/// What each slice truly holds: the events of the reads that end in it, and their time.
using Truth = std::map<std::int64_t, Known>;

std::vector<ClosedSlice> live(Slicer& slicer, Truth& truth, const std::vector<Target>& targets,
                              const std::vector<Duration>& offsets, Duration interval,
                              bool restarts) {
  std::vector<ClosedSlice> closed;
  const double share = 1.0 / static_cast<double>(targets.size());
  slicer.close(day_one);
  for (Duration round = 0s; round < minutes_lived * 1min; round += interval) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const Interval read{day_one + round + offsets[i], day_one + round + offsets[i] + interval};
      const BucketCounts events = targets[i].between(read.begin - day_one, read.end - day_one);
      slicer.add(read, events);
      slicer.account(read, share);
      Known& slice = truth[(read.end - day_one - 1ms) / 1min];
      slice.events.add(events, 1);
      slice.seconds += seconds(interval) * share;
    }
    if (restarts) {
      const auto state = boost::json::parse(json_text(slicer.state()));
      EXPECT_TRUE(slicer.restore(state));
    }
    const Duration read_by_all = round + std::ranges::min(offsets) + interval;
    for (const ClosedSlice& slice : slicer.close(day_one + read_by_all)) closed.push_back(slice);
  }
  return closed;
}

void expect_judged_by(const Sli& sli, const std::vector<ClosedSlice>& closed, const Truth& truth) {
  ASSERT_GE(closed.size(), static_cast<std::size_t>(minutes_lived) - 1);
  int good = 0;
  for (const ClosedSlice& slice : closed) {
    const Known& known = truth.at((slice.when.begin - day_one) / 1min);
    if (known.seconds < 30) continue;  // the first and the last
    ASSERT_EQ(slice.outcome, judge(sli, {known.events, known.seconds}))
        << format_instant(slice.when.begin);
    good += slice.outcome == SliceOutcome::good ? 1 : 0;
  }
  EXPECT_GT(good, minutes_lived / 20);
  EXPECT_LT(good, minutes_lived - minutes_lived / 20);
}

TEST(Slicer, JudgesNoSliceWronglyWhereReadsDoNotFallOnItsEnd) {
  struct Case {
    std::string name;
    std::vector<Duration> offsets;
    Duration interval;
  };
  const std::vector<Case> cases{{"on the minute", {0s}, 15s},
                                {"off the minute", {7s}, 15s},
                                {"no divisor of the minute", {3s}, 14s},
                                {"twice a minute", {11s}, 30s},
                                {"three sources", {2s, 7s, 13s}, 15s}};
  for (const Case& c : cases) {
    for (const bool restarts : {false, true}) {
      std::vector<Target> targets;
      for (std::uint32_t i = 0; i < c.offsets.size(); ++i) targets.emplace_back(i + 1);
      const double mean = 11 * static_cast<double>(targets.size());
      for (const Sli& sli : {at_least(mean), p90_below(0.1 + 0.001)}) {
        SCOPED_TRACE(fmt::format("{}, {}{}", c.name, kind_of(sli), restarts ? ", restarts" : ""));
        Slicer slicer(sli);
        Truth truth;
        const auto closed = live(slicer, truth, targets, c.offsets, c.interval, restarts);
        expect_judged_by(sli, closed, truth);
        if (HasFailure()) return;
      }
    }
  }
}

/// Late polls, as in round-robin databases whose rate then saws: a constant rate stays constant.
TEST(Slicer, KeepsAConstantRateThoughReadsComeEarlyAndLate) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    Slicer slicer(at_least(10));
    Instant at = day_one;
    while (at < day_one + 10h) {
      const Duration length(std::uniform_int_distribution(1, 33'000)(random));
      const Interval read{at, at + length};
      slicer.add(read, {{infinity}, {10 * seconds(length)}});
      slicer.account(read, 1);
      at = read.end;
    }
    for (const ClosedSlice& slice : slicer.close(day_one + 10h)) {
      ASSERT_NE(slice.outcome, SliceOutcome::bad) << format_instant(slice.when.begin);
    }
  }
}

/// A read fails, and the next one shows that the counter went on: its events came in all the time
/// since the read before, and are known to be of that time.
TEST(Slicer, CountsARecoveredGapWithTheTimeThatItsEventsCameIn) {
  for (Duration failed = 7s; failed < 5min; failed += 15s) {
    for (const int failures : {1, 2, 3}) {
      SCOPED_TRACE(fmt::format("{} at {}", failures, format_duration(failed)));
      Slicer slicer(at_least(10));
      Instant accounted = day_one - 8s;
      std::vector<Interval> missed;
      for (Instant at = day_one + 7s; at < day_one + 6min; at += 15s) {
        const Duration since = at - day_one - failed;
        if (since >= 0s && since < failures * 15s) {
          missed.push_back({at - 15s, at});
          slicer.account(missed.back(), 0);
          continue;
        }
        slicer.add({accounted, at}, {{infinity}, {10 * seconds(at - accounted)}});
        slicer.account({at - 15s, at}, missed.empty() ? 1 : 0);
        if (!missed.empty()) {
          slicer.recover({at - 15s, at}, 1);
          slicer.recover({missed.front().begin, missed.back().end}, 1);
        }
        missed.clear();
        accounted = at;
        for (const ClosedSlice& slice : slicer.close(at)) {
          EXPECT_NE(slice.outcome, SliceOutcome::bad) << format_instant(slice.when.begin);
        }
      }
    }
  }
}

TEST(Slicer, ReadsAStateThatKnowsNoShiftedTime) {
  Slicer slicer(at_least(10));
  const std::string state =
      R"({"closed":29847359,"open":[{"slice":29847360,"measured_seconds":["60"],)"
      R"("recovered_seconds":["0"],"bounds":["+Inf"],"counts":["600"]}]})";
  ASSERT_TRUE(slicer.restore(boost::json::parse(state)));
  const auto closed = slicer.close(Instant(29847361 * Duration(1min)));
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_EQ(closed[0].outcome, SliceOutcome::good);
}

}  // namespace
}  // namespace slod
