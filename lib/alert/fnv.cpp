#include "lib/alert/fnv.h"

#include <fmt/format.h>

namespace slod::alert {

Fnv1a& Fnv1a::add(std::string_view bytes) {
  for (const char byte : bytes) add(static_cast<unsigned char>(byte));
  return *this;
}

Fnv1a& Fnv1a::add(unsigned char byte) {
  hash_ = (hash_ ^ byte) * 0x100000001b3;
  return *this;
}

std::string Fnv1a::hex() const {
  return fmt::format("{:016x}", hash_);
}

}  // namespace slod::alert
