#include <gtest/gtest.h>

#include <new>
#include <string>

#include "lib/promql/parser.h"
#include "lib/query/evaluate.h"
#include "lib/query/json.h"
#include "tests/lib/query/loaded.h"

namespace slod::query {
namespace {

Loaded many_series(int count) {
  Loaded source;
  for (int i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    source.add(Labels{{"__name__", "x"}, {"i", number}, {"group", std::to_string(i % 10)}},
               {{0, i}, {60, i + 1}});
  }
  return source;
}

/// A query whose memory is used up when it has asked for it so often.
Options used_up_after(int questions, int& asked) {
  asked = 0;
  Options options;
  options.memory_left = [questions, &asked]() -> std::size_t {
    return ++asked > questions ? 0 : 1'000'000'000;
  };
  return options;
}

TEST(QueryMemory, EndsWhateverTheQueryDoes) {
  const Loaded source = many_series(200);
  for (const char* query :
       {"x", "rate(x[2m])", "sum by (i) (x)", "topk(1, x)", "x + x", "x * on (i) group_left x",
        "max_over_time(x[2m:1s])", "x or x", "x and x", "count_values(\"v\", x)", "sort(x)",
        "sort_by_label(x, \"i\")", "label_replace(x, \"a\", \"$1\", \"i\", \"(.*)\")",
        "label_join(x, \"a\", \"\", \"i\")", "abs(x)", "quantile(0.5, x)", "vector(1)"}) {
    int asked = 0;
    for (int questions : {0, 1, 2, 5}) {
      const Options options = used_up_after(questions, asked);
      const auto expr = promql::parse(query, {.experimental_functions = true}).value();
      const auto result = range(*expr, query, Instant(), Instant(std::chrono::seconds(60)),
                                std::chrono::seconds(1), source, options);
      if (result) {
        EXPECT_LE(asked, questions) << query;
        continue;
      }
      EXPECT_EQ(result.error().kind, Error::Kind::too_much_memory) << query;
      EXPECT_LE(asked, questions + 1) << query << " goes on without memory";
    }
  }
}

/// The query makes a label "b" of a hundred labels "a" of 1,000 bytes.
void expect_a_label_of_100_kb(const std::string& query) {
  Loaded source;
  source.add(Labels{{"__name__", "x"}, {"a", std::string(1000, 'y')}}, {{0, 1}});
  Options options;
  options.memory_left = [] { return 99'999; };
  EXPECT_EQ(failure(source, query, 0, options).kind, Error::Kind::too_much_memory);
  options.memory_left = [] { return 100'000; };
  EXPECT_EQ(instant_vector(source, query, 0, options).begin()->first.get("b").size(), 100'000U);
}

TEST(QueryMemory, IsAskedForBeforeALabelIsJoined) {
  std::string query = "label_join(x, \"b\", \"\"";
  for (int i = 0; i < 100; ++i) query += ", \"a\"";
  query += ")";
  expect_a_label_of_100_kb(query);
}

TEST(QueryMemory, IsAskedForWhileALabelIsReplaced) {
  std::string replacement;
  for (int i = 0; i < 100; ++i) replacement += "$1";
  const std::string query = "label_replace(x, \"b\", \"" + replacement + "\", \"a\", \"(.*)\")";
  expect_a_label_of_100_kb(query);
}

TEST(QueryMemory, IsAnErrorWhereAnAllocationIsRefused) {
  class Refusing : public Loaded {
   public:
    std::vector<SampleRun> select(std::span<const promql::Matcher> /*matchers*/, Interval /*range*/,
                                  const IsUnwanted& /*is_unwanted*/) const override {
      throw std::bad_alloc();
    }
  };
  const Refusing source;
  Options options;
  options.memory_left = [] { return 1'000'000; };
  EXPECT_EQ(failure(source, "x", 0, options).kind, Error::Kind::too_much_memory);
  const auto expr = promql::parse("x").value();
  EXPECT_THROW((void)instant(*expr, "x", Instant(), source, Options()), std::bad_alloc);
}

TEST(QueryMemory, ARegularExpressionThatIsTooLongIsAnError) {
  const Loaded source = many_series(1);
  const std::string pattern(4097, 'a');
  EXPECT_EQ(failure(source, "label_replace(x, \"a\", \"\", \"i\", \"" + pattern + "\")", 0).message,
            "invalid regular expression in label_replace(): expected a regular expression of at "
            "most 4096 bytes, found 4097");
}

TEST(QueryMemory, ResultIsWrittenOnlyAsLongAsItIsWanted) {
  const Loaded source = many_series(100);
  const Result result = instant_result(source, "x", 0);
  int asked = 0;
  std::string text;
  EXPECT_FALSE(append_open(text, result, Instant(), [&] { return ++asked > 10; }));
  EXPECT_EQ(asked, 11);
  EXPECT_TRUE(append_open(text, result, Instant(), [] { return false; }));
}

}  // namespace
}  // namespace slod::query
