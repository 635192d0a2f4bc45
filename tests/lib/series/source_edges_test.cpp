// Samples at the limits of value, age and memory.

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "lib/series/scraped_source.h"
#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

BatchResult read(ScrapedSource& source, const std::string& page, double at) {
  auto result = source.record_page(page, second(at));
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result ? std::move(*result) : BatchResult();
}

std::string stamped(std::string_view line, double at) {
  return fmt::format("{} {}\n", line, second(at).time_since_epoch().count());
}

TEST(SourceEdges, CountNoValueAboveTenToTheEighteen) {
  ScrapedSource source(demand_of({"a"}), {});
  EXPECT_EQ(read(source, "a 1e18\n", 0).observations.size(), 1U);
  const BatchResult above = read(source, "a 2e18\n", 15);
  EXPECT_TRUE(above.observations.empty());
  EXPECT_EQ(above.ignored_values, 1U);
  EXPECT_EQ(texts_of(source.book, read(source, "a 1e18\n", 30)), Texts{"a continued 0 (0,30]"});
  EXPECT_EQ(read(source, "a -0.5\n", 45).ignored_values, 1U);
}

TEST(SourceEdges, BringNoSampleFromTooFarBehindOrAhead) {
  struct Case {
    double age;
    bool is_taken;
  };
  for (const Case& c : {Case{3600, true}, Case{3600.001, false}, Case{7200, false}, Case{0, true},
                        Case{-600, true}, Case{-600.001, false}}) {
    ScrapedSource source(demand_of({"a"}), {});
    const BatchResult brought = read(source, stamped("a 5", -c.age), 0);
    EXPECT_EQ(brought.batch.samples.size(), c.is_taken ? 1U : 0U) << c.age;
    EXPECT_EQ(brought.observations.size(), c.is_taken ? 1U : 0U) << c.age;
    EXPECT_EQ(brought.too_far_behind, !c.is_taken && c.age > 0 ? 1U : 0U) << c.age;
    EXPECT_EQ(brought.too_far_ahead, !c.is_taken && c.age < 0 ? 1U : 0U) << c.age;
  }
}

TEST(SourceEdges, AreInOrderWhereATimestampIsRepeated) {
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  read(source, stamped("a 5", 0), 10);
  const BatchResult repeated = read(source, stamped("a 5", 0), 25);
  EXPECT_EQ(repeated.out_of_order, 0U);
  EXPECT_TRUE(repeated.observations.empty());
  EXPECT_EQ(read(source, stamped("a 5", -1), 40).out_of_order, 1U);
}

TEST(SourceEdges, BelieveABirthOnALineThatIsStillKnown) {
  // An hour after it ended a series is as new; its line is looked for a few minutes more.
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  const std::string one = "a{code=\"1\",instance=\"i\",job=\"j\"} 5\n";
  const std::string other = "a{code=\"2\",instance=\"i\",job=\"j\"} ";
  read(source, one + other + "7\n", 0);
  for (int minute = 1; minute <= 62; ++minute) read(source, one, 60 * minute);
  EXPECT_EQ(texts_of(source.book, read(source, one + other + "9\n", 63 * 60)).back(),
            "a{code=\"2\",instance=\"i\",job=\"j\"} born 9 (3720,3780]");
}

/// As a double is stored: eight bytes, the least significant first.
std::string stored(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>((bits >> (8 * i)) & 0xff);
  return bytes;
}

TEST(SourceEdges, RestoreNoValueThatNoCounterHas) {
  ScrapedSource before(demand_of({"a"}), {});
  read(before, "a 1234.5\n", 0);
  for (const double value : {std::numeric_limits<double>::infinity(), -1.0, 77.0}) {
    std::string values = before.book.values_bytes();
    const std::size_t at = values.find(stored(1234.5));
    ASSERT_NE(at, std::string::npos);
    values.replace(at, 8, stored(value));
    ScrapedSource after(demand_of({"a"}), {});
    EXPECT_EQ(after.book.restore(before.book.series_bytes(), values).has_value(), value == 77)
        << value;
  }
}

}  // namespace
}  // namespace slod
