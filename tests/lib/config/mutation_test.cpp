// Whatever a file holds, reading it ends with a configuration or with the places of what is wrong.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutated(std::string text) {
    const std::size_t edits = 1 + below(6);
    for (std::size_t i = 0; i < edits && !text.empty(); ++i) edit(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }

  void edit(std::string& text) {
    constexpr std::array<std::string_view, 24> pieces{
        "{",   "}",   "[",    "]",    ": ", "- ", "\n",   "'",
        "\"",  "&a ", "*a",   "!!x ", "|",  ">",  "?",    "%",
        "\\x", "---", "\xFF", "\xE2", "#",  " ",  "1e99", "9999999999999999999"};
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 2:
        text.erase(at, 1 + below(8));
        break;
      case 3:
        text.insert(at, text.substr(below(text.size()), below(40)));
        break;
      default:
        if (below(20) == 0) text.resize(at);
    }
  }

  std::mt19937 random_;
};

TEST(Mutations, NeverEndWithoutAConfigurationOrAnError) {
  const unsigned seed = 20261124;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const std::string whole = manual();
  ASSERT_TRUE(load_text(whole).config);
  Mutator mutator(seed);
  for (int round = 0; round < 4000; ++round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    const std::string text = mutator.mutated(whole);
    const auto lines = 1 + std::ranges::count(text, '\n');
    const LoadResult result = load_text(text);
    bool has_error = false;
    for (const Diagnostic& diagnostic : result.diagnostics) {
      has_error = has_error || diagnostic.severity == Severity::error;
      // One further line, for what is missing at the end of the file.
      ASSERT_GE(diagnostic.line, 1);
      ASSERT_LE(diagnostic.line, lines + 1) << to_text(diagnostic);
      ASSERT_GE(diagnostic.column, 1) << to_text(diagnostic);
      ASSERT_FALSE(diagnostic.message.empty());
    }
    ASSERT_EQ(result.config.has_value(), !has_error) << text;
  }
}

}  // namespace
}  // namespace slod::config
