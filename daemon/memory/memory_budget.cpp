#include "daemon/memory/memory_budget.h"

#include <algorithm>
#include <utility>

#include "daemon/memory/memory_meter.h"

namespace slod {

std::size_t MemoryBudget::bytes() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes_, 0));
}

std::shared_ptr<const void> MemoryBudget::keep(std::shared_ptr<MemoryBudget> budget,
                                               std::size_t bytes) {
  budget->add(to_signed(bytes));
  const void* const it = budget.get();
  return {it, [its = std::move(budget), bytes](const void*) { its->add(-to_signed(bytes)); }};
}

void MemoryBudget::join(MemoryMeter& meter) {
  const std::lock_guard lock(mutex_);
  meter.next_ = first_;
  first_ = &meter;
}

void MemoryBudget::leave(MemoryMeter& meter) {
  bytes_ -= meter.reported_;
  const std::lock_guard lock(mutex_);
  MemoryMeter** place = &first_;
  while (*place != &meter) place = &(*place)->next_;
  *place = meter.next_;
}

void MemoryBudget::add(std::int64_t bytes) {
  const std::int64_t taken = bytes_ += bytes;
  if (bytes > 0 && taken > bytes_max_) end_largest(taken);
}

/// Another one has to end only where the one that is ending does not give back enough.
void MemoryBudget::end_largest(std::int64_t taken) {
  const std::lock_guard lock(mutex_);
  MemoryMeter* largest = nullptr;
  for (MemoryMeter* meter = first_; meter != nullptr; meter = meter->next_) {
    if (meter->must_end_) {
      taken -= meter->reported_;
    } else if (largest == nullptr || meter->reported_ > largest->reported_) {
      largest = meter;
    }
  }
  if (largest != nullptr && taken > bytes_max_) largest->must_end_ = true;
}

}  // namespace slod
