#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

SourceOptions options() {
  return {.target_labels = {{"instance", "h:1"}, {"job", "api"}}};
}

Texts read(ScrapedSource& source, std::string_view page, double at) {
  const auto result = source.record_page(page, second(at));
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result ? texts_of(source.book, *result) : Texts();
}

/// A source with series of every state: live, without a value so far, gone from the last page.
ScrapedSource used_source() {
  ScrapedSource source(demand_of({"a", "h_bucket{code=\"200\"}"}), options());
  read(source, "a{x=\"1\"} 10.25\na{x=\"2\"} 20\nh_bucket{le=\"1\",code=\"200\"} 7\n", 0);
  read(source, "a{x=\"1\"} 11\nh_bucket{le=\"1\",code=\"200\"} 9\na{x=\"3\"} NaN\n", 15);
  return source;
}

TEST(SourceState, MakesTheNextReadAContinuationAcrossAGap) {
  const ScrapedSource before = used_source();
  ScrapedSource after(demand_of({"h_bucket{code=\"200\"}", "a"}), options());
  const auto restored = after.book.restore(before.book.series_bytes(), before.book.values_bytes());
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(after.book.last_batch(), second(15));
  const auto next = after.record_page(
      "a{x=\"1\"} 13\na{x=\"2\"} 25\na{x=\"3\"} 30\na{x=\"4\"} 40\n"
      "h_bucket{le=\"1\",code=\"200\"} 4\n",
      second(600));
  EXPECT_EQ(texts_of(after.book, *next),
            (Texts{"a{instance=\"h:1\",job=\"api\",x=\"1\"} reset 13 (15,600]",
                   "a{instance=\"h:1\",job=\"api\",x=\"2\"} reset 25 (0,600]",
                   "a{instance=\"h:1\",job=\"api\",x=\"3\"} baseline 0 (600,600]",
                   "a{instance=\"h:1\",job=\"api\",x=\"4\"} born 40 (15,600]",
                   "h_bucket{code=\"200\",instance=\"h:1\",job=\"api\",le=\"1.0\"} reset 4 "
                   "(15,600]"}));
  EXPECT_EQ(next->previous, second(15));
  EXPECT_EQ(after.book.series(next->observations.at(4).series).le, 1.0);
  EXPECT_EQ(after.book.series(next->observations.at(4).series).demands,
            std::vector<std::uint32_t>{0});
}

TEST(SourceState, RemembersWhatEndedForAnHour) {
  const ScrapedSource before = used_source();
  struct Case {
    double at;
    std::string_view expected;
  };
  for (const auto& [at, expected] :
       {Case{3615, "continued 5 (0,3615]"}, Case{3615.001, "born 25 (15,3615.001]"}}) {
    ScrapedSource after(demand_of({"a"}), options());
    ASSERT_TRUE(
        after.book.restore(before.book.series_bytes(), before.book.values_bytes()).has_value());
    EXPECT_EQ(read(after, "a{x=\"2\"} 25\n", at),
              Texts{fmt::format("a{{instance=\"h:1\",job=\"api\",x=\"2\"}} {}", expected)});
  }
}

TEST(SourceState, RemembersThatAProcessBeganAgainWhileASeriesWasGone) {
  ScrapedSource before(demand_of({"a"}), options());
  read(before, "a{x=\"1\"} 1000\na{x=\"2\"} 5\n", 0);
  read(before, "a{x=\"1\"} 100\n", 15);
  ScrapedSource after(demand_of({"a"}), options());
  ASSERT_TRUE(after.book.restore(before.book.series_bytes(), before.book.values_bytes()));
  EXPECT_EQ(read(after, "a{x=\"1\"} 120\na{x=\"2\"} 9\n", 30),
            (Texts{"a{instance=\"h:1\",job=\"api\",x=\"1\"} continued 20 (15,30]",
                   "a{instance=\"h:1\",job=\"api\",x=\"2\"} born 9 (15,30]"}));
}

TEST(SourceState, StartsDemandsThatCameWithTheRestartFromABaseline) {
  const ScrapedSource before = used_source();
  ScrapedSource after(demand_of({"a{x=\"1\"}", "b", "a{x=~\"[45]\"}"}), options());
  ASSERT_TRUE(
      after.book.restore(before.book.series_bytes(), before.book.values_bytes()).has_value());
  EXPECT_EQ(read(after, "a{x=\"1\"} 12\nb 1000\na{x=\"4\"} 1000\n", 30),
            (Texts{"a{instance=\"h:1\",job=\"api\",x=\"1\"} continued 1 (15,30]",
                   "b{instance=\"h:1\",job=\"api\"} baseline 0 (30,30]",
                   "a{instance=\"h:1\",job=\"api\",x=\"4\"} baseline 0 (30,30]"}));
}

TEST(SourceState, OfASourceNeverReadIsEmpty) {
  const ScrapedSource before(demand_of({"a"}), options());
  ScrapedSource after(demand_of({"a"}), options());
  ASSERT_TRUE(
      after.book.restore(before.book.series_bytes(), before.book.values_bytes()).has_value());
  EXPECT_EQ(after.book.last_batch(), std::nullopt);
  EXPECT_EQ(read(after, "a 5\n", 0), Texts{"a{instance=\"h:1\",job=\"api\"} baseline 0 (0,0]"});
}

TEST(SourceState, TakesTwentyBytesForASeries) {
  ScrapedSource source(demand_of({"a"}), options());
  read(source, "", 0);
  const std::size_t empty = source.book.values_bytes().size();
  std::string page;
  for (int i = 0; i < 100; ++i) page += fmt::format("a{{x=\"{}\"}} 1\n", i);
  read(source, page, 15);
  EXPECT_EQ(source.book.values_bytes().size(), empty + 100 * 20);
}

TEST(SourceState, RefusesWhatBelongsToAnother) {
  const ScrapedSource before = used_source();
  ScrapedSource later = used_source();
  read(later, "a{x=\"9\"} 1\n", 30);
  const auto demand = demand_of({"a"});

  ScrapedSource relabelled(demand, {.target_labels = {{"instance", "h:1"}, {"job", "web"}}});
  const auto other_labels =
      relabelled.book.restore(before.book.series_bytes(), before.book.values_bytes());
  ASSERT_FALSE(other_labels.has_value());
  EXPECT_EQ(other_labels.error(),
            "its target labels or its kind changed from "
            "{instance=\"h:1\",job=\"api\"} honor_labels=false is_federation=false to "
            "{instance=\"h:1\",job=\"web\"} honor_labels=false is_federation=false");

  ScrapedSource after(demand, options());
  const auto other_values =
      after.book.restore(before.book.series_bytes(), later.book.values_bytes());
  ASSERT_FALSE(other_values.has_value());
  EXPECT_EQ(other_values.error(), "its stored values do not belong to its 4 stored series");
  EXPECT_FALSE(
      after.book.restore(later.book.series_bytes(), before.book.values_bytes()).has_value());
  EXPECT_FALSE(
      after.book.restore(before.book.values_bytes(), before.book.series_bytes()).has_value());
  EXPECT_FALSE(after.book.restore("", "").has_value());
}

TEST(SourceState, StaysAsItIsWhenARestoreFails) {
  ScrapedSource source = used_source();
  const std::string bytes = source.book.series_bytes() + source.book.values_bytes();
  EXPECT_FALSE(source.book.restore(source.book.series_bytes(), "damaged").has_value());
  EXPECT_EQ(source.book.series_bytes() + source.book.values_bytes(), bytes);
}

/// Restores from bytes in a buffer of exactly their size, and goes on reading if that worked.
bool restores(std::string_view series_bytes, std::string_view values_bytes) {
  ScrapedSource source(demand_of({"a", "h_bucket"}), options());
  const auto copy = std::make_unique<char[]>(series_bytes.size() + values_bytes.size());
  char* const middle = std::copy(series_bytes.begin(), series_bytes.end(), copy.get());
  std::copy(values_bytes.begin(), values_bytes.end(), middle);
  const bool restored =
      source.book.restore({copy.get(), series_bytes.size()}, {middle, values_bytes.size()})
          .has_value();
  EXPECT_TRUE(source.record_page("a{x=\"1\"} 12\na{x=\"5\"} 1\n", second(30)).has_value());
  EXPECT_FALSE(source.book.series_bytes().empty());
  EXPECT_FALSE(source.book.values_bytes().empty());
  return restored;
}

TEST(SourceState, RefusesEveryTruncation) {
  const ScrapedSource before = used_source();
  const std::string series = before.book.series_bytes();
  const std::string values = before.book.values_bytes();
  EXPECT_TRUE(restores(series, values));
  for (std::size_t i = 0; i < series.size(); ++i) {
    EXPECT_FALSE(restores(series.substr(0, i), values)) << i;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_FALSE(restores(series, values.substr(0, i))) << i;
  }
  EXPECT_FALSE(restores(series + "x", values));
  EXPECT_FALSE(restores(series, values + "x"));
}

TEST(SourceState, SurvivesDamage) {
  const ScrapedSource before = used_source();
  const std::string series = before.book.series_bytes();
  const std::string values = before.book.values_bytes();
  constexpr std::uint64_t seed = 9750;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  const auto damage = [&](std::string bytes, std::size_t from) {
    for (auto hits = random() % 4 + 1; hits > 0; --hits) {
      constexpr std::array<unsigned char, 4> edges{0x00, 0x01, 0x7f, 0xff};
      bytes[from + random() % (bytes.size() - from)] =
          static_cast<char>(random() % 2 == 0 ? edges[random() % 4] : random() % 256);
    }
    return bytes;
  };
  for (int i = 0; i < 5000; ++i) {
    restores(damage(series, 0), values);
    restores(series, damage(values, 0));
    restores(series, damage(values, 22));  // leaves the fingerprint in order
    restores(damage(std::string(random() % 200 + 1, '\0'), 0), values);
  }
}

}  // namespace
}  // namespace slod
