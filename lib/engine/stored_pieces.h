#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/state/remembered.h"

namespace slod {

/// What is stored of the small pieces of state of one sort, so that only what changed is stored
/// again. Not thread-safe.
template <typename Value>
class StoredPieces {
 public:
  void restore(const std::vector<Keyed<Value>>& pieces) {
    for (const Keyed<Value>& piece : pieces) stored_.emplace(piece.key, piece.value);
  }

  /// Null where none is stored, or it could not be read.
  const Value* find(const std::string& key) const {
    const auto found = stored_.find(key);
    return found == stored_.end() || !found->second ? nullptr : &*found->second;
  }

  /// Adds to `changes` where `current` differs from what is stored, which is the same from then on.
  void take_difference(const std::map<std::string, Value>& current,
                       std::vector<Keyed<Value>>& changes) {
    for (const auto& [key, value] : stored_) {
      if (!current.contains(key)) changes.push_back({key, std::nullopt});
    }
    for (const auto& [key, value] : current) {
      const auto known = stored_.find(key);
      if (known == stored_.end() || known->second != value) changes.push_back({key, value});
    }
    stored_ = {current.begin(), current.end()};
  }

 private:
  std::map<std::string, std::optional<Value>> stored_;  ///< nullopt: it could not be read
};

}  // namespace slod
