#include "lib/hash/keyed.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace slod {
namespace {

// MurmurHash64A, which libstdc++'s std::hash is, reads eight bytes at a time and mixes them alone.
constexpr std::uint64_t murmur = 0xc6a4a7935bd1e995;

std::uint64_t mixed(std::uint64_t block) {
  block *= murmur;
  return block ^ (block >> 47);
}

std::uint64_t unmixed(std::uint64_t block) {
  std::uint64_t inverse = murmur;  // Newton's steps, each of which doubles the bits that are right
  for (int i = 0; i < 5; ++i) inverse *= 2 - murmur * inverse;
  block ^= block >> 47;
  return block * inverse;
}

/// A block that changes the hash's highest bit alone, beside what `block` does; two of them in a
/// row change nothing, whatever the seed.
std::uint64_t partner(std::uint64_t block) {
  return unmixed(mixed(block) ^ (std::uint64_t{1} << 63));
}

std::string bytes_of(std::uint64_t block) {
  std::string bytes(sizeof(block), '\0');
  std::memcpy(bytes.data(), &block, sizeof(block));
  return bytes;
}

/// 2^pairs texts that have one std::hash.
std::vector<std::string> colliding(unsigned pairs) {
  std::vector<std::string> texts{""};
  for (unsigned pair = 0; pair < pairs; ++pair) {
    const std::uint64_t first = 0x6162636465666768 + pair;
    const std::uint64_t second = 0x7172737475767778 + pair;
    std::vector<std::string> longer;
    for (const std::string& text : texts) {
      longer.push_back(text + bytes_of(first) + bytes_of(second));
      longer.push_back(text + bytes_of(partner(first)) + bytes_of(partner(second)));
    }
    texts = std::move(longer);
  }
  return texts;
}

TEST(KeyedHash, KeepsApartWhatWasChosenToCollide) {
  const std::vector<std::string> texts = colliding(12);
  std::set<std::size_t> plain;
  std::set<std::uint64_t> keyed;
  for (const std::string& text : texts) {
    plain.insert(std::hash<std::string>{}(text));
    keyed.insert(keyed_hash(text));
  }
  ASSERT_EQ(texts.size(), 4096U);
  EXPECT_EQ(plain.size(), 1U) << "what an attacker does to the standard library's";
  EXPECT_EQ(keyed.size(), texts.size());
}

TEST(KeyedHash, IsOneForOneText) {
  EXPECT_EQ(keyed_hash("up"), keyed_hash(std::string("up")));
  EXPECT_EQ(KeyedHash{}("up"), keyed_hash("up"));
  EXPECT_NE(keyed_hash(""), keyed_hash(std::string(1, '\0')));
}

}  // namespace
}  // namespace slod
