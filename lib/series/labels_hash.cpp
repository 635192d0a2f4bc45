#include "lib/series/labels_hash.h"

#include <string_view>

#include "lib/hash/keyed.h"

namespace slod {

std::size_t hash_of(const Labels& labels) {
  // Mixes as boost::hash_combine does in 64 bits: order counts, and no pair cancels another.
  std::size_t hash = 0;
  const auto mix = [&hash](std::string_view text) {
    hash ^= keyed_hash(text) + 0x9e3779b97f4a7c15 + (hash << 12) + (hash >> 4);
  };
  for (const auto& [name, value] : labels.pairs()) {
    mix(name);
    mix(value);
  }
  return hash;
}

}  // namespace slod
