#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "lib/slo/bucket_counts.h"
#include "lib/slo/bucket_window.h"
#include "lib/slo/exact_numbers.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(BucketCounts, FillInWhateverTheOrder) {
  BucketCounts counts;
  counts.count(infinity, 10);
  counts.count(0.1, 3);
  counts.count(0.5, 7);
  counts.count(0.1, 1);
  counts.count(std::nan(""), 99);
  EXPECT_EQ(counts, (BucketCounts{{0.1, 0.5, infinity}, {4, 7, 10}}));
  EXPECT_EQ(counts.total(), 10);
  EXPECT_EQ(BucketCounts{}.total(), 0);
}

TEST(BucketCounts, OfTwoLayoutsMeetAtTheBoundsOfBoth) {
  BucketCounts counts{{1, 2, infinity}, {10, 20, 30}};
  counts.add({{1.5, infinity}, {6, 8}}, 0.5);
  EXPECT_EQ(counts.bounds, (std::vector<double>{1, 1.5, 2, infinity}));
  // 10 + half of 4; 15 + half of 6; 20 + half of 6, as nothing more is known to be under 2.
  EXPECT_EQ(counts.counts, (std::vector<double>{12, 18, 23, 34}));
}

TEST(ExactNumbers, ReadBackTheSameDoubles) {
  const std::vector<double> numbers{-infinity, -1.5, 0.005, 0.1, 230.33333333333334, infinity};
  const boost::json::value value = exact_numbers(numbers);
  EXPECT_EQ(read_exact_numbers(&value), numbers);
}

TEST(ExactNumbers, RefuseWhatAreNone) {
  using boost::json::array;
  for (const boost::json::value& wrong :
       {boost::json::value(nullptr), boost::json::value(array{1.0}),
        boost::json::value(array{"1x"}), boost::json::value(array{""}),
        boost::json::value(array{"nan"}), boost::json::value(array{"inf"})}) {
    EXPECT_FALSE(read_exact_numbers(&wrong));
  }
  EXPECT_FALSE(read_exact_numbers(nullptr));
}

TEST(ExactNumbers, AreBoundsIfTheyAscend) {
  EXPECT_TRUE(strictly_ascending({}));
  EXPECT_TRUE(strictly_ascending(std::vector<double>{-1, 0.5, infinity}));
  EXPECT_FALSE(strictly_ascending(std::vector<double>{0.1, 0.1}));
  EXPECT_FALSE(strictly_ascending(std::vector<double>{2, 1}));
}

/// Cumulative counts of random latencies in one layout.
BucketCounts random_page(std::mt19937& random, const std::vector<double>& bounds) {
  BucketCounts page{bounds, std::vector<double>(bounds.size(), 0)};
  std::lognormal_distribution<double> latency(-2, 1);
  for (int i = 0; i < 50; ++i) {
    const double seconds = latency(random);
    for (std::size_t b = 0; b < bounds.size(); ++b) page.counts[b] += seconds <= bounds[b] ? 1 : 0;
  }
  return page;
}

TEST(BucketWindow, HoldsTheEventsOfAnyWindow) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    const std::vector<double> bounds{0.05, 0.1, 0.25, 0.5, 1, infinity};
    BucketWindow window(15s, days(1));
    window.begin(day_one);
    std::vector<BucketCounts> pages;
    for (int i = 0; i < 4000; ++i) {
      pages.push_back(random_page(random, bounds));
      window.record({day_one + i * 15s, day_one + (i + 1) * 15s}, pages.back());
    }
    const Instant now = day_one + 4000 * 15s;
    for (int question = 0; question < 50; ++question) {
      const int back = std::uniform_int_distribution(1, 4000)(random);
      const BucketCounts found = window.over({now - back * 15s, now});
      const int blur = back / 31 + 1;
      const auto naive = [&](int count) {
        std::vector<double> sums(bounds.size(), 0);
        for (int i = std::max(0, 4000 - count); i < 4000; ++i) {
          for (std::size_t b = 0; b < bounds.size(); ++b) {
            sums[b] += pages[static_cast<std::size_t>(i)].counts[b];
          }
        }
        return sums;
      };
      const auto least = naive(back - blur);
      const auto most = naive(back + blur);
      for (std::size_t b = 0; b < bounds.size(); ++b) {
        EXPECT_GE(found.counts[b], least[b] - 1e-6);
        EXPECT_LE(found.counts[b], most[b] + 1e-6);
      }
    }
  }
}

TEST(BucketWindow, ReadsAQuantileWithItsInterval) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  window.record({day_one, day_one + 15s}, {{0.1, 0.2, infinity}, {90, 100, 100}});
  const auto quantile = window.quantile({day_one, day_one + 15s}, 0.95);
  ASSERT_TRUE(quantile);
  EXPECT_DOUBLE_EQ(quantile->value, 0.15);
  EXPECT_EQ(quantile->lower, 0.1);
  EXPECT_EQ(quantile->upper, 0.2);
  EXPECT_FALSE(window.quantile({day_one + 15s, day_one + 1h}, 0.95));
}

TEST(BucketWindow, GrowsWhenATargetBringsAnotherLayout) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  window.record({day_one, day_one + 15s}, {{0.1, 0.3, infinity}, {10, 30, 40}});
  window.take_changes();
  window.record({day_one + 15s, day_one + 30s}, {{0.2, infinity}, {5, 8}});
  const BucketCounts all = window.over({day_one, day_one + 30s});
  EXPECT_EQ(all.bounds, (std::vector<double>{0.1, 0.2, 0.3, infinity}));
  EXPECT_EQ(all.counts, (std::vector<double>{12.5, 25, 35, 48}));
  const BucketChanges changes = window.take_changes();
  EXPECT_EQ(changes.changed.size(), 3u);  // begin, and both reads
  for (const BucketRow& row : changes.changed) EXPECT_EQ(row.counts.size(), 4u);
}

TEST(BucketWindow, NeverHasMoreBoundsThanItsLimit) {
  BucketWindow window(15s, 1h);
  window.begin(day_one);
  for (int layout = 0; layout < 40; ++layout) {
    BucketCounts page;
    for (int b = 0; b < 30; ++b) page.count(layout + b / 100.0, b);
    page.count(infinity, 30);
    window.record({day_one + layout * 15s, day_one + (layout + 1) * 15s}, page);
  }
  EXPECT_LE(window.bounds().size(), BucketWindow::bounds_max);
  EXPECT_DOUBLE_EQ(window.over({day_one, day_one + 600s}).total(), 40 * 30);
}

TEST(BucketWindow, GoesOnAfterARestartAsIfNothingHadHappened) {
  std::mt19937 random(9);
  const std::vector<double> narrow{0.1, 0.5, infinity};
  const std::vector<double> wide{0.05, 0.1, 0.25, 1, infinity};
  BucketWindow window(15s, days(1));
  window.begin(day_one);
  std::map<Instant, BucketRow> stored;
  const auto store = [&stored](BucketWindow& from) {
    const BucketChanges changes = from.take_changes();
    for (const Instant at : changes.removed) EXPECT_EQ(stored.erase(at), 1u);
    for (const BucketRow& row : changes.changed) stored[row.at] = row;
  };
  const auto live = [&](BucketWindow& lived, int from, int to, std::mt19937 source) {
    for (int i = from; i < to; ++i) {
      const auto page = random_page(source, i % 500 < 250 ? narrow : wide);
      lived.record({day_one + i * 15s + 3s, day_one + (i + 1) * 15s + 3s}, page);
    }
  };
  live(window, 0, 3000, random);
  store(window);
  std::vector<BucketRow> rows;
  for (const auto& [at, row] : stored) rows.push_back(row);
  const std::vector<double> bounds(window.bounds().begin(), window.bounds().end());
  BucketWindow restored = BucketWindow::restore(15s, days(1), day_one, bounds, rows);
  EXPECT_TRUE(restored.take_changes().changed.empty());
  live(window, 3000, 4000, random);
  live(restored, 3000, 4000, random);
  const Instant now = day_one + 4000 * 15s;
  for (Duration length = 1min; length < days(1); length *= 2) {
    EXPECT_EQ(window.over({now - length, now}), restored.over({now - length, now}));
  }
}

}  // namespace
}  // namespace slod
