#include "lib/series/sample_rounds.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

namespace slod {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

Labels named(int number) {
  return Labels{{"__name__", fmt::format("m{}", number % 3)}, {"n", std::to_string(number)}};
}

std::map<Labels, std::string> kept(const RecentSamples& samples, Interval range) {
  const std::vector<std::vector<promql::Matcher>> everything{{}};
  std::map<Labels, std::string> all;
  for (const SampleRun& run : samples.view(everything, range)->select({}, range)) {
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      all[run.labels] +=
          fmt::format("{}={} ", (run.times[i] - range.begin).count(),
                      is_stale_marker(run.values[i]) ? "stale" : fmt::format("{}", run.values[i]));
    }
  }
  return all;
}

TEST(SampleRounds, EndASeriesThatARoundLeavesOut) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    RecentSamples samples({.retention = hours(10)});
    SampleRounds rounds(samples);
    std::map<Labels, std::string> oracle;
    std::map<Labels, bool> lives;
    const Instant begin{hours(1000)};
    for (int step = 1; step < 300; ++step) {
      const Instant at = begin + step * seconds(15);
      const auto add = [&](const Labels& labels, const std::string& what) {
        oracle[labels] += fmt::format("{}={} ", (at - begin).count(), what);
        lives[labels] = what != "stale";
      };
      std::vector<LabelledSample> round;
      for (int i = 0; i < 10; ++i) {
        const double value = static_cast<double>(random() % 50);
        if (random() % 5 != 0) round.push_back({named(i), value});
      }
      if (random() % 4 == 0) std::ranges::shuffle(round, random);
      for (auto& [labels, alive] : lives) {
        const auto same = [&](const LabelledSample& sample) { return sample.labels == labels; };
        if (alive && std::ranges::none_of(round, same)) add(labels, "stale");
      }
      for (const auto& [labels, value] : round) add(labels, fmt::format("{}", value));
      rounds.append(std::move(round), at);
      samples.forget_old(at);
    }
    EXPECT_EQ(kept(samples, {begin, begin + hours(10)}), oracle);
  }
}

TEST(SampleRounds, GoOnWithASeriesThatWasForgotten) {
  RecentSamples samples({.retention = minutes(1)});
  SampleRounds rounds(samples);
  const Instant begin{hours(1000)};
  rounds.append({{named(1), 1}, {named(1), 2}}, begin + seconds(1));
  samples.forget_old(begin + hours(1));
  EXPECT_EQ(samples.series_count(), 0U);
  rounds.append({{named(1), 3}}, begin + hours(1));
  EXPECT_EQ(kept(samples, {begin, begin + hours(2)}),
            (std::map<Labels, std::string>{{named(1), "3600000=3 "}}));
}

}  // namespace
}  // namespace slod
