#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

using Values = std::vector<double>;

double sum(const Values& values) {
  long double all = 0;
  for (const double value : values) all += value;
  return static_cast<double>(all);
}

double variance(const Values& values) {
  const double mean = sum(values) / static_cast<double>(values.size());
  Values squares;
  for (const double value : values) squares.push_back((value - mean) * (value - mean));
  return sum(squares) / static_cast<double>(values.size());
}

double quantile(const Values& values, double q) {
  Values sorted = values;
  std::ranges::sort(sorted);
  const double rank = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(rank));
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (rank - std::floor(rank));
}

struct Aggregator {
  const char* text;
  std::function<double(const Values&)> of;
};

const std::vector<Aggregator>& aggregators() {
  static const std::vector<Aggregator> all{
      {"sum(", sum},
      {"avg(", [](const Values& v) { return sum(v) / static_cast<double>(v.size()); }},
      {"count(", [](const Values& v) { return static_cast<double>(v.size()); }},
      {"min(", [](const Values& v) { return std::ranges::min(v); }},
      {"max(", [](const Values& v) { return std::ranges::max(v); }},
      {"group(", [](const Values&) { return 1.0; }},
      {"stdvar(", variance},
      {"stddev(", [](const Values& v) { return std::sqrt(variance(v)); }},
      {"quantile(0.3, ", [](const Values& v) { return quantile(v, 0.3); }},
      {"quantile(1, ", [](const Values& v) { return std::ranges::max(v); }},
  };
  return all;
}

Loaded random_series(std::mt19937_64& random) {
  Loaded source;
  const std::size_t count = random() % 30;
  for (std::size_t i = 0; i < count; ++i) {
    const Labels labels{{"__name__", "x"},
                        {"a", std::to_string(random() % 3)},
                        {"b", random() % 4 == 0 ? "" : std::to_string(random() % 3)},
                        {"n", std::to_string(i)}};
    std::vector<std::pair<double, double>> samples;
    for (int step = 0; step < 3; ++step) {
      const double value = static_cast<double>(random() % 2'000'000) / 1000 - 500;
      samples.emplace_back(step * 60, random() % 5 == 0 ? stale_marker() : value);
    }
    source.add(labels, samples);
  }
  return source;
}

/// A grouping, and the labels of the group that a series belongs to.
struct Grouping {
  const char* text;
  std::function<Labels(const Labels&)> of;
};

const std::vector<Grouping>& groupings() {
  static const auto kept = [](const Labels& labels, std::initializer_list<const char*> names) {
    std::vector<Labels::Pair> pairs;
    for (const char* name : names) pairs.emplace_back(name, labels.get(name));
    return Labels(pairs);
  };
  static const std::vector<Grouping> all{
      {"", [](const Labels&) { return Labels(); }},
      {" by (a)", [](const Labels& labels) { return kept(labels, {"a"}); }},
      {" by (b, a)", [](const Labels& labels) { return kept(labels, {"a", "b"}); }},
      {" by (none)", [](const Labels&) { return Labels(); }},
      {" by (__name__)", [](const Labels& labels) { return kept(labels, {"__name__"}); }},
      {" without (n)", [](const Labels& labels) { return kept(labels, {"a", "b"}); }},
      {" without (n, b, none)", [](const Labels& labels) { return kept(labels, {"a"}); }},
      {" without ()", [](const Labels& labels) { return kept(labels, {"a", "b", "n"}); }},
  };
  return all;
}

TEST(Aggregations, SayWhatANaiveReadingSays) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 60; ++i) {
    const Loaded source = random_series(random);
    for (const Aggregator& aggregator : aggregators()) {
      for (const Grouping& grouping : groupings()) {
        const std::string query = fmt::format("{}x){}", aggregator.text, grouping.text);
        const auto matrix = range_matrix(source, query, 0, 120, 60);
        for (int step = 0; step < 3; ++step) {
          std::map<Labels, Values> groups;
          for (const auto& [labels, value] : instant_vector(source, "x", step * 60)) {
            groups[grouping.of(labels)].push_back(value);
          }
          Vector expected;
          for (const auto& [labels, values] : groups) {
            expected.emplace(labels, aggregator.of(values));
          }
          const auto found = matrix.find(Instant(std::chrono::seconds(step * 60)));
          expect_near(expected, found == matrix.end() ? Vector() : found->second, query);
        }
      }
    }
  }
}

TEST(Aggregations, ChooseTheGreatestAndTheSmallest) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 200; ++i) {
    const Loaded source = random_series(random);
    const std::size_t k = random() % 5;
    const bool is_top = random() % 2 == 0;
    const Grouping& grouping = groupings()[random() % groupings().size()];
    const std::string query =
        fmt::format("{}({}, x){}", is_top ? "topk" : "bottomk", k, grouping.text);
    std::map<Labels, std::vector<std::pair<double, Labels>>> groups;
    for (const auto& [labels, value] : instant_vector(source, "x", 60)) {
      groups[grouping.of(labels)].emplace_back(is_top ? -value : value, labels);
    }
    Vector expected;
    for (auto& [group, members] : groups) {
      std::ranges::sort(members);
      members.resize(std::min(members.size(), k));
      for (const auto& [value, labels] : members) expected.emplace(labels, is_top ? -value : value);
    }
    expect_near(expected, instant_vector(source, query, 60), query);
  }
}

TEST(Aggregations, PutTheBestFirst) {
  Loaded source;
  for (const double value : {3.0, 1.0, std::nan(""), 2.0}) {
    source.add(Labels{{"__name__", "x"}, {"v", fmt::format("{}", value)}}, {{0, value}});
  }
  const auto order = [&](const char* query) {
    std::string all;
    for (const SampleRun& run : instant_result(source, query, 0).series) {
      all += std::string(run.labels.get("v")) + " ";
    }
    return all;
  };
  EXPECT_EQ(order("topk(3, x)"), "3 2 1 ");
  EXPECT_EQ(order("topk(9, x)"), "3 2 1 nan ");
  EXPECT_EQ(order("bottomk(9, x)"), "1 2 3 nan ");
  EXPECT_EQ(order("topk(0, x)"), "");
  EXPECT_EQ(order("topk(-1, x)"), "");
  EXPECT_EQ(order("topk(1.9, x)"), "3 ");
}

TEST(Aggregations, TakeExtremeValuesAsIEEEDoes) {
  const double infinity = std::numeric_limits<double>::infinity();
  const double greatest = std::numeric_limits<double>::max();
  const struct {
    const char* query;
    Values values;
    double result;
  } cases[] = {
      {"sum(x)", {infinity, 1}, infinity},
      {"sum(x)", {infinity, -infinity}, std::nan("")},
      {"sum(x)", {1, 1e100, 1, -1e100}, 2},
      {"avg(x)", {greatest, greatest}, greatest},
      {"avg(x)", {infinity, 1}, infinity},
      {"min(x)", {std::nan(""), 2, 1}, 1},
      {"max(x)", {std::nan("")}, std::nan("")},
      {"stddev(x)", {infinity, 1}, std::nan("")},
      {"quantile(0.5, x)", {std::nan(""), 1, 2}, 1},
      {"quantile(2, x)", {1, 2}, infinity},
      {"quantile(-1, x)", {1, 2}, -infinity},
      {"count(x)", {std::nan(""), 1}, 2},
  };
  for (const auto& c : cases) {
    Loaded source;
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      source.add(Labels{{"__name__", "x"}, {"n", std::to_string(i)}}, {{0, c.values[i]}});
    }
    expect_near({{Labels(), c.result}}, instant_vector(source, c.query, 0), c.query);
  }
}

TEST(Aggregations, CountValues) {
  Loaded source;
  const std::vector<std::pair<const char*, double>> series{
      {"1", 1}, {"2", 0.5}, {"3", 1}, {"4", std::numeric_limits<double>::infinity()}, {"5", 1e21}};
  for (const auto& [n, value] : series) {
    source.add(Labels{{"__name__", "x"}, {"n", n}, {"v", "old"}}, {{0, value}});
  }
  EXPECT_EQ(text(instant_vector(source, "count_values(\"v\", x)", 0)),
            R"({v="+Inf"} 1 {v="0.5"} 1 {v="1"} 2 {v="1000000000000000000000"} 1)");
  EXPECT_EQ(text(instant_vector(source, "count_values(\"value\", x{n=~\"1|3\"}) by (v)", 0)),
            R"({v="old",value="1"} 2)");
  EXPECT_EQ(text(instant_vector(source, "count_values without (n) (\"v\", x{n=\"1\"})", 0)),
            R"({v="1"} 1)");
  EXPECT_EQ(failure(source, "count_values(\"\", x)", 0).message, "invalid label name \"\"");
}

}  // namespace
}  // namespace slod::query
