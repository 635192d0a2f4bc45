#include "daemon/net/gzip.h"

#include <gtest/gtest.h>

#include <random>

#include "daemon/net/gzip.h"

namespace slod {
namespace {

using Kind = GunzipError::Kind;

TEST(Gunzip, GivesBackWhatWasCompressed) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  for (const std::size_t size : {0UL, 1UL, 63UL, 64UL, 65UL, 4096UL, 1'000'000UL, 3'000'000UL}) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 4);
    EXPECT_EQ(gunzip(gzip(text), size).value(), text) << size;
  }
}

TEST(Gunzip, ReadsMembersInARow) {
  EXPECT_EQ(gunzip(gzip("one") + gzip("") + gzip("two"), 6).value(), "onetwo");
}

TEST(Gunzip, EnforcesItsLimitToTheByte) {
  const std::string text(1000, 'x');
  EXPECT_EQ(gunzip(gzip(text), 1000).value(), text);
  EXPECT_EQ(gunzip(gzip(text), 999).error().kind, Kind::too_large);
  EXPECT_EQ(gunzip(gzip(text) + gzip("y"), 1000).error().kind, Kind::too_large);
  EXPECT_EQ(gunzip(gzip("x"), 0).error().kind, Kind::too_large);
  EXPECT_EQ(gunzip(gzip(""), 0).value(), "");
}

TEST(Gunzip, StopsABombAtItsLimit) {
  const std::string bomb = gzip(std::string(50'000'000, '\0'));
  EXPECT_LT(bomb.size(), 300'000U);
  EXPECT_EQ(gunzip(bomb, 1'000'000).error().kind, Kind::too_large);
}

TEST(Gunzip, RefusesEveryTruncation) {
  const std::string whole = gzip("some text that is long enough to have a body");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result = gunzip(whole.substr(0, size), 1000);
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().kind, Kind::corrupt);
    EXPECT_EQ(result.error().message, "the gzip body cannot be read: its end is missing");
  }
}

TEST(Gunzip, RefusesWhatIsDamaged) {
  const std::string whole = gzip("some text that is long enough to have a body");
  for (std::size_t from_end = 1; from_end <= 8; ++from_end) {  // the checksum and the length
    std::string damaged = whole;
    damaged[damaged.size() - from_end] ^= 1;
    EXPECT_EQ(gunzip(damaged, 1000).error().kind, Kind::corrupt) << from_end;
  }
  EXPECT_EQ(gunzip("plain text", 1000).error().kind, Kind::corrupt);
  EXPECT_EQ(gunzip(whole + "tail", 1000).error().kind, Kind::corrupt);
  EXPECT_EQ(gunzip(whole + std::string(4, '\0'), 1000).error().kind, Kind::corrupt);
}

}  // namespace
}  // namespace slod
