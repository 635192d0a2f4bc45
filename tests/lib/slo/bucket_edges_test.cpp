// What buckets do not know: on which side of a window's edge an event lies, and of a threshold
// between two bounds.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "lib/slo/bucket_window.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::vector<double> bounds{0.1, 0.25, 0.5, 1, infinity};

struct Request {
  Instant at;
  double seconds;
};

BucketCounts counted(std::span<const Request> requests) {
  BucketCounts counts{bounds, std::vector<double>(bounds.size())};
  for (const Request& request : requests) {
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      if (request.seconds <= bounds[i]) ++counts.counts[i];
    }
  }
  return counts;
}

/// Every request with its time, in reads of 15 seconds.
struct Life {
  BucketWindow window{15s, 24h};
  std::vector<Request> requests;
  Instant now;

  Life(std::uint32_t seed, Duration offset) : now(day_one + offset) {
    std::mt19937 random(seed);
    const auto pick = [&](int low, int high) {
      return std::uniform_int_distribution(low, high)(random);
    };
    window.begin(now);
    int slowness = 1;
    for (int read = 0; read < 3000; ++read) {
      if (pick(0, 60) == 0) slowness = pick(1, 20);
      const std::size_t first = requests.size();
      for (int i = pick(0, 4); i > 0; --i) {
        requests.push_back({now + Duration(pick(1, 15'000)), pick(1, 100) * slowness / 1000.0});
      }
      window.record({now, now + 15s}, counted(std::span(requests).subspan(first)));
      now += 15s;
    }
  }

  std::vector<double> seconds_within(Interval when) const {
    std::vector<double> found;
    for (const Request& request : requests) {
      if (request.at > when.begin && request.at <= when.end) found.push_back(request.seconds);
    }
    std::ranges::sort(found);
    return found;
  }
};

TEST(BucketWindow, HasTheTrueQuantileInItsIntervalWhereverTheEdgeCuts) {
  for (std::uint32_t seed = 1; seed <= 6; ++seed) {
    const Life life(seed, seed % 2 == 0 ? Duration(0) : Duration(7'003));
    std::mt19937 random(seed);
    for (int question = 0; question < 400; ++question) {
      const Duration length(std::uniform_int_distribution(60'000, 40'000'000)(random));
      const Interval window{life.now - length, life.now};
      const std::vector<double> exact = life.seconds_within(window);
      if (exact.empty()) continue;
      for (const double q : {0.5, 0.9, 0.99}) {
        SCOPED_TRACE(fmt::format("seed {}, {} of {}", seed, q, format_duration(length)));
        const auto found = life.window.quantile(window, q);
        ASSERT_TRUE(found);
        const auto count = static_cast<double>(exact.size());
        const auto rank = static_cast<std::size_t>(std::max(1.0, std::ceil(q * count - 1e-9)));
        ASSERT_LE(found->lower, exact[rank - 1]);
        ASSERT_GE(found->upper, exact[rank - 1]);
        ASSERT_LE(found->lower, found->value);
        ASSERT_GE(found->upper, found->value);
      }
    }
  }
}

TEST(BucketWindow, WidensNoIntervalWhereNoEdgeCuts) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  window.record({day_one, day_one + 15s}, {bounds, {90, 95, 100, 100, 100}});
  window.record({day_one + 15s, day_one + 30s}, {bounds, {0, 0, 0, 0, 100}});
  const auto second = window.quantile({day_one + 15s, day_one + 30s}, 0.5);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lower, 1);
  const auto cut = window.quantile({day_one + 14s, day_one + 30s}, 0.5);
  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->lower, 0.25);  // all that took at most half a second may lie within
  EXPECT_EQ(cut->upper, infinity);
}

TEST(BucketWindow, SaysWhatAThresholdBetweenBoundsDoesNotTell) {
  for (std::uint32_t seed = 11; seed <= 14; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Life life(seed, 7'003ms);
    std::mt19937 random(seed);
    for (int question = 0; question < 100; ++question) {
      const Duration length(std::uniform_int_distribution(60'000, 40'000'000)(random));
      const Interval window{life.now - length, life.now};
      const std::vector<double> exact = life.seconds_within(window);
      const BucketCounts counts = counted(life.requests);
      for (const double below : {0.05, 0.3, 0.75, 3.0}) {
        const BucketBlur blur = life.window.blur_at(window, below);
        const auto at_most = [&](double bound) {
          return static_cast<double>(std::ranges::upper_bound(exact, bound) - exact.begin());
        };
        // What is between the two bounds and within the window can have been taken for either.
        const auto upper = std::ranges::lower_bound(bounds, below);
        const double lower_bound = upper == bounds.begin() ? 0 : *std::prev(upper);
        const double between = at_most(*upper) - at_most(lower_bound);
        ASSERT_GE(blur.good_maybe_bad + blur.bad_maybe_good, between - 1e-6) << below;
        ASSERT_LE(blur.good_maybe_bad + blur.bad_maybe_good, counts.total());
      }
      for (const double bound : {0.25, 1.0}) {
        const BucketBlur blur = life.window.blur_at(window, bound);
        ASSERT_EQ(blur.good_maybe_bad, 0);
        ASSERT_EQ(blur.bad_maybe_good, 0);
      }
    }
  }
}

TEST(BucketWindow, SplitsABucketAtTheThreshold) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  window.record({day_one, day_one + 15s}, {bounds, {10, 50, 90, 95, 100}});
  const Interval all{day_one, day_one + 15s};
  // A fifth of the way from 0.25 to 0.5: 8 of its 40 events are counted as good.
  EXPECT_NEAR(window.blur_at(all, 0.3).good_maybe_bad, 8, 1e-9);
  EXPECT_NEAR(window.blur_at(all, 0.3).bad_maybe_good, 32, 1e-9);
  // Above the highest finite bound all count as bad, and under the first one from 0.
  EXPECT_EQ(window.blur_at(all, 2).good_maybe_bad, 0);
  EXPECT_EQ(window.blur_at(all, 2).bad_maybe_good, 5);
  EXPECT_NEAR(window.blur_at(all, 0.05).good_maybe_bad, 5, 1e-9);
  EXPECT_EQ(BucketWindow(15s, 1h).blur_at(all, 0.3).bad_maybe_good, 0);
}

}  // namespace
}  // namespace slod
