// SeriesBook alone: batches made by hand, as any decoder may make them.

#include "lib/series/series_book.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

/// A sample of the batch that is made.
struct Said {
  std::string metric;
  std::vector<Labels::Pair> labels = {};
  double value = 0;
  std::optional<double> at = std::nullopt;
  std::optional<double> start = std::nullopt;
  HistogramPtr histogram = nullptr;
};

SampleBatch batch_of(SeriesBook& book, double at, const std::vector<Said>& said) {
  SampleBatch batch{.at = second(at), .exposed = said.size()};
  bool has_histograms = false;
  for (const Said& sample : said) {
    const std::uint32_t series = book.index_of(sample.metric, sample.labels);
    if (series == SeriesBook::none) continue;
    batch.samples.push_back({.series = series,
                             .has_timestamp = sample.at.has_value(),
                             .at = second(sample.at.value_or(at)),
                             .value = sample.value,
                             .start = sample.start ? second(*sample.start) : no_start});
    batch.histograms.push_back(sample.histogram);
    has_histograms = has_histograms || sample.histogram;
  }
  if (!has_histograms) batch.histograms.clear();
  return batch;
}

BatchResult record(SeriesBook& book, double at, const std::vector<Said>& said) {
  return book.record(batch_of(book, at, said));
}

Texts events(SeriesBook& book, double at, const std::vector<Said>& said) {
  return texts_of(book, record(book, at, said));
}

std::vector<Labels::Pair> instance(const std::string& name) {
  return {{"job", "j"}, {"instance", name}};
}

TEST(SeriesBook, KnowsASeriesByItsLabelsHoweverTheyComeAndWhatIsNotDemandedNotAtAll) {
  SeriesBook book(demand_of({"a"}), {.target_labels = {{"job", "api"}}});
  const std::uint32_t index = book.index_of("a", {{"x", "1"}, {"y", "2"}});
  EXPECT_EQ(book.index_of("a", {{"y", "2"}, {"x", "1"}, {"empty", ""}}), index);
  EXPECT_NE(book.index_of("a", {{"x", "1"}}), index);
  EXPECT_EQ(book.index_of("b", {{"x", "1"}}), SeriesBook::none);
  EXPECT_EQ(name_of(book.series(index)), R"(a{job="api",x="1",y="2"})");
}

TEST(SeriesBook, LetsTheLabelsWinThatItsKindSays) {
  const Labels target_labels{{"job", "api"}};
  SeriesBook target(demand_of({"a"}), {.kind = target_kind, .target_labels = target_labels});
  SeriesBook server(demand_of({"a"}), {.kind = server_kind, .target_labels = target_labels});
  EXPECT_EQ(name_of(target.series(target.index_of("a", {{"job", "x"}}))),
            R"(a{exported_job="x",job="api"})");
  EXPECT_EQ(name_of(server.series(server.index_of("a", {{"job", "x"}}))), R"(a{job="x"})");
}

TEST(SeriesBook, CountsABirthAsItsKindSays) {
  struct Row {
    SourceKind kind;
    Texts of_old_instance;
    Texts of_new_instance;
  };
  for (const auto& [kind, of_old_instance, of_new_instance] :
       {Row{target_kind,
            {R"(a{code="500",instance="1",job="j"} born 3 (0,15])"},
            {R"(a{instance="2",job="j"} born 9 (15,30])"}},
        Row{server_kind,
            {R"(a{code="500",instance="1",job="j"} born 3 (0,15])"},
            {R"(a{instance="2",job="j"} baseline 0 (30,30])"}}}) {
    SCOPED_TRACE(kind.state_text);
    SeriesBook book(demand_of({"a"}), {.kind = kind});
    record(book, 0, {{"a", instance("1"), 5}});
    auto error = instance("1");
    error.emplace_back("code", "500");
    EXPECT_EQ(events(book, 15, {{"a", error, 3}}), of_old_instance);
    EXPECT_EQ(events(book, 30, {{"a", instance("2"), 9}}), of_new_instance);
  }
}

TEST(SeriesBook, BelievesAStartAfterTheLastBatchWhereverItComesFrom) {
  SeriesBook book(demand_of({"a"}), {.kind = server_kind});
  EXPECT_EQ(events(book, 0, {{.metric = "a", .labels = instance("1"), .value = 5, .start = -1}}),
            Texts{R"(a{instance="1",job="j"} baseline 0 (0,0])"})
      << "before the first batch nothing is known";
  // An instance that was not there, and a series that appeared without a usable value.
  record(book, 15, {{"a", instance("2"), std::nan("")}});
  EXPECT_EQ(events(book, 30,
                   {{.metric = "a", .labels = instance("2"), .value = 7, .start = 20},
                    {.metric = "a", .labels = instance("3"), .value = 8, .start = 16},
                    {.metric = "a", .labels = instance("4"), .value = 9, .start = 15}}),
            (Texts{R"(a{instance="2",job="j"} born 7 (20,30])",
                   R"(a{instance="3",job="j"} born 8 (16,30])",
                   R"(a{instance="4",job="j"} baseline 0 (30,30])"}));
}

TEST(SeriesBook, TakesALaterStartForAResetHoweverHighTheCounterHasCome) {
  SeriesBook book(demand_of({"a"}), {});
  struct Row {
    double at;
    double value;
    std::optional<double> start;
    Texts expected;
  };
  for (const auto& [at, value, start, expected] : std::vector<Row>{
           {0, 10, -100, {"a baseline 0 (0,0]"}},
           {15, 12, -100, {"a continued 2 (0,15]"}},
           {30, 20, 18, {"a reset 20 (18,30]"}},
           {45, 21, 18, {"a continued 1 (30,45]"}},
           {60, 5, 18, {"a reset 5 (45,60]"}},
           {75, 9, std::nullopt, {"a continued 4 (60,75]"}},
           {90, 10, 75, {"a continued 1 (75,90]"}},  // it began with the sample before
           // A start that is not before its sample says nothing.
           {105, 12, 105, {"a continued 2 (90,105]"}},
           {120, 13, 300, {"a continued 1 (105,120]"}},
       }) {
    SCOPED_TRACE(at);
    const BatchResult result = record(book, at, {{.metric = "a", .value = value, .start = start}});
    EXPECT_EQ(texts_of(book, result), expected);
    EXPECT_EQ(result.rules.of(Rule::start_time), at == 30 ? 1U : 0U);
  }
}

TEST(SeriesBook, EndsASeriesAtAStaleMarkerAsIfItWereGone) {
  SeriesBook book(demand_of({"a"}), {});
  record(book, 0, {{"a", {}, 5}, {"a", {{"x", "1"}}, 7}});
  const BatchResult result = record(book, 15, {{"a", {}, 6}, {"a", {{"x", "1"}}, stale_marker()}});
  EXPECT_EQ(texts_of(book, result), Texts{"a continued 1 (0,15]"});
  ASSERT_EQ(result.ended.size(), 1U);
  EXPECT_EQ(name_of(book.series(result.ended[0])), R"(a{x="1"})");
  EXPECT_EQ(result.batch.samples.size(), 1U);
  EXPECT_EQ(result.live, 1U);
  EXPECT_EQ(result.demanded, 2U);
  EXPECT_EQ(result.ignored(), 0U);
  EXPECT_TRUE(record(book, 30, {{"a", {}, 6}, {"a", {{"x", "1"}}, stale_marker()}}).ended.empty())
      << "a series ends once";
  EXPECT_EQ(events(book, 45, {{"a", {{"x", "1"}}, 9}}), Texts{R"(a{x="1"} continued 2 (0,45])"})
      << "it is remembered for an hour";
}

TEST(SeriesBook, CountsNoEventsOfAHistogramAndKeepsItBesideItsSample) {
  std::vector<promql::Selector> selectors{promql::parse_selector("a").value(),
                                          promql::parse_selector("h").value()};
  SeriesBook book(std::make_shared<const Demand>(std::move(selectors), 1), {});
  const auto histogram = std::make_shared<const NativeHistogram>();
  const BatchResult result =
      record(book, 0,
             {{.metric = "a", .value = 5},
              {.metric = "a", .value = 6},  // a duplicate
              {.metric = "a", .labels = {{"x", "1"}}, .histogram = histogram},
              {.metric = "h", .histogram = histogram},
              {.metric = "h", .labels = {{"x", "1"}}, .value = 2}});
  EXPECT_EQ(texts_of(book, result), Texts{"a baseline 0 (0,0]"});
  EXPECT_EQ(result.ignored_values, 1U) << "events cannot be counted by a histogram";
  EXPECT_EQ(result.duplicates, 1U);
  ASSERT_EQ(result.batch.samples.size(), 4U);
  ASSERT_EQ(result.batch.histograms.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(result.batch.is_histogram(i), i == 1 || i == 2) << i;
  }
}

TEST(SeriesBook, HandsOnWhatElseABatchHas) {
  SeriesBook book(demand_of({"a"}), {});
  SampleBatch batch = batch_of(book, 0, {{"a", {}, 5}, {"b", {}, 6}});
  batch.metadata["a"] = {"counter", "Requests.", ""};
  const BatchResult result = book.record(std::move(batch));
  EXPECT_EQ(result.batch.at, second(0));
  EXPECT_EQ(result.batch.exposed, 2U);
  EXPECT_EQ(result.batch.metadata.at("a").help, "Requests.");
}

}  // namespace
}  // namespace slod
