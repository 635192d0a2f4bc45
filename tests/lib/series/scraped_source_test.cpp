#include <gtest/gtest.h>

#include <cmath>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

ScrapedSource target(const Texts& demands, SourceOptions options = {}) {
  return ScrapedSource(demand_of(demands), std::move(options));
}

ScrapedSource server(const Texts& demands) {
  return target(demands, {.kind = server_kind});
}

/// What a page read at `at` seconds brings.
Texts read(ScrapedSource& source, std::string_view page, double at) {
  const auto result = source.record_page(page, second(at));
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result ? texts_of(source.book, *result) : Texts();
}

std::string stamped(std::string_view line, double at) {
  return fmt::format("{} {}\n", line, second(at).time_since_epoch().count());
}

TEST(ScrapedSource, CountsFromABaselineThenDifferencesThenResets) {
  auto source = target({"a"});
  struct Step {
    double at;
    std::string_view page;
    Texts expected;
  };
  for (const auto& [at, page, expected] : std::vector<Step>{
           {0, "a 100\nb 5\n", {"a baseline 0 (0,0]"}},
           {15, "a 107\n", {"a continued 7 (0,15]"}},
           {30, "a 107\n", {"a continued 0 (15,30]"}},
           {90, "a 110\n", {"a continued 3 (30,90]"}},
           {105, "a 4\n", {"a reset 4 (90,105]"}},
           {120, "a{x=\"y\"} 9\na 5\n", {"a{x=\"y\"} born 9 (105,120]", "a continued 1 (105,120]"}},
           {135, "", {}},
           {150, "a{x=\"z\"} 2\n", {"a{x=\"z\"} born 2 (135,150]"}},
       }) {
    SCOPED_TRACE(at);
    EXPECT_EQ(read(source, page, at), expected);
  }
}

TEST(ScrapedSource, SaysWhatAPageBrought) {
  auto source = target({"a"});
  const auto first =
      source.record_page("a{x=\"1\"} 1\na{x=\"2\"} NaN\nb 1\nb{c=\"d\"} 2\n", second(0));
  EXPECT_EQ(first->previous, std::nullopt);
  EXPECT_EQ(first->batch.exposed, 4U);
  EXPECT_EQ(first->demanded, 2U);
  EXPECT_EQ(first->added, 2U);
  EXPECT_EQ(first->live, 2U);
  EXPECT_EQ(first->ignored_values, 1U);
  EXPECT_EQ(source.book.last_batch(), second(0));
  const auto second_read =
      source.record_page("a{x=\"1\"} 2\na{x=\"1\"} 3\na{x=\"3\"} -1\n", second(15));
  EXPECT_EQ(second_read->previous, second(0));
  EXPECT_EQ(second_read->demanded, 3U);
  EXPECT_EQ(second_read->added, 1U);
  EXPECT_EQ(second_read->live, 2U);
  EXPECT_EQ(second_read->duplicates, 1U);
  EXPECT_EQ(second_read->ignored_values, 1U);
  EXPECT_EQ(texts_of(source.book, *second_read), Texts{"a{x=\"1\"} continued 1 (0,15]"});
}

TEST(ScrapedSource, LeavesEverythingAsItWasAfterABadPage) {
  auto source = target({"a"}, {.sample_limit = 3});
  EXPECT_EQ(read(source, "a 1\n", 0), Texts{"a baseline 0 (0,0]"});
  const std::string before = source.book.series_bytes() + source.book.values_bytes();
  const auto version = source.book.series_version();

  const auto malformed = source.record_page("a 2\na{new=\"x\"} 5\na{bad 3\n", second(15));
  ASSERT_FALSE(malformed.has_value());
  EXPECT_EQ(malformed.error().reason, PageError::Reason::malformed);
  EXPECT_EQ(malformed.error().line, 3U);
  const auto large = source.record_page("a 2\nb 1\nb 2\na{new=\"x\"} 5\n", second(15));
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().reason, PageError::Reason::too_many_samples);
  EXPECT_EQ(large.error().message,
            "expected at most 3 samples on a page (sample_limit), found more");

  EXPECT_EQ(source.book.series_bytes() + source.book.values_bytes(), before);
  EXPECT_EQ(source.book.series_version(), version);
  EXPECT_EQ(read(source, "a 3\nb 1\na{new=\"x\"} 6\n", 30),
            (Texts{"a continued 2 (0,30]", "a{new=\"x\"} born 6 (0,30]"}));
}

TEST(ScrapedSource, RemembersAnEndedSeriesForAnHour) {
  auto source = target({"a"});
  EXPECT_EQ(read(source, "a{x=\"1\"} 100\na{x=\"2\"} 100\na{x=\"3\"} 100\n", 0).size(), 3U);
  EXPECT_EQ(read(source, "", 15), Texts());
  EXPECT_EQ(read(source, "a{x=\"1\"} 104\na{x=\"2\"} 3\n", 30),
            (Texts{"a{x=\"1\"} continued 4 (0,30]", "a{x=\"2\"} reset 3 (0,30]"}));
  EXPECT_EQ(read(source, "a{x=\"3\"} 105\n", 3600), Texts{"a{x=\"3\"} continued 5 (0,3600]"});
  // The page at 3600 was the first without the other two.
  EXPECT_EQ(read(source, "a{x=\"1\"} 110\n", 7200), Texts{"a{x=\"1\"} continued 6 (30,7200]"});
  EXPECT_EQ(read(source, "a{x=\"2\"} 9\n", 7200.001), Texts{"a{x=\"2\"} born 9 (7200,7200.001]"});
}

TEST(ScrapedSource, CountsTheHourFromTheFirstPageWithoutASeries) {
  auto source = target({"a"});
  read(source, "a 100\n", 0);
  EXPECT_EQ(read(source, "", 7200), Texts());
  EXPECT_EQ(read(source, "a 103\n", 7215), Texts{"a continued 3 (0,7215]"});
}

TEST(ScrapedSource, ContinuesAfterAnyGapWhatTheLastPageHad) {
  auto source = target({"a"});
  read(source, "a 100\n", 0);
  EXPECT_EQ(read(source, "a 150\n", 86'400), Texts{"a continued 50 (0,86400]"});
}

TEST(ScrapedSource, ForgetsEndedSeriesSoThatMemoryIsBounded) {
  auto source = target({"a"});
  for (int i = 0; i < 2000; ++i) {
    read(source, fmt::format("a{{pod=\"{}\"}} 1\n", i), i * 60);
  }
  const std::size_t size_then = source.book.values_bytes().size();
  EXPECT_LT(size_then, 70U * 20 + 100);
  const auto last = source.record_page("a{pod=\"2000\"} 1\n", second(2000 * 60));
  EXPECT_LT(last->observations.at(0).series, 70U);
}

TEST(ScrapedSource, BelievesABirthOnAServerOnlyWhereItKnowsTheTarget) {
  auto source = server({"a"});
  read(source, "a{job=\"j\",instance=\"1\"} 5\n", 0);
  EXPECT_EQ(read(source,
                 "a{job=\"j\",instance=\"1\"} 6\na{job=\"j\",instance=\"1\",code=\"500\"} 2\n"
                 "a{job=\"j\",instance=\"2\"} 1000\na{job=\"j\",instance=\"2\",code=\"500\"} 10\n",
                 15),
            (Texts{"a{instance=\"1\",job=\"j\"} continued 1 (0,15]",
                   "a{code=\"500\",instance=\"1\",job=\"j\"} born 2 (0,15]",
                   "a{instance=\"2\",job=\"j\"} baseline 0 (15,15]",
                   "a{code=\"500\",instance=\"2\",job=\"j\"} baseline 0 (15,15]"}));
  read(source, "", 30);
  // The target was on no page just before, and it has never counted that much.
  EXPECT_EQ(read(source, "a{job=\"j\",instance=\"1\",code=\"404\"} 900\n", 45),
            Texts{"a{code=\"404\",instance=\"1\",job=\"j\"} baseline 0 (45,45]"});
}

TEST(ScrapedSource, GoesByExplicitTimestamps) {
  auto source = server({"a"});
  struct Step {
    double at;
    std::string page;
    Texts expected;
  };
  for (const auto& [at, page, expected] : std::vector<Step>{
           {60, stamped("a 5", 55), {"a baseline 0 (55,55]"}},
           {75, stamped("a 5", 55), {}},
           {90, stamped("a 8", 85), {"a continued 3 (55,85]"}},
           {105, stamped("a 7", 70), {}},
           {120, stamped("a 9", 721), {}},
           {121, stamped("a 9", 721), {"a continued 1 (85,721]"}},
           {135, stamped("a{x=\"1\"} 2", 130), {"a{x=\"1\"} born 2 (121,130]"}},
           {150, stamped("a{x=\"2\"} 3", 135), {"a{x=\"2\"} born 3 (120,135]"}},
           {165, stamped("a{x=\"3\"} 4", 100), {"a{x=\"3\"} born 4 (85,100]"}},
       }) {
    SCOPED_TRACE(at);
    EXPECT_EQ(read(source, page, at), expected);
  }
  const auto late = source.record_page(stamped("a{x=\"3\"} 9", 99), second(180));
  EXPECT_EQ(late->out_of_order, 1U);
  const auto ahead = source.record_page(stamped("a{x=\"3\"} 9", 796), second(195));
  EXPECT_EQ(ahead->too_far_ahead, 1U);
  EXPECT_EQ(ahead->live, 1U);
}

TEST(ScrapedSource, SurvivesAClockThatStepsBack) {
  auto source = target({"a"});
  read(source, "a 10\n", 100);
  const auto back = source.record_page("a 12\na{x=\"new\"} 3\n", second(50));
  EXPECT_EQ(back->out_of_order, 1U);
  EXPECT_EQ(texts_of(source.book, *back), Texts{"a{x=\"new\"} born 3 (35,50]"});
  EXPECT_EQ(read(source, "a 15\n", 115), Texts{"a continued 5 (100,115]"});
}

TEST(ScrapedSource, KeepsASeriesAliveWhoseValueIsUnusable) {
  auto source = target({"a"});
  read(source, "a 10\nb 1\n", 0);
  for (const auto value : {"NaN", "+Inf", "-Inf", "-1"}) {
    const auto ignored = source.record_page(fmt::format("a {}\n", value), second(15));
    EXPECT_EQ(ignored->ignored_values, 1U);
    EXPECT_EQ(ignored->live, 1U);
    EXPECT_TRUE(ignored->observations.empty());
  }
  EXPECT_EQ(read(source, "a 12\na{x=\"1\"} NaN\n", 30), Texts{"a continued 2 (0,30]"});
  // How much it had counted when it appeared is not known.
  EXPECT_EQ(read(source, "a 12\na{x=\"1\"} 500\n", 45),
            (Texts{"a continued 0 (30,45]", "a{x=\"1\"} baseline 0 (45,45]"}));
}

TEST(ScrapedSource, TakesTheFirstOfADuplicatedSeriesHoweverItIsWritten) {
  auto source = target({"h_bucket"});
  const auto first = source.record_page(
      "h_bucket{le=\"1\",code=\"200\"} 1\nh_bucket{code=\"200\",le=\"1.0\"} 5\n"
      "h_bucket { code=\"200\" , le=\"1e0\" , } 6\n",
      second(0));
  EXPECT_EQ(first->duplicates, 2U);
  EXPECT_EQ(first->added, 1U);
  const Series& series = source.book.series(first->observations.at(0).series);
  EXPECT_EQ(name_of(series), "h_bucket{code=\"200\",le=\"1.0\"}");
  EXPECT_EQ(series.le, 1.0);
  EXPECT_EQ(
      read(source, "h_bucket{code=\"200\",le=\"1.0\"} 3\nh_bucket{le=\"1\",code=\"200\"} 9\n", 15),
      Texts{"h_bucket{code=\"200\",le=\"1.0\"} continued 2 (0,15]"});
}

TEST(ScrapedSource, KnowsTheBoundAndTheDemandsOfASeries) {
  auto source = target({"h", "h{code=\"200\"}", "h{le=\"+Inf\"}"});
  const auto first =
      source.record_page("h{le=\"+Inf\"} 1\nh{code=\"200\"} 2\nh{le=\"x\"} 2\n", second(0));
  const auto series = [&](std::size_t i) {
    return source.book.series(first->observations.at(i).series);
  };
  EXPECT_TRUE(std::isinf(series(0).le));
  EXPECT_EQ(series(0).demands, (std::vector<std::uint32_t>{0, 2}));
  EXPECT_TRUE(std::isnan(series(1).le));
  EXPECT_EQ(series(1).demands, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(std::isnan(series(2).le));
}

TEST(ScrapedSource, AddsTargetLabelsBeforeSelectorsLook) {
  auto source = target({"a{job=\"api\",exported_job=\"x\"}"},
                       {.target_labels = {{"instance", "h:1"}, {"job", "api"}}});
  EXPECT_EQ(read(source, "a{job=\"x\"} 1\na{job=\"y\"} 1\na 1\n", 0),
            Texts{"a{exported_job=\"x\",instance=\"h:1\",job=\"api\"} baseline 0 (0,0]"});
  EXPECT_EQ(read(source, "a{job=\"y\"} 1\na 1\na{job=\"x\"} 3\n", 15),
            Texts{"a{exported_job=\"x\",instance=\"h:1\",job=\"api\"} continued 2 (0,15]"});
}

TEST(ScrapedSource, TakesUtf8Names) {
  auto source = target({"{\"my.metric\"}"});
  EXPECT_EQ(read(source, "{\"my.metric\",\"a.b\"=\"c\\n\"} 1\n{\"other.metric\"} 1\n", 0),
            Texts{"my.metric{\"a.b\"=\"c\\n\"} baseline 0 (0,0]"});
}

TEST(ScrapedSource, StartsANewDemandFromABaselineAndKeepsTheOthers) {
  auto source = target({"a", "b"});
  read(source, "a 10\nb 20\nc 30\n", 0);
  const auto version = source.book.series_version();
  source.book.set_demand(demand_of({"c", "a"}));
  EXPECT_NE(source.book.series_version(), version);
  const auto next = source.record_page("a 11\nb 21\nc 31\na{x=\"1\"} 4\n", second(15));
  EXPECT_EQ(texts_of(source.book, *next),
            (Texts{"a continued 1 (0,15]", "c baseline 0 (15,15]", "a{x=\"1\"} born 4 (0,15]"}));
  EXPECT_EQ(source.book.series(next->observations.at(0).series).demands,
            std::vector<std::uint32_t>{1});
  EXPECT_EQ(read(source, "a 12\nc 32\nc{x=\"1\"} 5\n", 30),
            (Texts{"a continued 1 (15,30]", "c continued 1 (15,30]", "c{x=\"1\"} born 5 (15,30]"}));
  // Not demanded for a moment: what was counted in between is not known.
  source.book.set_demand(demand_of({"c"}));
  source.book.set_demand(demand_of({"c", "a"}));
  EXPECT_EQ(read(source, "a 500\nc 33\n", 45),
            (Texts{"a baseline 0 (45,45]", "c continued 1 (30,45]"}));
}

TEST(ScrapedSource, KeepsItsVersionWhileTheSeriesStayTheSame) {
  auto source = target({"a"});
  read(source, "a{x=\"1\"} 1\na{x=\"2\"} 1\n", 0);
  const auto version = source.book.series_version();
  read(source, "a{x=\"2\"} 2\na{x=\"1\"} 2\n", 15);
  read(source, "a{x=\"1\"} 3\n", 30);
  EXPECT_EQ(source.book.series_version(), version);
  read(source, "a{x=\"3\"} 3\n", 45);
  EXPECT_NE(source.book.series_version(), version);
}

TEST(ScrapedSource, MovesWhole) {
  auto first = target({"a"});
  read(first, "a{x=\"1\"} 1\na 1\n", 0);
  ScrapedSource second_home = std::move(first);
  EXPECT_EQ(read(second_home, "a{x=\"1\"} 3\na 2\n", 15),
            (Texts{"a{x=\"1\"} continued 2 (0,15]", "a continued 1 (0,15]"}));
}

}  // namespace
}  // namespace slod
