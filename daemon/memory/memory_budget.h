#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>

namespace slod {

class MemoryMeter;

/// Memory that the jobs of one kind share. Where they take more than there is, the one that takes
/// the most has to end, so that a small one goes on. May be used from any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes_max) : bytes_max_(to_signed(bytes_max)) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  void set_bytes_max(std::size_t bytes) { bytes_max_ = to_signed(bytes); }
  std::size_t bytes_max() const { return static_cast<std::size_t>(bytes_max_.load()); }
  /// What is taken now.
  std::size_t bytes() const;

  /// Takes `bytes` as long as what it returns lives, such as a response that is still being sent.
  static std::shared_ptr<const void> keep(std::shared_ptr<MemoryBudget> budget, std::size_t bytes);

 private:
  friend class MemoryMeter;

  static std::int64_t to_signed(std::size_t bytes) { return static_cast<std::int64_t>(bytes); }

  void join(MemoryMeter& meter);
  void leave(MemoryMeter& meter);
  /// A meter took so much more, or gave it back.
  void add(std::int64_t bytes);
  bool has_room(std::size_t bytes) const { return bytes_ + to_signed(bytes) <= bytes_max_; }
  void end_largest(std::int64_t taken);

  std::atomic<std::int64_t> bytes_max_;
  std::atomic<std::int64_t> bytes_ = 0;
  std::mutex mutex_;
  MemoryMeter* first_ = nullptr;  ///< a list through the meters, as nothing may be allocated here
};

}  // namespace slod
