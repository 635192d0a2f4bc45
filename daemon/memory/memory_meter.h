#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "daemon/memory/memory_budget.h"

namespace slod {

/// Thrown by `new` where a single large allocation would exceed the meter of its thread.
struct MemoryExceeded : std::bad_alloc {
  const char* what() const noexcept override { return "a job takes more memory than it may"; }
};

/// Counts all that its thread allocates and frees with new and delete while it lives: whatever a
/// job makes, whichever way it makes it, as what the allocator really takes. One at a time on a
/// thread; to be made and destroyed there.
///
/// A job has to ask `left` now and then and to end where nothing is left. What it may overlook is
/// refused: from large_bytes on each allocation that does not fit, and every allocation once twice
/// the limit is taken. Both throw MemoryExceeded.
class MemoryMeter {
 public:
  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t large_bytes = std::size_t{1} << 20;

  MemoryMeter(std::shared_ptr<MemoryBudget> budget, std::size_t bytes_max);
  ~MemoryMeter();
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;

  /// What the job on this thread may still take; no_limit where none is metered.
  static std::size_t left();
  /// Counts what another thread allocated for the job on this one, which will free it.
  static void adopt(std::size_t bytes);
  /// Why nothing is left, as a sentence for who asked. Empty where none is metered here.
  static std::string why();

  std::size_t peak_bytes() const { return static_cast<std::size_t>(peak_); }

 private:
  friend class MemoryBudget;
  friend struct Allocation;

  std::size_t rest() const;
  void allocated(std::int64_t bytes);
  bool refuses(std::size_t bytes) const;

  std::shared_ptr<MemoryBudget> budget_;
  std::int64_t bytes_max_;
  std::int64_t held_ = 0;
  std::int64_t peak_ = 0;
  std::atomic<std::int64_t> reported_ = 0;  ///< what the budget knows of
  std::atomic<bool> must_end_ = false;      ///< the budget has no room for it
  MemoryMeter* next_ = nullptr;             ///< guarded by the budget's mutex
};

/// Counts what its thread allocates more than it frees, within any meter, for a job elsewhere.
class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;

  std::size_t bytes() const;

 private:
  AllocationCount* outer_;
  friend struct Allocation;
  std::int64_t bytes_ = 0;
};

/// Gives freed memory back to the system, where a job took so much that it matters.
void give_back_memory(std::size_t peak_bytes);

}  // namespace slod
