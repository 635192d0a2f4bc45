#include "lib/hash/keyed.h"

#include <sodium/crypto_shorthash_siphash24.h>
#include <sodium/randombytes.h>

#include <array>
#include <bit>

namespace slod {
namespace {

using Key = std::array<unsigned char, crypto_shorthash_siphash24_KEYBYTES>;

Key random_key() {
  Key key;
  randombytes_buf(key.data(), key.size());
  return key;
}

}  // namespace

std::uint64_t keyed_hash(std::string_view bytes) {
  static const Key key = random_key();
  std::array<unsigned char, crypto_shorthash_siphash24_BYTES> hash;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  crypto_shorthash_siphash24(hash.data(), data, bytes.size(), key.data());
  return std::bit_cast<std::uint64_t>(hash);
}

}  // namespace slod
