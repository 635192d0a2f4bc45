#include "lib/series/united_source.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "lib/series/recent_samples.h"

namespace slod {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant begin{hours(480'000)};

Labels named(int number) {
  return Labels{{"__name__", number % 2 == 0 ? "even" : "odd"}, {"n", std::to_string(number)}};
}

promql::Matcher name(std::string metric) {
  return *promql::Matcher::make("__name__", promql::Matcher::Operation::equal, std::move(metric));
}

using Samples = std::map<Labels, std::map<Instant, double>>;

/// What is in `samples`, as plain maps.
Samples plain(const SampleSource& source, std::span<const promql::Matcher> matchers,
              Interval range) {
  Samples all;
  for (const SampleRun& run : source.select(matchers, range)) {
    EXPECT_FALSE(all.contains(run.labels)) << "twice: " << to_text(run.labels);
    EXPECT_TRUE(std::ranges::is_sorted(run.times));
    EXPECT_EQ(run.times.size(), run.values.size());
    for (std::size_t i = 0; i < run.times.size(); ++i) {
      EXPECT_TRUE(all[run.labels].emplace(run.times[i], run.values[i]).second);
    }
  }
  return all;
}

TEST(UnitedSource, HasWhatIsNewerAndBeforeThatWhatIsOlder) {
  const std::vector<std::vector<promql::Matcher>> everything{{}};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    RecentSamples older({.retention = hours(1000)});
    RecentSamples newer({.retention = hours(1000)});
    Samples of_older;
    Samples of_newer;
    for (int i = 0; i < 6; ++i) {
      // Coarse from the beginning, and fine from some time on, in either only or in both.
      const int fine_from = static_cast<int>(random() % 600);
      const int kind = static_cast<int>(random() % 4);
      for (int minute = 0; minute < 600; minute += 5) {
        if (kind == 0 || random() % 7 == 0) continue;
        const Instant at = begin + minutes(minute);
        older.append(older.series(named(i)), at, minute);
        of_older[named(i)][at] = minute;
      }
      for (int second = fine_from * 60; second < 36'000; second += 15) {
        if (kind == 1 || random() % 7 == 0) continue;
        const Instant at = begin + seconds(second);
        newer.append(newer.series(named(i)), at, -second);
        of_newer[named(i)][at] = -second;
      }
    }
    const Instant from = begin + minutes(random() % 600) - minutes(10);
    const Interval range{from, from + minutes(random() % 600)};
    const auto source = united(older.view(everything, range), newer.view(everything, range));
    for (const auto& matchers : {std::vector<promql::Matcher>{}, std::vector{name("even")}}) {
      Samples expected;
      const auto add = [&](const Samples& samples, bool all) {
        for (const auto& [labels, column] : samples) {
          if (!satisfies(labels, matchers)) continue;
          std::optional<Instant> first;
          if (expected.contains(labels)) first = expected[labels].begin()->first;
          for (const auto& [at, value] : column) {
            if (at <= range.begin || at > range.end) continue;
            if (all || !first || at < *first) expected[labels][at] = value;
          }
        }
      };
      add(of_newer, true);
      add(of_older, false);
      EXPECT_EQ(plain(*source, matchers, range), expected);
      for (const auto& [labels, column] : expected) {
        EXPECT_EQ(std::ranges::count(source->series(matchers, range), labels), 1);
      }
    }
  }
}

/// A source of one series, as it is given.
class OneRun : public SampleSource {
 public:
  explicit OneRun(SampleRun run) : run_(std::move(run)) {}
  std::vector<SampleRun> select(std::span<const promql::Matcher>, Interval,
                                const IsUnwanted& /*is_unwanted*/) const override {
    return {run_};
  }
  std::vector<Labels> series(std::span<const promql::Matcher>, Interval,
                             const IsUnwanted& /*is_unwanted*/) const override {
    return {run_.labels};
  }

 private:
  SampleRun run_;
};

TEST(UnitedSource, FillsColumnsThatOnlyOneSourceHas) {
  const auto histogram = std::make_shared<const NativeHistogram>();
  const auto at = [](int minute) { return begin + minutes(minute); };
  const SampleRun with_columns{.labels = named(0),
                               .times = {at(1), at(2), at(3)},
                               .values = {0, 0, 3},
                               .histograms = {histogram, histogram, nullptr},
                               .starts = {no_start, at(0), no_start}};
  const SampleRun without{
      .labels = named(0), .times = {at(3), at(4)}, .values = {30, 4}, .histograms = {}};
  const auto both = [](const SampleRun& older, const SampleRun& newer) {
    return united(std::make_shared<OneRun>(older), std::make_shared<OneRun>(newer))
        ->select({}, {begin, begin + hours(1)})
        .at(0);
  };
  const SampleRun forth = both(with_columns, without);
  EXPECT_EQ(forth.times, (std::vector{at(1), at(2), at(3), at(4)}));
  EXPECT_EQ(forth.values, (std::vector<double>{0, 0, 30, 4}));
  EXPECT_EQ(forth.histograms, (std::vector<HistogramPtr>{histogram, histogram, {}, {}}));
  EXPECT_EQ(forth.starts, (std::vector{no_start, at(0), no_start, no_start}));
  SampleRun late = with_columns;
  late.times = {at(4), at(5), at(6)};
  const SampleRun back = both(without, late);
  EXPECT_EQ(back.values, (std::vector<double>{30, 0, 0, 3}));
  EXPECT_EQ(back.histograms, (std::vector<HistogramPtr>{{}, histogram, histogram, {}}));
  EXPECT_EQ(back.starts, (std::vector{no_start, no_start, at(0), no_start}));
}

}  // namespace
}  // namespace slod
