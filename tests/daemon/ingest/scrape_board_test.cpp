#include "daemon/ingest/scrape_board.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/promql/selector.h"

namespace slod {
namespace {

std::vector<SourcePlan> sources(const std::vector<std::string>& names) {
  std::vector<SourcePlan> plans;
  for (const std::string& name : names) {
    plans.push_back({.name = name,
                     .configured = ConfiguredTarget{},
                     .options = {},
                     .demand = nullptr,
                     .consumers = nullptr});
  }
  return plans;
}

/// A board, and results for it.
class Board : public testing::Test {
 protected:
  void record(const std::string& source, const std::expected<BatchResult, std::string>& batch) {
    board.record({.source = source,
                  .book = book,
                  .attempt = {.at = Instant(Duration(1000)), .took = Duration(5)},
                  .body_bytes = batch ? 80U : 0U,
                  .batch = batch,
                  .change = {}});
  }
  static BatchResult result() {
    BatchResult result;
    result.batch = {.at = Instant(Duration(1000)), .exposed = 9};
    result.batch.metadata["a"] = {"counter", "Requests.", ""};
    result.demanded = 4;
    result.duplicates = 1;
    result.ignored_values = 2;
    return result;
  }

  std::vector<promql::Selector> none;
  SeriesBook book{std::make_shared<const Demand>(none), {}};
  ScrapeBoard board;
};

TEST_F(Board, NotesTheLastAttempt) {
  board.configure(sources({"a", "b"}));
  record("a", std::unexpected("cannot connect"));
  record("a", result());
  ASSERT_EQ(board.last().size(), 1U);
  const LastScrape& last = board.last().at("a");
  EXPECT_TRUE(last.succeeded());
  EXPECT_EQ(last.at, Instant(Duration(1000)));
  EXPECT_EQ(last.took, Duration(5));
  EXPECT_EQ(last.body_bytes, 80U);
  EXPECT_EQ(last.samples, 9U);
  EXPECT_EQ(last.demanded, 4U);
  EXPECT_EQ(last.ignored, 3U);
  EXPECT_EQ(board.metadata().by_metric().at("a").size(), 1U);
}

TEST_F(Board, KeepsNothingOfThePageBeforeAFailure) {
  board.configure(sources({"a"}));
  record("a", result());
  record("a", std::unexpected("cannot connect"));
  const LastScrape& last = board.last().at("a");
  EXPECT_FALSE(last.succeeded());
  EXPECT_EQ(last.error, "cannot connect");
  EXPECT_EQ(last.samples + last.demanded + last.ignored + last.body_bytes, 0U);
}

TEST_F(Board, SaysWhichSourceHasNotBeenScraped) {
  EXPECT_EQ(board.not_scraped_yet(), std::nullopt);
  board.configure(sources({"a", "b"}));
  record("a", result());
  EXPECT_EQ(board.not_scraped_yet(), "b");
  record("b", std::unexpected("cannot connect"));
  EXPECT_EQ(board.not_scraped_yet(), std::nullopt) << "a failure is an attempt";
}

TEST_F(Board, ForgetsTheScrapesOfSourcesThatAreNoLongerScraped) {
  board.configure(sources({"a", "b"}));
  record("a", result());
  record("b", result());
  board.configure(sources({"b", "c"}));
  EXPECT_FALSE(board.last().contains("a"));
  EXPECT_TRUE(board.last().contains("b"));
  EXPECT_EQ(board.not_scraped_yet(), "c");
  EXPECT_FALSE(board.metadata().by_metric().empty()) << "another source may have the metric";
}

TEST(KnownMetadata, IsBounded) {
  KnownMetadata known;
  for (int i = 0; i < 30'000; ++i) known.add({{"m" + std::to_string(i), {"gauge", "", ""}}});
  for (int i = 0; i < 100; ++i) known.add({{"m1", {"gauge", std::to_string(i), ""}}});
  EXPECT_EQ(known.by_metric().size(), 20'000U);
  EXPECT_EQ(known.by_metric().at("m1").size(), 10U);
}

}  // namespace
}  // namespace slod
