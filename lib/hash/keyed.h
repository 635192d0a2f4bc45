#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slod {

/// SipHash-2-4 under a key that this process chose at random, for tables whose keys come from
/// outside: who does not know the key cannot choose texts that collide. Another process has another
/// key, so it is never stored. Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF".
std::uint64_t keyed_hash(std::string_view bytes);

/// The same for standard containers, which then find a string_view too (with std::equal_to<>).
struct KeyedHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view bytes) const { return keyed_hash(bytes); }
};

}  // namespace slod
