#include "lib/hash/fnv.h"

#include <fmt/format.h>

namespace slod {
namespace {

std::uint64_t with_byte(std::uint64_t hash, unsigned char byte) {
  return (hash ^ byte) * 0x100000001b3;
}

}  // namespace

std::uint64_t fnv_hash(std::string_view bytes, std::uint64_t hash) {
  for (const char byte : bytes) hash = with_byte(hash, static_cast<unsigned char>(byte));
  return hash;
}

Fnv1a& Fnv1a::add(std::string_view bytes) {
  hash_ = fnv_hash(bytes, hash_);
  return *this;
}

Fnv1a& Fnv1a::add(unsigned char byte) {
  hash_ = with_byte(hash_, byte);
  return *this;
}

std::string Fnv1a::hex() const {
  return fmt::format("{:016x}", hash_);
}

}  // namespace slod
