#include "daemon/memory/memory_meter.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <exception>
#include <utility>

namespace slod {
namespace {

/// What the budget is not told of at once, so that threads do not meet at each allocation.
constexpr std::int64_t report_every = 64 << 10;
/// What the allocator keeps beside each piece.
constexpr std::int64_t piece_overhead = 8;
constexpr std::size_t worth_giving_back = std::size_t{8} << 20;

// Of a thread, since `new` has no argument that says for whom it allocates.
thread_local MemoryMeter* metered = nullptr;
thread_local AllocationCount* counted = nullptr;

std::string size_text(std::size_t bytes) {
  constexpr std::size_t mebibyte = std::size_t{1} << 20;
  return bytes % mebibyte == 0 ? fmt::format("{}MiB", bytes / mebibyte)
                               : fmt::format("{} bytes", bytes);
}

}  // namespace

MemoryMeter::MemoryMeter(std::shared_ptr<MemoryBudget> budget, std::size_t bytes_max)
    : budget_(std::move(budget)), bytes_max_(static_cast<std::int64_t>(bytes_max)) {
  assert(metered == nullptr);
  budget_->join(*this);
  metered = this;
}

MemoryMeter::~MemoryMeter() {
  metered = nullptr;
  budget_->leave(*this);
}

std::size_t MemoryMeter::left() {
  return metered == nullptr ? no_limit : metered->rest();
}

void MemoryMeter::adopt(std::size_t bytes) {
  if (metered != nullptr) metered->allocated(static_cast<std::int64_t>(bytes));
}

std::string MemoryMeter::why() {
  if (metered == nullptr) return {};
  if (metered->must_end_) {
    return fmt::format(
        "all queries together take more than {} of memory (query.all_queries_memory), and this one "
        "takes the most; ask for fewer series or a shorter range, or try again later",
        size_text(metered->budget_->bytes_max()));
  }
  return fmt::format(
      "the query takes more than {} of memory (query.query_memory); ask for fewer series, a "
      "shorter range or larger steps",
      size_text(static_cast<std::size_t>(metered->bytes_max_)));
}

std::size_t MemoryMeter::rest() const {
  if (must_end_) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes_max_ - held_, 0));
}

void MemoryMeter::allocated(std::int64_t bytes) {
  held_ += bytes;
  peak_ = std::max(peak_, held_);
  // It may free what another thread allocated, and then seems to hold less than nothing.
  const std::int64_t unreported = std::max<std::int64_t>(held_, 0) - reported_;
  if (unreported < report_every && unreported > -report_every) return;
  reported_ += unreported;
  budget_->add(unreported);
}

bool MemoryMeter::refuses(std::size_t bytes) const {
  const bool is_too_much =
      bytes < large_bytes ? held_ > 2 * bytes_max_ : bytes > rest() || !budget_->has_room(bytes);
  // What a destructor needs while an exception is on its way cannot be refused with another.
  return is_too_much && std::uncaught_exceptions() == 0;
}

AllocationCount::AllocationCount() : outer_(std::exchange(counted, this)) {}

AllocationCount::~AllocationCount() {
  counted = outer_;
}

std::size_t AllocationCount::bytes() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes_, 0));
}

void give_back_memory(std::size_t peak_bytes) {
  if (peak_bytes >= worth_giving_back) malloc_trim(0);
}

/// What stands behind new and delete.
struct Allocation {
  static void* take(std::size_t bytes) {
    if (metered != nullptr && metered->refuses(bytes)) throw MemoryExceeded();
    void* piece = std::malloc(bytes == 0 ? 1 : bytes);
    while (piece == nullptr) {
      const std::new_handler find_memory = std::get_new_handler();
      if (find_memory == nullptr) throw std::bad_alloc();
      find_memory();
      piece = std::malloc(bytes == 0 ? 1 : bytes);
    }
    if (metered != nullptr || counted != nullptr) count(size_of(piece));
    return piece;
  }

  static void give_back(void* piece) noexcept {
    if (piece != nullptr && (metered != nullptr || counted != nullptr)) count(-size_of(piece));
    std::free(piece);
  }

 private:
  static std::int64_t size_of(void* piece) {
    return static_cast<std::int64_t>(malloc_usable_size(piece)) + piece_overhead;
  }

  static void count(std::int64_t bytes) {
    if (metered != nullptr) metered->allocated(bytes);
    if (counted != nullptr) counted->bytes_ += bytes;
  }
};

}  // namespace slod

// The program's own: the standard's other forms, for arrays and without exceptions, call these.
void* operator new(std::size_t bytes) {
  return slod::Allocation::take(bytes);
}

void operator delete(void* piece) noexcept {
  slod::Allocation::give_back(piece);
}

void operator delete(void* piece, std::size_t /*bytes*/) noexcept {
  slod::Allocation::give_back(piece);
}
