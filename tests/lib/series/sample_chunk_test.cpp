#include "lib/series/sample_chunk.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "lib/series/sample_source.h"

namespace slod {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr Interval everything{Instant::min(), Instant::max()};

struct Read {
  std::vector<Instant> times;
  std::vector<double> values;
};

Read read(const SampleChunk& chunk, Interval range = everything) {
  Read result;
  chunk.read(range, result.times, result.values);
  return result;
}

void expect_same_bits(const std::vector<double>& expected, const std::vector<double>& found) {
  ASSERT_EQ(expected.size(), found.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(expected[i]), std::bit_cast<std::uint64_t>(found[i]))
        << "at " << i;
  }
}

TEST(SampleChunk, GivesBackExactlyWhatItTook) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    SampleChunk chunk;
    Read expected;
    Instant at{Duration(static_cast<std::int64_t>(random() >> 20))};
    double counter = 0;
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t kind = random() % 8;
      at += kind == 0 ? Duration(1 + static_cast<std::int64_t>(random() >> (20 + random() % 40)))
                      : Duration(15'000 + static_cast<std::int64_t>(random() % 3));
      double value = counter += static_cast<double>(random() % 100);
      if (kind == 1) value = std::bit_cast<double>(random());
      if (kind == 2) value = stale_marker();
      if (kind == 3) value = -1 / static_cast<double>(random() % 7);
      chunk.append(at, value);
      expected.times.push_back(at);
      expected.values.push_back(value);
    }
    EXPECT_EQ(chunk.size(), 200U);
    EXPECT_EQ(chunk.first(), expected.times.front());
    EXPECT_EQ(chunk.last(), expected.times.back());
    const Read found = read(chunk);
    EXPECT_EQ(found.times, expected.times);
    expect_same_bits(expected.values, found.values);
    const auto stored = SampleChunk::from_bytes(chunk.bytes());
    ASSERT_NE(stored, nullptr);
    EXPECT_EQ(stored->bytes(), chunk.bytes());
  }
}

TEST(SampleChunk, LeavesOutWhatIsAtTheBeginningOfARange) {
  SampleChunk chunk;
  for (int i = 0; i < 10; ++i) chunk.append(Instant(seconds(i)), i);
  const Read found = read(chunk, {Instant(seconds(3)), Instant(seconds(6))});
  EXPECT_EQ(found.values, (std::vector<double>{4, 5, 6}));
}

TEST(SampleChunk, TakesFewBytesForACounterReadAtARegularInterval) {
  SampleChunk chunk;
  std::mt19937_64 random(7);
  double counter = 1'000'000;
  for (int i = 0; i < 120; ++i) {
    chunk.append(Instant(seconds(15 * i)), counter += static_cast<double>(random() % 300));
  }
  EXPECT_LT(chunk.bytes().size(), 120 * 5);
}

TEST(SampleChunk, TakesAQuarterOfAByteForAValueThatStays) {
  SampleChunk chunk;
  for (int i = 0; i < 1000; ++i) chunk.append(Instant(seconds(15 * i)), 0.999);
  EXPECT_LT(chunk.bytes().size(), 300U);
}

TEST(SampleChunk, RefusesDamagedBytes) {
  SampleChunk chunk;
  for (int i = 0; i < 50; ++i) chunk.append(Instant(seconds(i)), std::sqrt(i));
  const std::string bytes = chunk.bytes();
  EXPECT_EQ(SampleChunk::from_bytes({}), nullptr);
  EXPECT_EQ(SampleChunk::from_bytes(bytes.substr(0, bytes.size() / 2)), nullptr);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x41);
    SampleChunk::from_bytes(damaged);  // a chunk or none, but no crash
  }
}

}  // namespace
}  // namespace slod
