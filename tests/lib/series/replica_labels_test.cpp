// Two servers that scrape the same targets, and differ in one external label: their series are the
// same ones.

#include <gtest/gtest.h>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

SourceOptions options() {
  return {.kind = server_kind, .replica_labels = {"prometheus_replica", "replica"}};
}

/// `a` of one target as a replica shows it, with the timestamp of its own scrape.
std::string line(std::string_view labels, double value, double at) {
  return fmt::format("a{{instance=\"i\",job=\"j\"{}}} {} {}\n", labels, value,
                     second(at).time_since_epoch().count());
}

BatchResult read(ScrapedSource& source, const std::string& page, double at) {
  return source.record_page(page, second(at)).value();
}

Texts events(ScrapedSource& source, const std::string& page, double at) {
  return texts_of(source.book, read(source, page, at));
}

constexpr std::string_view first = R"(,prometheus_replica="p-0")";
constexpr std::string_view second_one = R"(,prometheus_replica="p-1",replica="b")";

TEST(ReplicaLabels, AreNoPartOfASeriesWhicheverReplicaAnswers) {
  ScrapedSource source(demand_of({"a"}), options());
  read(source, line(first, 1000, 0), 1);
  EXPECT_EQ(events(source, line(second_one, 1007, 15), 16),
            Texts{R"(a{instance="i",job="j"} continued 7 (0,15])"});
  EXPECT_EQ(events(source, line(first, 1010, 30), 31),
            Texts{R"(a{instance="i",job="j"} continued 3 (15,30])"});
  EXPECT_EQ(read(source, line("", 1012, 45), 46).added, 0U);
}

TEST(ReplicaLabels, LetBothOnOnePageCountOnceByTheNewerOne) {
  struct Row {
    std::string_view what;
    std::string page;
    Texts expected;
  };
  for (const auto& [what, page, expected] :
       {Row{"the second is newer",
            line(first, 1005, 15) + line(second_one, 1007, 17),
            {R"(a{instance="i",job="j"} continued 7 (2,17])"}},
        Row{"the first is newer",
            line(first, 1007, 17) + line(second_one, 1005, 15),
            {R"(a{instance="i",job="j"} continued 7 (2,17])"}},
        Row{"one server has stopped",
            line(first, 1000, 0) + line(second_one, 1007, 17),
            {R"(a{instance="i",job="j"} continued 7 (2,17])"}},
        Row{"equally new",
            line(first, 1005, 15) + line(second_one, 1009, 15),
            {R"(a{instance="i",job="j"} continued 5 (2,15])"}}}) {
    SCOPED_TRACE(what);
    ScrapedSource source(demand_of({"a"}), options());
    read(source, line(first, 998, 0) + line(second_one, 1000, 2), 3);
    const BatchResult result = read(source, page, 18);
    EXPECT_EQ(texts_of(source.book, result), expected);
    EXPECT_EQ(result.replicas, 1U);
    EXPECT_EQ(result.demanded, 2U);
    EXPECT_EQ(result.ignored(), 0U) << "a replica is expected, and no fault of the page";
  }
}

TEST(ReplicaLabels, OfNoSourceLeaveTheSecondLineADuplicate) {
  ScrapedSource source(demand_of({"a"}), {});
  read(source, "a 1\n", 0);
  EXPECT_EQ(read(source, "a 2\na 3\n", 15).duplicates, 1U);
}

TEST(ReplicaLabels, KeepTheHistogramBesideItsSample) {
  SeriesBook book(demand_of({"a", "b"}), options());
  const auto histogram = std::make_shared<const NativeHistogram>();
  const std::uint32_t a = book.index_of("a", {});
  const std::uint32_t b = book.index_of("b", {});
  const BatchResult result = book.record({.at = second(1),
                                          .exposed = 3,
                                          .samples = {{.series = a, .at = second(0), .value = 1},
                                                      {.series = b, .at = second(0), .value = 2},
                                                      {.series = a, .at = second(1), .value = 0}},
                                          .histograms = {nullptr, nullptr, histogram}});
  ASSERT_EQ(result.batch.samples.size(), 2U);
  EXPECT_EQ(result.batch.histograms[0], histogram);
  EXPECT_EQ(result.batch.histograms[1], nullptr);
}

TEST(ReplicaLabels, LeaveAStaleMarkerOfOneReplicaWithoutEffect) {
  SeriesBook book(demand_of({"a"}), options());
  const std::uint32_t a = book.index_of("a", {});
  const BatchResult result =
      book.record({.at = second(2),
                   .samples = {{.series = a, .at = second(2), .value = stale_marker()},
                               {.series = a, .at = second(1), .value = 5}}});
  EXPECT_EQ(result.live, 1U);
}

TEST(ReplicaLabels, AreTakenOffWhatWasStoredWithThem) {
  SourceOptions before_options = options();
  before_options.replica_labels.clear();
  ScrapedSource before(demand_of({"a"}), before_options);
  read(before, line(first, 998, 0) + line(second_one, 1000, 2), 3);
  read(before, line(second_one, 1004, 17), 18);
  ScrapedSource after(demand_of({"a"}), options());
  const auto restored = after.book.restore(before.book.series_bytes(), before.book.values_bytes());
  ASSERT_TRUE(restored) << restored.error();
  EXPECT_EQ(events(after, line(first, 1010, 30), 31),
            Texts{R"(a{instance="i",job="j"} continued 6 (17,30])"});

  ScrapedSource again(demand_of({"a"}), options());
  ASSERT_TRUE(again.book.restore(after.book.series_bytes(), after.book.values_bytes()));
  EXPECT_EQ(events(again, line(second_one, 1011, 45), 46),
            Texts{R"(a{instance="i",job="j"} continued 1 (30,45])"});
}

}  // namespace
}  // namespace slod
