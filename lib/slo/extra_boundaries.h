#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// A value of a Cascade at a point in time, as it is stored.
template <class Value>
struct DatedValue {
  Instant at;
  Value value;
};

/// The snapshots of a Cascade at times that are on no grid of its levels: sorted by time, each time
/// once. The memory grows in small steps.
template <class Value>
class ExtraBoundaries {
 public:
  bool empty() const { return snapshots_.empty(); }
  std::size_t size() const { return snapshots_.size(); }
  std::size_t memory_bytes() const { return snapshots_.capacity() * sizeof(DatedValue<Value>); }

  DatedValue<Value>& operator[](std::size_t position) { return snapshots_[position]; }
  const DatedValue<Value>& operator[](std::size_t position) const { return snapshots_[position]; }
  const DatedValue<Value>& newest() const { return snapshots_.back(); }

  /// How many are before `at`.
  std::size_t before(Instant at) const {
    const auto first = std::ranges::lower_bound(snapshots_, at, {}, &DatedValue<Value>::at);
    return static_cast<std::size_t>(first - snapshots_.begin());
  }
  bool contains(Instant at) const {
    const std::size_t position = before(at);
    return position < size() && snapshots_[position].at == at;
  }

  /// `position` is that of the first one after it.
  void insert(std::size_t position, DatedValue<Value> snapshot) {
    constexpr std::size_t growth = 32;
    if (size() == snapshots_.capacity()) snapshots_.reserve(size() + growth);
    if (position == size()) return snapshots_.push_back(std::move(snapshot));
    snapshots_.insert(snapshots_.begin() + static_cast<std::ptrdiff_t>(position),
                      std::move(snapshot));
  }

  void pop_newest() { snapshots_.pop_back(); }

  /// Removes those for whose position `is_unwanted` says so; it is asked for each, in order.
  template <class IsUnwanted>
  void remove_if(IsUnwanted is_unwanted) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      if (is_unwanted(i)) continue;
      if (kept != i) snapshots_[kept] = std::move(snapshots_[i]);
      ++kept;
    }
    snapshots_.erase(snapshots_.begin() + static_cast<std::ptrdiff_t>(kept), snapshots_.end());
  }

  void clear() { snapshots_ = {}; }
  void shrink() { snapshots_.shrink_to_fit(); }

 private:
  std::vector<DatedValue<Value>> snapshots_;
};

}  // namespace slod
