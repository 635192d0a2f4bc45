// PageReader alone: what it makes of pages, whatever their samples mean.

#include "lib/series/page_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

/// "a{x="1"} 5", with its timestamp behind it where it has one.
Texts texts_of(const SeriesBook& book, const SampleBatch& batch) {
  Texts texts;
  for (const BatchSample& sample : batch.samples) {
    texts.push_back(fmt::format("{} {}", name_of(book.series(sample.series)), sample.value));
    if (sample.has_timestamp) texts.back() += fmt::format(" @{}", second_of(sample.at));
  }
  return texts;
}

Texts read(PageReader& reader, SeriesBook& book, std::string_view page, double at) {
  const auto batch = reader.read(page, second(at), book);
  EXPECT_TRUE(batch.has_value()) << batch.error().message;
  return batch ? texts_of(book, *batch) : Texts();
}

TEST(PageReader, MakesABatchOfTheDemandedSamples) {
  SeriesBook book(demand_of({"a", "b{x=\"1\"}"}), {});
  PageReader reader;
  const std::string page = fmt::format("a 5\nother 1\nb{{x=\"1\"}} NaN {}\nb{{x=\"2\"}} 7\na 6\n",
                                       second(-3).time_since_epoch().count());
  const auto batch = reader.read(page, second(0), book);
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->at, second(0));
  EXPECT_EQ(batch->exposed, 5U);
  EXPECT_EQ(texts_of(book, *batch), (Texts{"a 5", "b{x=\"1\"} nan @-3", "a 6"}))
      << "which of two samples counts is for the book to say";
  EXPECT_EQ(batch->samples[0].at, second(0));
  EXPECT_EQ(batch->samples[0].start, no_start);
  EXPECT_TRUE(batch->histograms.empty());
  EXPECT_TRUE(batch->metadata.empty());
}

TEST(PageReader, ReadsCommentsWhereTheyAreWanted) {
  SeriesBook book(demand_of({"a_total"}), {});
  PageReader reader;
  const std::string page = "# HELP a Requests.\n# TYPE a counter\na_total 5\n# TYPE b gauge\nb 1\n";
  EXPECT_TRUE(reader.read(page, second(0), book)->metadata.empty());
  const auto batch = reader.read(page, second(15), book, PageReader::Comments::read);
  ASSERT_EQ(batch->metadata.size(), 1U);
  EXPECT_EQ(batch->metadata.at("a").help, "Requests.");
}

TEST(PageReader, AddsNoSeriesOfAPageThatIsNotWhole) {
  SeriesBook book(demand_of({"a"}), {.sample_limit = 2});
  PageReader reader;
  EXPECT_FALSE(reader.read("a{x=\"1\"} 5\n<html>\n", second(0), book).has_value());
  EXPECT_FALSE(reader.read("a{x=\"1\"} 5\nb 1\nb 2\n", second(0), book).has_value());
  EXPECT_EQ(book.record({.at = second(0)}).added, 0U);
  EXPECT_FALSE(book.knows(0));
}

TEST(PageReader, TakesDifferentLinesOfOneSeriesForTheSame) {
  SeriesBook book(demand_of({"a"}), {.target_labels = {{"job", "j"}}});
  PageReader reader;
  const auto batch = reader.read(
      "a{x=\"1\",y=\"2\"} 1\na { y=\"2\" , x=\"1\" , } 2\na{x=\"1\",y=\"2\",z=\"\"} 3\n", second(0),
      book);
  ASSERT_EQ(batch->samples.size(), 3U);
  EXPECT_EQ(batch->samples[0].series, batch->samples[1].series);
  EXPECT_EQ(batch->samples[0].series, batch->samples[2].series);
}

TEST(PageReader, FollowsTheDemandOfTheBook) {
  SeriesBook book(demand_of({"a", "b{x=\"1\"}"}), {});
  PageReader reader;
  const std::string page = "a 1\nb{x=\"1\"} 2\nb{x=\"2\"} 3\nc 4\n";
  EXPECT_EQ(read(reader, book, page, 0), (Texts{"a 1", "b{x=\"1\"} 2"}));
  book.set_demand(demand_of({"b", "c"}));
  EXPECT_EQ(read(reader, book, page, 15), (Texts{"b{x=\"1\"} 2", "b{x=\"2\"} 3", "c 4"}));
  book.set_demand(demand_of({"a"}));
  EXPECT_EQ(read(reader, book, page, 30), Texts{"a 1"});
}

/// A line that is known may not stand for the series that has taken the place of its own.
TEST(PageReader, ForgetsTheLinesOfSeriesThatTheBookRemoved) {
  SeriesBook book(demand_of({"a"}), {});
  PageReader reader;
  const auto record = [&](std::string_view page, double at) {
    auto batch = reader.read(page, second(at), book);
    const Texts texts = texts_of(book, *batch);
    book.record(std::move(*batch));
    return texts;
  };
  EXPECT_EQ(record("a{x=\"1\"} 1\na{x=\"2\"} 1\n", 0), (Texts{"a{x=\"1\"} 1", "a{x=\"2\"} 1"}));
  const std::uint32_t index = book.index_of("a", {{"x", "1"}});
  record("a{x=\"2\"} 1\n", 15);
  record("a{x=\"2\"} 1\n", 3700);
  EXPECT_FALSE(book.knows(index));
  EXPECT_EQ(record("a{x=\"3\"} 1\na{x=\"2\"} 1\n", 3715), (Texts{"a{x=\"3\"} 1", "a{x=\"2\"} 1"}));
  EXPECT_EQ(book.index_of("a", {{"x", "3"}}), index);
  EXPECT_EQ(record("a{x=\"1\"} 2\na{x=\"3\"} 2\n", 3730), (Texts{"a{x=\"1\"} 2", "a{x=\"3\"} 2"}));
}

/// A page of random lines in an order that is mostly that of the page before, and what a naive look
/// at each line gives.
class RandomPages {
 public:
  explicit RandomPages(std::uint64_t seed) : random_(seed) {}

  int below(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }

  void next(bool with_a, bool with_b) {
    if (below(3) == 0 || lines_.empty()) lines_.push_back(random_line());
    if (below(4) == 0) lines_.erase(lines_.begin() + below(static_cast<int>(lines_.size())));
    if (below(6) == 0) std::ranges::shuffle(lines_, random_);
    if (below(20) == 0) lines_.clear();
    page.clear();
    expected.clear();
    exposed = lines_.size();
    for (const Line& line : lines_) {
      const int value = below(1000);
      page += fmt::format("{}{} {}", below(9) == 0 ? " " : "", line.text, value);
      std::string sample = fmt::format("{} {}", line.name, value);
      if (below(8) == 0) {
        page += fmt::format(" {}", second(value).time_since_epoch().count());
        sample += fmt::format(" @{}", value);
      }
      page += below(9) == 0 ? " \n# a comment\n" : "\n";
      const bool is_demanded = (with_a && line.name[0] == 'a') || (with_b && line.name[0] == 'b');
      if (is_demanded) expected.push_back(std::move(sample));
    }
  }

  std::string page;
  Texts expected;
  std::size_t exposed = 0;

 private:
  struct Line {
    std::string text;
    std::string name;
  };

  Line random_line() {
    const char metric = std::array{'a', 'b', 'c'}[static_cast<std::size_t>(below(3))];
    const int x = below(8);
    const std::string name = fmt::format("{}{{x=\"{}\",y=\"z\"}}", metric, x);
    switch (below(3)) {
      case 0:
        return {name, name};
      case 1:
        return {fmt::format("{}{{y=\"z\",x=\"{}\"}}", metric, x), name};
      default:
        return {fmt::format("{} {{ x=\"{}\", y=\"z\", }}", metric, x), name};
    }
  }

  std::mt19937_64 random_;
  std::vector<Line> lines_;
};

void read_one_life(std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  RandomPages pages(seed);
  bool with_a = true;
  bool with_b = false;
  const auto demand = [&] {
    Texts demands{"absent"};
    if (with_a) demands.emplace_back("a");
    if (with_b) demands.emplace_back("b");
    return demand_of(demands);
  };
  SeriesBook book(demand(), {});
  PageReader reader;
  Instant now = second(0);
  for (int step = 0; step < 200; ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    now += std::chrono::seconds(pages.below(20) == 0 ? 2000 : 15);
    if (pages.below(15) == 0) {
      with_a = pages.below(3) != 0;
      with_b = pages.below(2) == 0;
      book.set_demand(demand());
    }
    pages.next(with_a, with_b);
    if (pages.below(10) == 0) {
      ASSERT_FALSE(reader.read(pages.page + "<html>\n", now, book).has_value());
    }
    auto batch = reader.read(pages.page, now, book);
    ASSERT_TRUE(batch.has_value()) << batch.error().message << "\n" << pages.page;
    ASSERT_EQ(batch->exposed, pages.exposed);
    ASSERT_EQ(texts_of(book, *batch), pages.expected);
    book.record(std::move(*batch));
  }
}

TEST(PageReader, ReadsRandomPagesAsANaiveLookAtEachLineDoes) {
  for (std::uint64_t seed = 1; seed <= 200 && !testing::Test::HasFailure(); ++seed) {
    read_one_life(seed);
  }
}

}  // namespace
}  // namespace slod
