#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <optional>
#include <random>
#include <set>

#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

/// Up to 12 series of one metric with few values of each label, some of them not there at once.
void add_random(Loaded& source, const char* name, std::mt19937_64& random) {
  const std::size_t count = random() % 13;
  for (std::size_t i = 0; i < count; ++i) {
    const Labels labels{{"__name__", name},
                        {"a", std::string(1, static_cast<char>('0' + random() % 3))},
                        {"b", random() % 3 == 0 ? "" : std::to_string(random() % 2)},
                        {"c", std::to_string(random() % 2)}};
    std::vector<std::pair<double, double>> samples;
    for (int step = 0; step < 4; ++step) {
      const bool is_gone = random() % 4 == 0;
      samples.emplace_back(step * 60,
                           is_gone ? stale_marker() : static_cast<double>(random() % 7) - 2);
    }
    source.add(labels, samples);
  }
}

Labels only(const Labels& labels, const std::set<std::string>& names) {
  std::vector<Labels::Pair> kept;
  for (const auto& pair : labels.pairs()) {
    if (names.contains(pair.first)) kept.push_back(pair);
  }
  return Labels(kept);
}

Labels without(Labels labels, const std::set<std::string>& names) {
  for (const std::string& name : names) labels.set(name, "");
  return labels;
}

/// What belongs together, as `on (...)` or `ignoring (...)` say.
struct Matching {
  bool on = false;
  std::set<std::string> names;

  Labels key(const Labels& labels) const {
    return on ? only(labels, names) : without(without(labels, names), {"__name__"});
  }
  std::string text() const {
    return fmt::format("{} ({})", on ? "on" : "ignoring", fmt::join(names, ","));
  }
};

Matching random_matching(std::mt19937_64& random) {
  Matching matching{.on = random() % 2 == 0, .names = {}};
  for (const char* name : {"a", "b", "c"}) {
    if (random() % 2 == 0) matching.names.insert(name);
  }
  return matching;
}

struct Operator {
  const char* text;
  std::function<double(double, double)> apply;  ///< of a comparison: 1 or 0
  bool compares = false;
};

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all{
      {"+", [](double x, double y) { return x + y; }},
      {"-", [](double x, double y) { return x - y; }},
      {"*", [](double x, double y) { return x * y; }},
      {"/", [](double x, double y) { return x / y; }},
      {"%", [](double x, double y) { return std::fmod(x, y); }},
      {"^", [](double x, double y) { return std::pow(x, y); }},
      {"atan2", [](double x, double y) { return std::atan2(x, y); }},
      {"==", [](double x, double y) { return x == y ? 1.0 : 0.0; }, true},
      {"!=", [](double x, double y) { return x != y ? 1.0 : 0.0; }, true},
      {">", [](double x, double y) { return x > y ? 1.0 : 0.0; }, true},
      {"<", [](double x, double y) { return x < y ? 1.0 : 0.0; }, true},
      {">=", [](double x, double y) { return x >= y ? 1.0 : 0.0; }, true},
      {"<=", [](double x, double y) { return x <= y ? 1.0 : 0.0; }, true},
  };
  return all;
}

/// One-to-one by trying each pair. Nothing where the match is not unique: on the right, also of
/// series without a partner, as long as there is something on the left.
std::optional<Vector> joined(const Vector& left, const Vector& right, const Operator& op,
                             bool with_bool, const Matching& matching) {
  std::set<Labels> right_keys;
  for (const auto& [labels, value] : right) {
    if (!right_keys.insert(matching.key(labels)).second && !left.empty()) return std::nullopt;
  }
  Vector out;
  std::set<Labels> matched;
  for (const auto& [l, x] : left) {
    for (const auto& [r, y] : right) {
      if (matching.key(l) != matching.key(r)) continue;
      if (!matched.insert(matching.key(l)).second) return std::nullopt;
      const double result = op.apply(x, y);
      const bool filters = op.compares && !with_bool;
      Labels labels = filters ? l : without(l, {"__name__"});
      labels = matching.on ? only(labels, matching.names) : without(labels, matching.names);
      if (!filters || result != 0) out.emplace(labels, filters ? x : result);
    }
  }
  return out;
}

TEST(Operators, JoinVectorsAsTryingEachPairDoes) {
  std::mt19937_64 random(11);
  int compared = 0;
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    Loaded source;
    add_random(source, "x", random);
    add_random(source, "y", random);
    const Operator& op = operators()[random() % operators().size()];
    const bool with_bool = op.compares && random() % 2 == 0;
    const Matching matching = random_matching(random);
    const std::string query =
        fmt::format("x {} {} {} y", op.text, with_bool ? "bool" : "", matching.text());
    const auto expected = joined(instant_vector(source, "x", 120), instant_vector(source, "y", 120),
                                 op, with_bool, matching);
    if (expected) {
      expect_near(*expected, instant_vector(source, query, 120), query);
      ++compared;
    } else {
      const std::string message = failure(source, query, 120).message;
      EXPECT_TRUE(message.starts_with("found duplicate series for the match group") ||
                  message.starts_with("multiple matches for labels: many-to-one matching must be "
                                      "explicit"))
          << query << ": " << message;
      ++refused;
    }
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(refused, 500);
}

TEST(Operators, JoinManyToOne) {
  Loaded source;
  source.add(Labels{{"__name__", "used"}, {"disk", "a"}, {"host", "1"}}, {{0, 10}});
  source.add(Labels{{"__name__", "used"}, {"disk", "b"}, {"host", "1"}}, {{0, 30}});
  source.add(Labels{{"__name__", "used"}, {"disk", "a"}, {"host", "2"}}, {{0, 7}});
  source.add(Labels{{"__name__", "size"}, {"host", "1"}, {"zone", "eu"}}, {{0, 100}});
  source.add(Labels{{"__name__", "size"}, {"host", "3"}, {"zone", "us"}}, {{0, 100}});
  const struct {
    const char* query;
    const char* result;
  } cases[] = {
      {"used / on (host) group_left size", R"({disk="a",host="1"} 0.1 {disk="b",host="1"} 0.3)"},
      {"used / on (host) group_left (zone) size",
       R"({disk="a",host="1",zone="eu"} 0.1 {disk="b",host="1",zone="eu"} 0.3)"},
      {"size / on (host) group_right (zone) used",
       R"({disk="a",host="1",zone="eu"} 10 {disk="b",host="1",zone="eu"} 3.3333333333333335)"},
      {"used / ignoring (disk, zone) group_left size",
       R"({disk="a",host="1"} 0.1 {disk="b",host="1"} 0.3)"},
      {"used > on (host) group_left (zone) size / 5",
       R"({__name__="used",disk="b",host="1",zone="eu"} 30)"},
      {"size < on (host) group_right used * 4", R"({disk="b",host="1"} 100)"},
      {"used / on (host) group_left fill_right(70) size",
       R"({disk="a",host="1"} 0.1 {disk="a",host="2"} 0.1 {disk="b",host="1"} 0.3)"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(instant_vector(source, c.query, 0)), c.result) << c.query;
  }
  EXPECT_EQ(failure(source, "size / on (disk) group_left used", 0).message.substr(0, 63),
            "found duplicate series for the match group {disk=\"a\"} on the ri");
  EXPECT_EQ(failure(source, "used / on (host) group_left (disk) (size + on () group_left used)", 0)
                .message.empty(),
            false);
}

TEST(Operators, FillWhatHasNoPartner) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}, {"k", "1"}}, {{0, 1}});
  source.add(Labels{{"__name__", "x"}, {"k", "2"}}, {{0, 2}});
  source.add(Labels{{"__name__", "y"}, {"k", "2"}}, {{0, 20}});
  source.add(Labels{{"__name__", "y"}, {"k", "3"}}, {{0, 30}});
  const struct {
    const char* query;
    const char* result;
  } cases[] = {
      {"x + y", R"({k="2"} 22)"},
      {"x + fill(0) y", R"({k="1"} 1 {k="2"} 22 {k="3"} 30)"},
      {"x + fill_left(5) y", R"({k="2"} 22 {k="3"} 35)"},
      {"x + fill_right(5) y", R"({k="1"} 6 {k="2"} 22)"},
      {"x - fill_left(1) fill_right(2) y", R"({k="1"} -1 {k="2"} -18 {k="3"} -29)"},
      {"x == fill(1) y", R"({__name__="x",k="1"} 1)"},
      {"x > bool fill(25) y", R"({k="1"} 0 {k="2"} 0 {k="3"} 0)"},
      {"none + fill(1) y", R"({k="2"} 21 {k="3"} 31)"},
      {"none + fill(1) none", ""},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(instant_vector(source, c.query, 0)), c.result) << c.query;
  }
}

TEST(SetOperators, KeepWhatANaiveReadingKeeps) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 1500; ++i) {
    Loaded source;
    add_random(source, "x", random);
    add_random(source, "y", random);
    const Matching matching = random_matching(random);
    for (const char* op : {"and", "or", "unless"}) {
      const std::string query = fmt::format("x {} {} y", op, matching.text());
      const auto matrix = range_matrix(source, query, 0, 180, 60);
      for (int step = 0; step < 4; ++step) {
        const auto left = instant_vector(source, "x", step * 60);
        const auto right = instant_vector(source, "y", step * 60);
        std::set<Labels> left_keys;
        std::set<Labels> right_keys;
        for (const auto& [labels, value] : left) left_keys.insert(matching.key(labels));
        for (const auto& [labels, value] : right) right_keys.insert(matching.key(labels));
        const std::string_view name = op;
        Vector expected;
        for (const auto& [labels, value] : left) {
          const bool matches = right_keys.contains(matching.key(labels));
          if (name == "or" || matches == (name == "and")) expected.emplace(labels, value);
        }
        for (const auto& [labels, value] : right) {
          if (name == "or" && !left_keys.contains(matching.key(labels))) {
            expected.emplace(labels, value);
          }
        }
        const auto found = matrix.find(Instant(std::chrono::seconds(step * 60)));
        expect_near(expected, found == matrix.end() ? Vector() : found->second, query);
      }
    }
  }
}

TEST(Operators, TakeScalarsOnEitherSide) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}, {"k", "1"}}, {{0, 1}});
  source.add(Labels{{"__name__", "x"}, {"k", "2"}}, {{0, 4}});
  const struct {
    const char* query;
    const char* result;
  } cases[] = {
      {"x * 2 + 1", R"({k="1"} 3 {k="2"} 9)"},
      {"2 ^ x", R"({k="1"} 2 {k="2"} 16)"},
      {"x > 2", R"({__name__="x",k="2"} 4)"},
      {"2 < x", R"({__name__="x",k="2"} 4)"},
      {"2 < bool x", R"({k="1"} 0 {k="2"} 1)"},
      {"x / 0", R"({k="1"} inf {k="2"} inf)"},
      {"-x", R"({k="1"} -1 {k="2"} -4)"},
      {"-x ^ 2", R"({k="1"} -1 {k="2"} -16)"},
      {"+x", R"({__name__="x",k="1"} 1 {__name__="x",k="2"} 4)"},
      {"x % 3", R"({k="1"} 1 {k="2"} 1)"},
      {"-5 % x", R"({k="1"} -0 {k="2"} -1)"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(text(instant_vector(source, c.query, 0)), c.result) << c.query;
  }
  EXPECT_EQ(instant_result(source, "1 + 2 * 3 ^ 2 % 5", 0).scalar, 4);
  EXPECT_EQ(instant_result(source, "1 == bool 1", 0).scalar, 1);
  EXPECT_EQ(instant_result(source, "-(2 ^ 2)", 0).type, promql::ValueType::scalar);
}

TEST(Operators, RefuseSeriesThatBecomeTheSame) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}, {"k", "1"}}, {{0, 1}});
  source.add(Labels{{"__name__", "y"}, {"k", "1"}}, {{0, 4}});
  for (const char* query : {"{k=\"1\"} * 2", "-{k=\"1\"}", "{k=\"1\"} == bool 1"}) {
    EXPECT_EQ(failure(source, query, 0).message,
              "vector cannot contain metrics with the same labelset")
        << query;
  }
  // As long as they do not come at the same time, they are one series.
  source.add(Labels{{"__name__", "x"}, {"k", "1"}}, {{60, stale_marker()}});
  source.add(Labels{{"__name__", "y"}, {"k", "1"}}, {{0, stale_marker()}, {60, 8}});
  const auto matrix = range_matrix(source, "-{k=\"1\"}", 0, 60, 60);
  ASSERT_EQ(matrix.size(), 2U);
  EXPECT_EQ(text(matrix.begin()->second), R"({k="1"} -1)");
  EXPECT_EQ(text(matrix.rbegin()->second), R"({k="1"} -8)");
}

}  // namespace
}  // namespace slod::query
