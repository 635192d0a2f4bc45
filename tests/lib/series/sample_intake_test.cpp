#include "lib/series/sample_intake.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

/// One source, as the engine sees it.
class Intake {
 public:
  explicit Intake(const std::vector<std::string>& demands, SourceOptions options = {},
                  SampleLimits limits = {})
      : samples_(limits), source_(demand_of(demands), std::move(options)) {}

  void page(std::string_view text, double at) {
    const auto result = source_.record_page(text, second(at));
    ASSERT_TRUE(result) << result.error().message;
    hand_over(*result, at);
  }
  void hand_over(const BatchResult& result, double at) {
    intake_.record_scrape("s", source_.book, result, {second(at), Duration(250)});
  }
  void fail(double at) {
    intake_.record_failure("s", source_.book.options(), {second(at), Duration(1500)});
  }

  /// "15=3 30=stale", what is kept of a series; empty: there is no such series.
  std::string kept(const Labels& labels) {
    std::string text;
    for (const SampleRun& run : all()) {
      if (run.labels != labels) continue;
      for (std::size_t i = 0; i < run.times.size(); ++i) {
        const double value = run.values[i];
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", second_of(run.times[i]),
                            is_stale_marker(value) ? "stale" : fmt::format("{}", value));
      }
    }
    return text;
  }
  std::string kept(const std::string& metric) { return kept(Labels{{"__name__", metric}}); }

  std::vector<SampleRun> all() {
    const std::vector<std::vector<promql::Matcher>> everything{{}};
    const Interval range{second(-1e6), second(1e6)};
    return samples_.view(everything, range)->select({}, range);
  }

  RecentSamples& samples() { return samples_; }
  SampleIntake& intake() { return intake_; }
  ScrapedSource& source() { return source_; }

 private:
  RecentSamples samples_;
  SampleIntake intake_{samples_};
  ScrapedSource source_;
};

TEST(SampleIntake, KeepsEveryValueOfDemandedSeries) {
  Intake intake({"a", "g"});
  intake.page("a 1\ng -5\nb 7\n", 0);
  intake.page("a 2\ng NaN\n", 15);
  intake.page("a 2\ng +Inf\na 9\n", 30);
  EXPECT_EQ(intake.kept("a"), "0=1 15=2 30=2") << "the first of two samples counts";
  EXPECT_EQ(intake.kept("g"), "0=-5 15=nan 30=inf");
  EXPECT_EQ(intake.kept("b"), "");
}

TEST(SampleIntake, EndsASeriesThatIsGoneFromThePage) {
  Intake intake({"a"});
  intake.page("a 1\na{x=\"1\"} 5\n", 0);
  intake.page("a 2\n", 15);
  intake.page("a 3\n", 30);
  intake.page("a 4\na{x=\"1\"} 6\n", 45);
  EXPECT_EQ(intake.kept("a"), "0=1 15=2 30=3 45=4");
  EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"x", "1"}}), "0=5 15=stale 45=6");
}

TEST(SampleIntake, EndsAllSeriesOfATargetThatCannotBeRead) {
  Intake intake({"a", "b"});
  intake.page("a 1\nb 2\n", 0);
  intake.fail(15);
  intake.fail(30);
  intake.page("a 3\nb 4\n", 45);
  EXPECT_EQ(intake.kept("a"), "0=1 15=stale 45=3");
  EXPECT_EQ(intake.kept("b"), "0=2 15=stale 45=4");
}

TEST(SampleIntake, LeavesSeriesWithTimestampsOfATargetToTheirAge) {
  Intake intake({"a"});
  const auto stamp = [](double at) { return second(at).time_since_epoch().count(); };
  intake.page(fmt::format("a 1 {}\n", stamp(-3)), 0);
  intake.page("", 15);
  intake.fail(30);
  EXPECT_EQ(intake.kept("a"), "-3=1");
  // Not newer than the last, and too far ahead.
  intake.page(fmt::format("a 2 {}\n", stamp(-3)), 45);
  intake.page(fmt::format("a 2 {}\n", stamp(10'000)), 60);
  EXPECT_EQ(intake.kept("a"), "-3=1");
}

TEST(SampleIntake, KeepsWhatAServerToldWhileItCannotBeRead) {
  Intake intake({"a", "up"}, {.kind = server_kind});
  const auto line = [](double value, double at) {
    return fmt::format("a {} {}\nup {} {}\n", value, second(at).time_since_epoch().count(), value,
                       second(at).time_since_epoch().count());
  };
  intake.page(line(1, -2), 0);
  intake.fail(15);
  intake.page(line(2, 28), 30);
  intake.page("", 45);
  EXPECT_EQ(intake.kept("a"), "-2=1 28=2 45=stale");
  EXPECT_EQ(intake.kept("up"), "-2=1 28=2 45=stale") << "a server says itself what is up";
  EXPECT_EQ(intake.kept("scrape_duration_seconds"), "");
}

TEST(SampleIntake, SaysOfATargetWhatPrometheusWould) {
  Intake intake({"a"}, {.target_labels = Labels{{"job", "j"}, {"instance", "h:1"}}});
  intake.page("a 1\nb 2\nb{x=\"1\"} 3\n", 0);
  intake.fail(15);
  intake.page("a 1\na{x=\"1\"} 1\n", 30);
  const auto kept = [&](const std::string& name) {
    return intake.kept(Labels{{"__name__", name}, {"job", "j"}, {"instance", "h:1"}});
  };
  EXPECT_EQ(kept("up"), "0=1 15=0 30=1");
  EXPECT_EQ(kept("scrape_duration_seconds"), "0=0.25 15=1.5 30=0.25");
  EXPECT_EQ(kept("scrape_samples_scraped"), "0=3 15=0 30=2");
  EXPECT_EQ(kept("scrape_samples_post_metric_relabeling"), "0=3 15=0 30=2");
  EXPECT_EQ(kept("scrape_series_added"), "0=1 15=0 30=1");
}

TEST(SampleIntake, EndsWhatIsNoLongerDemanded) {
  Intake intake({"a", "b"});
  intake.page("a 1\nb 2\n", 0);
  intake.source().book.set_demand(demand_of({"b", "c"}));
  intake.page("c 5\na 1\nb 3\n", 15);  // c may take the place of a
  intake.page("c 6\na 1\nb 4\n", 30);
  EXPECT_EQ(intake.kept("a"), "0=1 15=stale");
  EXPECT_EQ(intake.kept("b"), "0=2 15=3 30=4");
  EXPECT_EQ(intake.kept("c"), "15=5 30=6");
}

TEST(SampleIntake, PassesOverASeriesThatIsNoLongerDemandedWhenItIsHandedOver) {
  Intake intake({"a", "b"});
  intake.page("a 1\nb 2\n", 0);
  const auto result = intake.source().record_page("a 5\nb 6\n", second(15));
  intake.source().book.set_demand(demand_of({"b"}));
  for (const BatchSample& sample : result->batch.samples) {
    EXPECT_LE(intake.source().book.demands(sample.series).size(), 1U);
  }
  intake.hand_over(*result, 15);
  EXPECT_EQ(intake.kept("a"), "0=1 15=stale");
  EXPECT_EQ(intake.kept("b"), "0=2 15=6");
}

TEST(SampleIntake, PassesOverHistograms) {
  Intake intake({"a"});
  SeriesBook& book = intake.source().book;
  SampleBatch batch{.at = second(0),
                    .exposed = 2,
                    .samples = {{.series = book.index_of("a", {}), .at = second(0), .value = 1},
                                {.series = book.index_of("a", {{"x", "1"}}), .at = second(0)}},
                    .histograms = {nullptr, std::make_shared<const NativeHistogram>()}};
  intake.hand_over(book.record(std::move(batch)), 0);
  EXPECT_EQ(intake.kept("a"), "0=1");
  EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"x", "1"}}), "");
}

TEST(SampleIntake, EndsASourceThatIsNoLongerRead) {
  SourceOptions options{.target_labels = Labels{{"job", "j"}}};
  Intake intake({"a"}, options);
  intake.page("a 1\n", 0);
  intake.intake().keep_only({{"s", options}}, second(10));
  EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"job", "j"}}), "0=1");
  options.target_labels.set("zone", "eu");
  intake.intake().keep_only({{"s", options}}, second(15));
  EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"job", "j"}}), "0=1 15=stale");
  EXPECT_EQ(intake.kept(Labels{{"__name__", "up"}, {"job", "j"}}), "0=1 15=stale");
}

TEST(SampleIntake, RefusesNewSeriesWhereMemoryIsFull) {
  Intake intake({"a"}, {}, {.bytes_max = 10'000});
  std::string page;
  for (int i = 0; i < 1000; ++i) page += fmt::format("a{{x=\"{}\"}} {}\n", i, i);
  intake.page(page, 0);
  const std::size_t kept = intake.samples().series_count();
  EXPECT_GT(kept, 5U);
  EXPECT_LT(intake.samples().memory_bytes(), 15'000U);
  EXPECT_EQ(intake.intake().refused(), 1005 - kept);
  intake.page(page, 15);
  EXPECT_EQ(intake.samples().series_count(), kept);
  EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"x", "0"}}), "0=0 15=0");
}

/// Pages of changing series, failures, and the samples a naive reading of them gives.
TEST(SampleIntake, KeepsWhatANaiveReadingOfThePagesGives) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Intake intake({"a"});
    std::map<std::string, std::string> oracle;
    std::map<std::string, bool> lives;
    const auto add = [&](const std::string& x, double at, const std::string& what) {
      oracle[x] += fmt::format("{}{}={}", oracle[x].empty() ? "" : " ", at, what);
      lives[x] = what != "stale";
    };
    for (int step = 0; step < 400; ++step) {
      const double at = step * 60.0;
      std::string page;
      const bool fails = random() % 10 == 0;
      for (int i = 0; i < 12; ++i) {
        const std::string x = fmt::format("{}", i + step / 100 * 5);
        const bool is_there = !fails && random() % 8 != 0;
        const std::string value = fmt::format("{}", static_cast<double>(random() % 100) - 50);
        if (is_there) page += fmt::format("a{{x=\"{}\"}} {}\n", x, value);
        if (is_there) add(x, at, value);
        if (!is_there && lives[x]) add(x, at, "stale");
      }
      for (const auto& [x, alive] : lives) {
        const int number = std::stoi(x);
        const bool is_of_now = number >= step / 100 * 5 && number < step / 100 * 5 + 12;
        if (alive && !is_of_now) add(x, at, "stale");
      }
      fails ? intake.fail(at) : intake.page(page, at);
    }
    for (const auto& [x, expected] : oracle) {
      EXPECT_EQ(intake.kept(Labels{{"__name__", "a"}, {"x", x}}), expected) << x;
    }
  }
}

}  // namespace
}  // namespace slod
