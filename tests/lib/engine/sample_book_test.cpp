#include "lib/engine/sample_book.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/series/scraped_source.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const std::string two_targets = R"(
scrape: [{job: api, targets: ['a:1', 'b:1'], interval: 15s}]
services: [{name: api}]
rules: [{record: double, expr: load * 2}]
)";

Labels load(const std::string& instance) {
  return Labels{{"__name__", "load"}, {"instance", instance}, {"job", "api"}};
}

Labels up(const std::string& instance) {
  return Labels{{"__name__", "up"}, {"instance", instance}, {"job", "api"}};
}

std::vector<LabelledSample> own(const std::string& metric, double value) {
  return {{Labels{{"__name__", metric}}, value}};
}

/// A book of samples alone, with the sources that fill it.
class SampleBookTest : public testing::Test {
 protected:
  void configure(const std::string& yaml, double second) {
    const config::Config config = configured(yaml);
    plan_ = make_plan(config);
    book_.reconfigure(config, plan_, at(second));
    for (const SourcePlan& source : plan_.sources) {
      sources_.try_emplace(source.name, source.demand, source.options);
    }
  }

  void page(std::size_t source, const std::string& text, double second) {
    const SourcePlan& plan = plan_.sources.at(source);
    ScrapedSource& target = sources_.at(plan.name);
    const auto result = target.record_page(text, at(second));
    ASSERT_TRUE(result) << result.error().message;
    book_.record_scrape(plan, target.book, *result, {.at = at(second), .took = {}});
  }

  /// Whether a series has its end, or a sample, at `second`.
  bool has(const Labels& labels, double second) {
    const auto series = book_.recent().find(labels);
    return series && !book_.recent().append(*series, at(second), 0);
  }

  Plan plan_;
  SampleBook book_;
  std::map<std::string, ScrapedSource> sources_;
};

TEST_F(SampleBookTest, KeepsWhatSourcesSayAndWhetherTheyCouldBeRead) {
  configure(two_targets, 0);
  page(0, "load 1\n", 10);
  book_.record_failure(plan_.sources[1], {.at = at(10), .took = {}});
  EXPECT_TRUE(has(load("a:1"), 10));
  EXPECT_FALSE(book_.recent().find(load("b:1")));
  EXPECT_TRUE(has(up("a:1"), 10));
  EXPECT_TRUE(has(up("b:1"), 10));
  EXPECT_EQ(book_.refused(), 0U);
}

TEST_F(SampleBookTest, EndsTheSeriesOfASourceThatIsGone) {
  configure(two_targets, 0);
  page(0, "load 1\n", 10);
  page(1, "load 2\n", 10);
  std::string one = two_targets;
  one.replace(one.find(", 'b:1'"), 7, "");
  configure(one, 20);
  EXPECT_FALSE(has(load("a:1"), 20)) << "it goes on";
  EXPECT_TRUE(has(load("b:1"), 20)) << "it ended there";
}

TEST_F(SampleBookTest, SaysWhenTheRoundBeforeIsComplete) {
  configure(two_targets, 0);
  EXPECT_EQ(book_.own_since(at(0)), Instant::max()) << "there is none";
  EXPECT_EQ(book_.record_own(own("slod_x", 1), own("ALERTS", 1), at(15)), std::nullopt);
  EXPECT_EQ(book_.record_own(own("slod_x", 2), {}, at(30)), at(15));
  EXPECT_EQ(book_.record_own(own("slod_x", 2), {}, at(45)), at(30));
  EXPECT_EQ(book_.own_since(at(45)), at(15));
  EXPECT_TRUE(has(Labels{{"__name__", "slod_x"}}, 45));
  EXPECT_TRUE(has(Labels{{"__name__", "ALERTS"}}, 30)) << "it ended there";
  EXPECT_FALSE(has(Labels{{"__name__", "ALERTS"}}, 31));
}

TEST_F(SampleBookTest, KeepsNoHistoryOfAlerts) {
  configure(two_targets, 0);
  const std::string metric = "slod_slo_burn_rate";
  for (int i = 0; i <= 4; ++i) {
    book_.record_own(own(metric, i), own("ALERTS", 1), at(300 * i));
  }
  const std::vector<HistoryChange> history = book_.take_history(Instant::max());
  ASSERT_EQ(history.size(), 1U);
  EXPECT_NE(history[0].series.find(metric), std::string::npos);
  EXPECT_EQ(history[0].points.size(), 5U);
}

TEST_F(SampleBookTest, ForgetsWhatIsOlderThanItsRetention) {
  configure(two_targets + "query: {retention: 2h}\n", 0);
  page(0, "load 1\n", 10);
  book_.forget_old(at(10) + hours(1));
  EXPECT_TRUE(book_.recent().find(load("a:1")));
  book_.forget_old(at(10) + hours(2) + minutes(5));
  EXPECT_FALSE(book_.recent().find(load("a:1")));
}

}  // namespace
}  // namespace slod
