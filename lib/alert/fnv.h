#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slod::alert {

/// The 64-bit FNV-1a hash, which is the same everywhere and always. Source: RFC 9923.
class Fnv1a {
 public:
  Fnv1a& add(std::string_view bytes);
  Fnv1a& add(unsigned char byte);

  std::uint64_t value() const { return hash_; }
  /// 16 lower-case hex digits.
  std::string hex() const;

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace slod::alert
