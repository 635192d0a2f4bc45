#include "lib/series/stored_samples.h"

#include <gtest/gtest.h>

#include <random>

namespace slod {
namespace {

using std::chrono::minutes;

/// A day of five-minute samples, with holes.
SampleChunk random_chunk(std::mt19937_64& random) {
  SampleChunk chunk;
  Instant at{std::chrono::hours(480'000)};
  for (int i = 0; i < 288; ++i, at += minutes(5)) {
    if (random() % 9 == 0) continue;
    chunk.append(at, random() % 4 == 0 ? 1 : static_cast<double>(random() % 1'000'000) / 7);
  }
  return chunk;
}

struct Samples {
  std::vector<Instant> times;
  std::vector<double> values;

  bool operator==(const Samples&) const = default;
};

Samples samples_of(const SampleChunk& chunk, Interval range) {
  Samples samples;
  chunk.read(range, samples.times, samples.values);
  return samples;
}

TEST(StoredSamples, GiveBackWhatTheyTook) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const SampleChunk chunk = random_chunk(random);
    const std::string stored = stored_bytes(chunk);
    const Instant begin = chunk.first() - minutes(5);
    const Interval all{begin, chunk.last()};
    ASSERT_NE(stored_chunk(stored), nullptr);
    EXPECT_EQ(samples_of(*stored_chunk(stored), all), samples_of(chunk, all));
    EXPECT_EQ(stored_bytes(*stored_chunk(stored)), stored);
    for (int i = 0; i < 50; ++i) {
      const Instant from = begin + minutes(random() % 1500);
      const Interval range{from, from + minutes(random() % 1500)};
      Samples read{{begin}, {42}};
      Samples expected = read;
      chunk.read(range, expected.times, expected.values);
      EXPECT_TRUE(read_stored(stored, range, read.times, read.values));
      EXPECT_EQ(read, expected);
    }
  }
}

TEST(StoredSamples, AreNoneWhereAnyBitIsDamaged) {
  std::mt19937_64 random(7);
  const std::string stored = stored_bytes(random_chunk(random));
  const Interval ever{Instant::min(), Instant::max()};
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    std::string damaged = stored;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    Samples read;
    EXPECT_FALSE(read_stored(damaged, ever, read.times, read.values)) << bit;
    EXPECT_TRUE(read.times.empty() && read.values.empty());
    EXPECT_EQ(stored_chunk(damaged), nullptr) << bit;
  }
  for (std::size_t size = 0; size < stored.size(); ++size) {
    Samples read;
    EXPECT_FALSE(read_stored(stored.substr(0, size), ever, read.times, read.values)) << size;
  }
}

TEST(SampleChunk, ReadsItsBytesAsItReadsItselfDamagedOrNot) {
  std::mt19937_64 random(11);
  const Interval ever{Instant::min(), Instant::max()};
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = random_chunk(random).bytes();
    if (i % 50 != 0) {
      const std::size_t damaged = 1 + random() % 3;
      for (std::size_t j = 0; j < damaged; ++j) {
        bytes[random() % bytes.size()] = static_cast<char>(random());
      }
    }
    const auto chunk = SampleChunk::from_bytes(bytes);
    Samples read;
    const bool good = SampleChunk::read_bytes(bytes, ever, read.times, read.values);
    ASSERT_EQ(good, chunk != nullptr);
    if (!chunk) {
      EXPECT_TRUE(read.times.empty());
      continue;
    }
    const Samples expected = samples_of(*chunk, ever);
    ASSERT_EQ(read.times, expected.times);
    ASSERT_EQ(read.values.size(), expected.values.size());
  }
}

}  // namespace
}  // namespace slod
