// What a SourceReader does for series of which nobody wants events.

#include <gtest/gtest.h>

#include "lib/series/source_reader.h"
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

Texts events(SourceReader& reader, std::string_view page, double at) {
  const auto result = reader.read(page, second(at));
  EXPECT_TRUE(result.has_value());
  return texts_of(reader, *result);
}

TEST(SourceSamples, CountsNoEventsOfSeriesThatAreOnlyKept) {
  SourceReader reader(demand({"a"}, {"g", "a{x=\"1\"}"}), {});
  reader.read("a{x=\"1\"} 5\ng 7\n", second(0)).value();
  const Read read = reader.read("a{x=\"1\"} 6\ng -1\ng{y=\"1\"} NaN\n", second(15)).value();
  EXPECT_EQ(texts_of(reader, read), Texts{"a{x=\"1\"} continued 1 (0,15]"});
  ASSERT_EQ(read.demanded_samples.size(), 3U);
  EXPECT_EQ(read.demanded_samples[1].value, -1);
  EXPECT_EQ(read.ignored_values, 0U) << "a gauge may be anything";
  EXPECT_EQ(read.demanded, 3U);
  EXPECT_EQ(read.added, 1U);
  const Read gone = reader.read("a{x=\"1\"} 6\n", second(30)).value();
  ASSERT_EQ(gone.ended.size(), 2U);
  EXPECT_EQ(reader.series(gone.ended[0]).metric, "g");
  EXPECT_TRUE(reader.read("a{x=\"1\"} 6\n", second(45)).value().ended.empty());
}

TEST(SourceSamples, BeginsToCountAKeptSeriesAtABaseline) {
  SourceReader reader(demand({}, {"a"}), {});
  EXPECT_EQ(events(reader, "a 100\n", 0), Texts());
  reader.set_demand(demand({"a"}, {}));
  EXPECT_EQ(events(reader, "a 107\na{x=\"1\"} 3\n", 15),
            (Texts{"a baseline 0 (15,15]", "a{x=\"1\"} born 3 (0,15]"}));
  EXPECT_EQ(events(reader, "a 109\n", 30), Texts{"a continued 2 (15,30]"});
  // What happened while only the samples were wanted is not events of now.
  reader.set_demand(demand({}, {"a"}));
  EXPECT_EQ(events(reader, "a 200\n", 45), Texts());
  reader.set_demand(demand({"a"}, {}));
  EXPECT_EQ(events(reader, "a 300\n", 60), Texts{"a baseline 0 (60,60]"});
}

TEST(SourceSamples, StoresNothingOfSeriesThatAreOnlyKept) {
  SourceReader before(demand({"a"}, {"b"}), {});
  events(before, "a 1\nb 50\n", 0);
  events(before, "a 2\nb 51\n", 15);
  SourceReader alone(demand({"a"}, {}), {});
  events(alone, "a 1\n", 0);
  events(alone, "a 2\n", 15);
  EXPECT_EQ(before.series_bytes(), alone.series_bytes());
  EXPECT_EQ(before.values_bytes(), alone.values_bytes());

  SourceReader after(demand({"a", "b"}, {}), {});
  ASSERT_TRUE(after.restore(before.series_bytes(), before.values_bytes()));
  EXPECT_EQ(events(after, "a 5\nb 60\n", 30),
            (Texts{"a continued 3 (15,30]", "b baseline 0 (30,30]"}));
}

}  // namespace
}  // namespace slod
