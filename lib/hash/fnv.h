#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace slod {

/// The 64-bit FNV-1a hash, continued from `hash`. The same on every machine and in every version.
/// Source: RFC 9923.
inline constexpr std::uint64_t fnv_start = 0xcbf29ce484222325;
std::uint64_t fnv_hash(std::string_view bytes, std::uint64_t hash = fnv_start);

/// The same of several parts. The caller puts bytes between them that keep them apart.
class Fnv1a {
 public:
  Fnv1a& add(std::string_view bytes);
  Fnv1a& add(unsigned char byte);

  /// 16 lower-case hex digits.
  std::string hex() const;

 private:
  std::uint64_t hash_ = fnv_start;
};

}  // namespace slod
