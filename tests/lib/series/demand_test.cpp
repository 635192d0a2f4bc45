#include "lib/series/demand.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <array>
#include <random>

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

TEST(Demand, FindsTheSameAsOneThatTriesEverySelector) {
  std::mt19937 random(1);
  const auto below = [&](std::uint32_t end) {
    return std::uniform_int_distribution<std::uint32_t>(0, end - 1)(random);
  };
  const std::array<std::string_view, 4> names{"a", "b", "le", "z"};
  const std::array<std::string_view, 5> values{"1", "2", "3", "1.0", ""};
  const std::array<std::string_view, 4> operations{"=", "!=", "=~", "="};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> texts;
    for (std::uint32_t i = below(12); i > 0; --i) {
      std::string text = below(3) == 0 ? "n{" : "m{";
      for (std::uint32_t matchers = below(4); matchers > 0; --matchers) {
        text += fmt::format("{}{}\"{}\",", names[below(4)], operations[below(4)], values[below(5)]);
      }
      texts.push_back(text + "}");
    }
    const Demand wanted = demand(texts);
    Labels labels;
    for (const std::string_view name : names) labels.set(std::string(name), values[below(3)]);
    if (below(2) == 0) labels.set(std::string(names[below(4)]), "");
    Ids expected;
    for (std::uint32_t id = 0; id < texts.size(); ++id) {
      if (!demand({texts[id]}).matching("m", labels).empty()) expected.push_back(id);
    }
    EXPECT_EQ(wanted.matching("m", labels), expected) << fmt::format("{}", fmt::join(texts, " "));
  }
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
