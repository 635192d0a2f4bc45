#include "daemon/store/named_rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod {
namespace {

using freeze::Level;

Instant at(const std::string& text) {
  return parse_instant(text).value();
}

/// A piece of each kind, and the rows that the first release wrote for them.
Remembered pieces() {
  return {.standings = {{"api/slow", SloStanding{{Level::hotfix_only, at("2026-01-02T00:00:00Z")},
                                                 at("2026-01-01T12:00:00.500Z")}},
                        {"api/fast", SloStanding{{Level::open, at("2026-01-01T00:00:00Z")}, {}}}},
          .levels = {{"api", freeze::Standing{Level::feature_freeze, at("2026-01-02T00:00:00Z")}}},
          .open_gaps = {{"scrape/api/a:1",
                         std::vector<OpenGap>{
                             {"api/slow",
                              {{{at("2026-01-02T00:00:00Z"), at("2026-01-02T00:00:15Z")}, 0.5}}}}}},
          .removals = {{"api/gone", at("2026-01-03T00:00:00Z")}},
          .rule_marks = {{"rules.yaml;group", at("2026-01-04T00:00:00Z")}},
          .incidents = {},
          .forwarded = {}};
}

std::vector<NamedRow> rows() {
  return {{"standing/api/slow", R"({"level":"hotfix_only","since":"2026-01-02T00:00:00Z",)"
                                R"("exhausted_at":"2026-01-01T12:00:00.500Z"})"},
          {"standing/api/fast", R"({"level":"open","since":"2026-01-01T00:00:00Z"})"},
          {"level/api", R"({"level":"feature_freeze","since":"2026-01-02T00:00:00Z"})"},
          {"gaps/scrape/api/a:1",
           R"([{"slo":"api/slow","missed":[)"
           R"({"begin":"2026-01-02T00:00:00Z","end":"2026-01-02T00:00:15Z","share":0.5}]}])"},
          {"removed/api/gone", "2026-01-03T00:00:00Z"},
          {"rules/rules.yaml;group", "2026-01-04T00:00:00Z"}};
}

void expect_equal(const Remembered& found, const Remembered& expected) {
  EXPECT_EQ(found.standings, expected.standings);
  EXPECT_EQ(found.levels, expected.levels);
  EXPECT_EQ(found.open_gaps, expected.open_gaps);
  EXPECT_EQ(found.removals, expected.removals);
  EXPECT_EQ(found.rule_marks, expected.rule_marks);
}

TEST(NamedRows, AreWhatTheFirstReleaseWrote) {
  const std::vector<NamedRow> written = named_rows(pieces());
  const std::vector<NamedRow> expected = rows();
  ASSERT_EQ(written.size(), expected.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_EQ(written[i].name, expected[i].name);
    EXPECT_EQ(written[i].state, expected[i].state);
  }
}

TEST(NamedRows, GiveBackWhatWasRemembered) {
  Remembered remembered;
  for (const NamedRow& row : rows()) {
    const auto read = read_named_row(row, remembered);
    EXPECT_TRUE(read) << read.error();
  }
  expect_equal(remembered, pieces());
}

TEST(NamedRows, AreRemovedWhereThereIsNothingToRemember) {
  Remembered remembered;
  remembered.levels.push_back({"api", std::nullopt});
  const std::vector<NamedRow> written = named_rows(remembered);
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].name, "level/api");
  EXPECT_EQ(written[0].state, "");
}

TEST(NamedRows, ThatCannotBeReadAreNamedAndHaveNoValue) {
  const std::vector<NamedRow> damaged{
      {"standing/api/slow", ""},
      {"standing/api/slow", R"({"level":"shut","since":"2026-01-02T00:00:00Z"})"},
      {"level/api", R"({"level":"open"})"},
      {"level/api", R"(["open"])"},
      {"gaps/a", R"([{"slo":"api/slow","missed":[]}])"},
      {"gaps/a", R"([{"slo":"s","missed":[)"
                 R"({"begin":"2026-01-02T00:00:00Z","end":"2026-01-01T00:00:00Z","share":1}]}])"},
      {"removed/api/gone", "yesterday"},
      {"rules/g", "{}"}};
  for (const NamedRow& row : damaged) {
    Remembered remembered;
    const auto read = read_named_row(row, remembered);
    ASSERT_FALSE(read) << row.name << " " << row.state;
    EXPECT_EQ(read.error(),
              "the stored state \"" + row.name + "\" cannot be read, so it is not used");
    const std::vector<NamedRow> again = named_rows(remembered);
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].name, row.name);
    EXPECT_EQ(again[0].state, "") << "the next commit replaces or removes it";
  }
}

TEST(NamedRows, OfAKindThatIsNotKnownAreNamedAndLeftAlone) {
  Remembered remembered;
  const auto read = read_named_row({"override/api", "{}"}, remembered);
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error(),
      "the stored state has \"override/api\", which this version of slod does not know; it is "
      "kept");
  EXPECT_TRUE(remembered.empty());
}

}  // namespace
}  // namespace slod
