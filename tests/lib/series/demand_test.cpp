#include "lib/series/demand.h"

#include <gtest/gtest.h>

#include "lib/promql/selector.h"

namespace slod {
namespace {

Demand demand(const std::vector<std::string>& texts) {
  std::vector<promql::Selector> selectors;
  for (const auto& text : texts) selectors.push_back(promql::parse_selector(text).value());
  return Demand(std::move(selectors));
}

using Ids = std::vector<std::uint32_t>;

TEST(Demand, WantsTheMetricsOfItsSelectors) {
  const Demand wanted = demand({"a_total", R"(b_total{code="200"})"});
  EXPECT_TRUE(wanted.wants("a_total"));
  EXPECT_TRUE(wanted.wants("b_total"));
  EXPECT_FALSE(wanted.wants("a_tota"));
  EXPECT_FALSE(wanted.wants(""));
  EXPECT_FALSE(Demand({}).wants("a_total"));
}

TEST(Demand, FindsEverySelectorThatASeriesSatisfies) {
  const Demand wanted = demand({R"(a{code=~"5.."})", "b", "a", R"(a{code!="200",job="x"})",
                                R"(a{code=~"5.."})", R"(a{none=""})"});
  EXPECT_EQ(wanted.matching("a", {{"code", "503"}}), (Ids{0, 2, 4, 5}));
  EXPECT_EQ(wanted.matching("a", {{"code", "404"}, {"job", "x"}}), (Ids{2, 3, 5}));
  EXPECT_EQ(wanted.matching("a", {{"code", "200"}, {"none", "1"}}), (Ids{2}));
  EXPECT_EQ(wanted.matching("b", {}), (Ids{1}));
  EXPECT_EQ(wanted.matching("c", {}), (Ids{}));
  EXPECT_EQ(wanted.selectors().size(), 6U);
}

TEST(Demand, KnowsSelectorsWithoutAMetric) {
  using Operation = promql::Matcher::Operation;
  const auto any = [](std::vector<promql::Matcher> matchers) {
    return promql::Selector{.metric = "", .matchers = std::move(matchers)};
  };
  const Demand wanted({promql::parse_selector("b").value(),
                       any({*promql::Matcher::make("__name__", Operation::matches, "a_.*"),
                            *promql::Matcher::make("__name__", Operation::not_equal, "a_x")}),
                       any({*promql::Matcher::make("job", Operation::equal, "j"),
                            *promql::Matcher::make("__name__", Operation::not_matches, "c.*")})},
                      1);
  EXPECT_TRUE(wanted.wants("a_1"));
  EXPECT_TRUE(wanted.wants("d")) << "for the last selector";
  EXPECT_FALSE(wanted.wants("cc"));
  EXPECT_EQ(wanted.matching("a_1", {}), (Ids{1}));
  EXPECT_EQ(wanted.matching("a_x", {}), (Ids{}));
  EXPECT_EQ(wanted.matching("a_1", {{"job", "j"}}), (Ids{1, 2}));
  EXPECT_EQ(wanted.matching("b", {{"job", "j"}}), (Ids{0, 2}));
  EXPECT_EQ(wanted.matching("c", {{"job", "j"}}), (Ids{}));
  EXPECT_TRUE(wanted.counts(Ids{0, 2}));
  EXPECT_FALSE(wanted.counts(Ids{1, 2}));
  EXPECT_FALSE(wanted.counts(Ids{}));
  EXPECT_EQ(wanted.selectors()[1].text(), R"({__name__=~"a_.*",__name__!="a_x"})");
}

TEST(Demand, ComparesABucketBoundAsANumber) {
  const Demand wanted =
      demand({R"(h{le="1"})", R"(h{le="1.0"})", R"(h{le!="1"})", R"(h{le=~"1[.]0"})"});
  EXPECT_EQ(wanted.matching("h", {{"le", "1.0"}}), (Ids{0, 1, 3}));
  EXPECT_EQ(wanted.matching("h", {{"le", "+Inf"}}), (Ids{2}));
}

}  // namespace
}  // namespace slod
