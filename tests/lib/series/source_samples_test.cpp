// What a SeriesBook does for series of which no demand wants events.

#include <gtest/gtest.h>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

/// `counted` want events, `kept` want samples.
std::shared_ptr<const Demand> demand(const Texts& counted, const Texts& kept) {
  std::vector<promql::Selector> selectors;
  for (const auto& text : counted) selectors.push_back(promql::parse_selector(text).value());
  for (const auto& text : kept) selectors.push_back(promql::parse_selector(text).value());
  return std::make_shared<const Demand>(std::move(selectors),
                                        static_cast<std::uint32_t>(counted.size()));
}

Texts events(ScrapedSource& source, std::string_view page, double at) {
  const auto result = source.record_page(page, second(at));
  EXPECT_TRUE(result.has_value());
  return texts_of(source.book, *result);
}

TEST(SourceSamples, CountsNoEventsOfSeriesThatAreOnlyKept) {
  ScrapedSource source(demand({"a"}, {"g", "a{x=\"1\"}"}), {});
  source.record_page("a{x=\"1\"} 5\ng 7\n", second(0)).value();
  const BatchResult read =
      source.record_page("a{x=\"1\"} 6\ng -1\ng{y=\"1\"} NaN\n", second(15)).value();
  EXPECT_EQ(texts_of(source.book, read), Texts{"a{x=\"1\"} continued 1 (0,15]"});
  ASSERT_EQ(read.batch.samples.size(), 3U);
  EXPECT_EQ(read.batch.samples[1].value, -1);
  EXPECT_EQ(read.ignored_values, 0U) << "a gauge may be anything";
  EXPECT_EQ(read.demanded, 3U);
  EXPECT_EQ(read.added, 1U);
  const BatchResult gone = source.record_page("a{x=\"1\"} 6\n", second(30)).value();
  ASSERT_EQ(gone.ended.size(), 2U);
  EXPECT_EQ(source.book.series(gone.ended[0]).metric, "g");
  EXPECT_TRUE(source.record_page("a{x=\"1\"} 6\n", second(45)).value().ended.empty());
}

TEST(SourceSamples, BeginsToCountAKeptSeriesAtABaseline) {
  ScrapedSource source(demand({}, {"a"}), {});
  EXPECT_EQ(events(source, "a 100\n", 0), Texts());
  source.book.set_demand(demand({"a"}, {}));
  EXPECT_EQ(events(source, "a 107\na{x=\"1\"} 3\n", 15),
            (Texts{"a baseline 0 (15,15]", "a{x=\"1\"} born 3 (0,15]"}));
  EXPECT_EQ(events(source, "a 109\n", 30), Texts{"a continued 2 (15,30]"});
  // What happened while only the samples were wanted is not events of now.
  source.book.set_demand(demand({}, {"a"}));
  EXPECT_EQ(events(source, "a 200\n", 45), Texts());
  source.book.set_demand(demand({"a"}, {}));
  EXPECT_EQ(events(source, "a 300\n", 60), Texts{"a baseline 0 (60,60]"});
}

TEST(SourceSamples, StoresNothingOfSeriesThatAreOnlyKept) {
  ScrapedSource before(demand({"a"}, {"b"}), {});
  events(before, "a 1\nb 50\n", 0);
  events(before, "a 2\nb 51\n", 15);
  ScrapedSource alone(demand({"a"}, {}), {});
  events(alone, "a 1\n", 0);
  events(alone, "a 2\n", 15);
  EXPECT_EQ(before.book.series_bytes(), alone.book.series_bytes());
  EXPECT_EQ(before.book.values_bytes(), alone.book.values_bytes());

  ScrapedSource after(demand({"a", "b"}, {}), {});
  ASSERT_TRUE(after.book.restore(before.book.series_bytes(), before.book.values_bytes()));
  EXPECT_EQ(events(after, "a 5\nb 60\n", 30),
            (Texts{"a continued 3 (15,30]", "b baseline 0 (30,30]"}));
}

}  // namespace
}  // namespace slod
