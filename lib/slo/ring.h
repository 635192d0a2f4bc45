#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace slod {

/// A queue in one block of memory that grows in small steps: unlike a deque it wastes little, and
/// unlike a vector it pops at the front in O(1). Position 0 is the oldest.
template <class Value>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Value); }

  Value& operator[](std::size_t position) { return slots_[slot(position)]; }
  const Value& operator[](std::size_t position) const { return slots_[slot(position)]; }

  void push(Value value) {
    if (size_ == slots_.size()) grow();
    ++size_;
    slots_[slot(size_ - 1)] = std::move(value);
  }

  Value pop() {
    assert(size_ > 0);
    Value oldest = std::exchange(slots_[first_], Value{});
    first_ = slot(1);
    --size_;
    return oldest;
  }

 private:
  static constexpr std::size_t growth = 32;

  std::size_t slot(std::size_t position) const {
    const std::size_t wanted = first_ + position;
    return wanted < slots_.size() ? wanted : wanted - slots_.size();
  }

  void grow() {
    std::vector<Value> larger;
    larger.reserve(slots_.size() + growth);
    for (std::size_t i = 0; i < size_; ++i) larger.push_back(std::move((*this)[i]));
    larger.resize(slots_.size() + growth);
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<Value> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace slod
