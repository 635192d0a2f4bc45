#include "lib/time/instant.h"

#include <gtest/gtest.h>

#include <random>

namespace slod {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsPrometheusSyntax) {
  EXPECT_EQ(parse_duration("30s"), Duration(30s));
  EXPECT_EQ(parse_duration("500ms"), Duration(500ms));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("30d"), Duration(30 * 24h));
  EXPECT_EQ(parse_duration("1y2w3d4h5m6s7ms"),
            Duration((365 + 14 + 3) * 24h + 4h + 5min + 6s + 7ms));
  EXPECT_EQ(parse_duration("0"), Duration(0));
}

TEST(Duration, RefusesEverythingElse) {
  for (const char* text : {"", "5", "m", "5 m", "1m1h", "1m1m", "-5m", "1.5h", "5M", "30days",
                           "1h ", "99999999999999999999s", "9999999999999999y"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("5x").error(),
            "expected a duration such as 30s, 5m, 1h30m or 30d, found \"5x\"");
}

TEST(Duration, WritesWhatPeopleWrite) {
  EXPECT_EQ(format_duration(30 * 24h), "30d");
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(7 * 24h), "7d");
  EXPECT_EQ(format_duration(365 * 24h), "1y");
  EXPECT_EQ(format_duration(1500ms), "1s500ms");
  EXPECT_EQ(format_duration(0ms), "0s");
}

TEST(Duration, ReadsBackWhatItWrites) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 10000; ++i) {
    const Duration duration(static_cast<std::int64_t>(random() >> (random() % 60 + 4)));
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(Instant, WritesRfc3339InUtc) {
  EXPECT_EQ(format_instant(Instant(0ms)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_instant(Instant(1795514400000ms)), "2026-11-24T10:00:00Z");
  EXPECT_EQ(format_instant(Instant(1795514400050ms)), "2026-11-24T10:00:00.050Z");
}

TEST(Instant, ReadsRfc3339) {
  EXPECT_EQ(parse_instant("2026-11-24T10:00:00Z"), Instant(1795514400000ms));
  EXPECT_EQ(parse_instant("2026-11-24T11:30:00.25+01:30"), Instant(1795514400250ms));
  for (const char* text : {"", "yesterday", "2026-11-24", "2026-13-24T10:00:00Z",
                           "2026-11-24T10:00:00", "2026-11-24T10:00:00Z "}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

}  // namespace
}  // namespace slod
