#include "lib/slo/slo_id.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

namespace slod {
namespace {

TEST(SloId, IsWrittenAsServiceAndName) {
  EXPECT_EQ(to_text(SloId{"api", "availability"}), "api/availability");
  EXPECT_EQ(to_text(SloId{"api", "availability", Labels{{"route", "/pay"}}}),
            R"(api/availability{route="/pay"})");
  EXPECT_EQ(to_text(SloId{"api", "p99.5", Labels{{"zone", "eu"}, {"route", "a\"b\\c\nd"}}}),
            R"(api/p99.5{route="a\"b\\c\nd",zone="eu"})");
}

TEST(SloId, IsReadBackAsItWasWritten) {
  const std::vector<SloId> ids{
      {"api", "availability"},
      {"api", "availability", Labels{{"route", "/pay"}}},
      {"api", "availability", Labels{{"route", "/pay"}, {"method", "GET"}}},
      {"api", "a", Labels{{"route", "}"}, {"x", "a/b{c=\"d\"}"}}},
      {"api", "a", Labels{{"route", "\\"}}},
      {"api", "a", Labels{{"route", "\n"}}},
      {"api", "a", Labels{{"route", "\\n"}}},
      {"api", "a", Labels{{"a name, of \"its\" own=", "1"}}},
      {"api", "a", Labels{{"route", "\xff\x01"}}},
      {"\xc3\xa4", "\xc3\xb6"},
  };
  for (const SloId& id : ids) {
    const std::string text = to_text(id);
    EXPECT_EQ(parse_slo_id(text), id) << text;
  }
}

TEST(SloId, IsReadFromNoTextButItsOwn) {
  const std::vector<std::string> texts{
      "",
      "/",
      "api",
      "api/",
      "/availability",
      "api/a/b",
      "api/a}",
      "api/a{",
      "api/a{}",
      "api/a{route}",
      "api/a{route=}",
      "api/a{route=/pay}",
      "api/a{route=\"/pay\"",
      "api/a{route=\"/pay}",
      "api/a{route=\"/pay\\",
      "api/a{route=\"/pay\",}",
      "api/a{,route=\"/pay\"}",
      "api/a{route=\"/pay\"} ",
      "api/a{route=\"/pay\"}}",
      "api/a{ route=\"/pay\"}",
      "api/a {route=\"/pay\"",
      "api/a{route=\"\"}",                      // no value is no label
      "api/a{=\"/pay\"}",                       // neither has it a name
      "api/a{route=\"/pay\",route=\"/pay\"}",   // twice
      "api/a{route=\"/pay\",route=\"/cart\"}",  // twice
      "api/a{route=\"/pay\",method=\"GET\"}",   // not in order
      "api/a{\"route\"=\"/pay\"}",              // quoted without need
      "api/a{route=\"\\/pay\"}",                // escaped without need
      "api/a{route=\"a\nb\"}",                  // not escaped
      "api/a{route='/pay'}",                    // other quotes
      "{route=\"/pay\"}",
      "api{x=\"/\"}",
      std::string("api/a{route=\"/pay\"}\0", 20),
  };
  for (const std::string& text : texts) EXPECT_EQ(parse_slo_id(text), std::nullopt) << text;
}

TEST(SloId, OfRandomBytesIsEitherRefusedOrWrittenAsItWasRead) {
  const unsigned seed = 20260101;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const std::string bytes = "ab/{}\",=\\n\n ";
  int read = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text = i % 2 == 0 ? "" : "a/b{a=\"";
    const std::size_t length = random() % 12;
    for (std::size_t k = 0; k < length; ++k) text += bytes[random() % bytes.size()];
    if (i % 4 == 1) text += "\"}";
    const auto id = parse_slo_id(text);
    if (!id) continue;
    ++read;
    ASSERT_EQ(to_text(*id), text);
  }
  EXPECT_GT(read, 1000);
}

TEST(SloId, IsOrderedByServiceNameAndLabels) {
  const SloId a{"api", "latency"};
  const SloId group{"api", "latency", Labels{{"route", "/pay"}}};
  const SloId other_group{"api", "latency", Labels{{"route", "/search"}}};
  const SloId b{"web", "availability"};
  const std::set<SloId> ordered{b, other_group, a, group};
  EXPECT_EQ(std::vector<SloId>(ordered.begin(), ordered.end()),
            (std::vector<SloId>{a, group, other_group, b}));
}

TEST(SloId, IsFoundByItsHash) {
  std::unordered_set<SloId, SloIdHash> ids;
  for (int i = 0; i < 1000; ++i) {
    ids.insert({"s" + std::to_string(i % 10), "n" + std::to_string(i / 10)});
    ids.insert({"s", "n", Labels{{"route", std::to_string(i)}}});
  }
  EXPECT_EQ(ids.size(), 2000U);
  EXPECT_TRUE(ids.contains({"s3", "n42"}));
  EXPECT_FALSE(ids.contains({"s3", "n42", Labels{{"route", "1"}}}));
}

}  // namespace
}  // namespace slod
