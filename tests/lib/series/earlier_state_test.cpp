// State that the version before wrote, byte for byte: it must be continued.

#include <gtest/gtest.h>

#include <charconv>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

// A target: a{x="1"} was 10 at 0 s and 11 at 15 s; a{x="2"} was 20 at 0 s and then gone.
constexpr std::string_view target_series =
    "736c6f642073657269657320310a410000007b696e7374616e63653d22683a31222c6a6f623d22617069227d"
    "20686f6e6f725f6c6162656c733d66616c73652069735f66656465726174696f6e3d66616c73650100000001"
    "000000610200000001000000610300000008000000696e7374616e636503000000683a31030000006a6f6203"
    "0000006170690100000078010000003101000000610300000008000000696e7374616e636503000000683a31"
    "030000006a6f620300000061706901000000780100000032";
constexpr std::string_view target_values =
    "736c6f642076616c75657320310a2e4507f1324e889501000000987ab0464f0100000000000000002640987a"
    "b0464f0100000000000000000000000034400040b0464f01000001000000";

// A server: a{instance="1",job="j"} was 10 at 0 s and 11 at 15 s.
constexpr std::string_view server_series =
    "736c6f642073657269657320310a270000007b7d20686f6e6f725f6c6162656c733d747275652069735f6665"
    "6465726174696f6e3d747275650100000001000000610100000001000000610200000008000000696e737461"
    "6e63650100000031030000006a6f62010000006a";
constexpr std::string_view server_values =
    "736c6f642076616c75657320310a64e81f7d6a8ad6a701000000987ab0464f0100000000000000002640987a"
    "b0464f01000000000000";

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

Texts next_page(ScrapedSource& source, std::string_view page) {
  const auto result = source.record_page(page, second(30));
  EXPECT_TRUE(result.has_value());
  return texts_of(source.book, *result);
}

TEST(EarlierState, OfATargetIsContinued) {
  const std::string series = bytes_of(target_series);
  EXPECT_TRUE(
      series.contains(R"({instance="h:1",job="api"} honor_labels=false is_federation=false)"));
  ScrapedSource source(demand_of({"a"}), {.target_labels = {{"instance", "h:1"}, {"job", "api"}}});
  const auto restored = source.book.restore(series, bytes_of(target_values));
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(source.book.series_bytes(), series) << "what is written is the same, too";
  EXPECT_EQ(next_page(source, "a{x=\"1\"} 13\na{x=\"2\"} 24\na{x=\"3\"} 5\n"),
            (Texts{"a{instance=\"h:1\",job=\"api\",x=\"1\"} continued 2 (15,30]",
                   "a{instance=\"h:1\",job=\"api\",x=\"2\"} continued 4 (0,30]",
                   "a{instance=\"h:1\",job=\"api\",x=\"3\"} born 5 (15,30]"}));
}

TEST(EarlierState, OfAServerIsContinued) {
  const std::string series = bytes_of(server_series);
  EXPECT_TRUE(series.contains("{} honor_labels=true is_federation=true"));
  ScrapedSource source(demand_of({"a"}), {.kind = server_kind});
  const auto restored = source.book.restore(series, bytes_of(server_values));
  ASSERT_TRUE(restored.has_value()) << restored.error();
  EXPECT_EQ(source.book.series_bytes(), series);
  EXPECT_EQ(next_page(source, "a{job=\"j\",instance=\"1\"} 14\na{job=\"j\",instance=\"2\"} 9\n"),
            (Texts{"a{instance=\"1\",job=\"j\"} continued 3 (15,30]",
                   "a{instance=\"2\",job=\"j\"} baseline 0 (30,30]"}));
}

TEST(EarlierState, OfAnotherKindIsRefused) {
  SeriesBook target(demand_of({"a"}), {});
  const auto restored = target.restore(bytes_of(server_series), bytes_of(server_values));
  ASSERT_FALSE(restored.has_value());
  EXPECT_EQ(restored.error(),
            "its target labels or its kind changed from {} honor_labels=true is_federation=true to "
            "{} honor_labels=false is_federation=false");
}

}  // namespace
}  // namespace slod
