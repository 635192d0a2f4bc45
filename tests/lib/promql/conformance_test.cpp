#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "lib/promql/parser.h"
#include "lib/promql/printer.h"

namespace slod::promql {
namespace {

struct Query {
  std::string where;  ///< file:line
  std::string text;
};

std::filesystem::path suite() {
  const char* given = std::getenv("SLOD_CONFORMANCE_DIR");
  const std::filesystem::path base =
      given != nullptr ? given : SLOD_SOURCE_DIR "/../shared/conformance";
  return base / "promqltest";
}

/// What stands behind `instant at T` or `range from A to B step C`.
std::optional<std::string> query_of(const std::string& line) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (!word.starts_with("eval")) return std::nullopt;
  words >> word;
  const int skipped = word == "instant" ? 2 : word == "range" ? 6 : -1;
  if (skipped < 0) return std::nullopt;
  for (int i = 0; i < skipped; ++i) words >> word;
  std::string query;
  std::getline(words, query);
  return query;
}

std::vector<Query> queries_of(const std::filesystem::path& path) {
  std::vector<Query> queries;
  std::ifstream file(path);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string::npos) continue;
    line.erase(0, begin);
    if (auto query = query_of(line)) {
      queries.push_back(
          {.where = path.filename().string() + ":" + std::to_string(number), .text = *query});
    }
  }
  return queries;
}

/// Parses and prints every query of the files in a directory, and parses what is printed.
void expect_queries_print(const std::filesystem::path& directory) {
  const ParserOptions options{.experimental_functions = true,
                              .query_step = std::chrono::minutes(1),
                              .query_range = std::chrono::hours(1)};
  std::size_t parsed = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    if (file.path().extension() != ".test") continue;
    for (const Query& query : queries_of(file.path())) {
      const auto expr = parse(query.text, options);
      // A calculated duration that cannot be is no error of the grammar.
      if (!expr && !expr.error().is_of_grammar) continue;
      EXPECT_TRUE(expr) << query.where << ": " << query.text << ": "
                        << (expr ? "" : expr.error().text(query.text));
      if (!expr) continue;
      ++parsed;
      const std::string text = to_text(**expr);
      const auto again = parse(text, options);
      ASSERT_TRUE(again) << query.where << ": " << text << ": " << again.error().text(text);
      EXPECT_EQ(to_text(**again), text) << query.where;
      const std::string lines = pretty(**expr);
      const auto from_lines = parse(lines, options);
      ASSERT_TRUE(from_lines) << query.where << ": " << lines;
      EXPECT_EQ(to_text(**from_lines), text) << query.where;
    }
  }
  EXPECT_GT(parsed, 100U);
}

TEST(Conformance, EveryQueryOfPrometheusParsesAndPrints) {
  if (!std::filesystem::is_directory(suite())) {
    GTEST_SKIP() << "Prometheus's test files are not in " << suite()
                 << "; set SLOD_CONFORMANCE_DIR to the directory above promqltest";
  }
  expect_queries_print(suite());
}

TEST(Conformance, EveryQueryOfTheCasesParsesAndPrints) {
  expect_queries_print(SLOD_SOURCE_DIR "/tests/promqltest/cases");
}

}  // namespace
}  // namespace slod::promql
