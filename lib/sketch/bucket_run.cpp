#include "lib/sketch/bucket_run.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

#include "lib/sketch/exponential_buckets.h"

namespace slod {
namespace {

std::size_t span_size(int first, int last) {
  return static_cast<std::size_t>(last - first) + 1;
}

}  // namespace

std::uint64_t BucketRun::at(int index) const {
  const std::size_t at = static_cast<unsigned>(index - first_);
  return at < counts_.size() ? counts_[at] : 0;
}

std::uint64_t BucketRun::sum_up_to(int index) const {
  if (empty() || index < first()) return 0;
  const auto end = counts_.begin() + (std::min(index, last()) - first_ + 1);
  return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

void BucketRun::add(int index, std::uint64_t count) {
  assert(count > 0);
  extend_to(index, index);
  add_inside(index, count);
}

void BucketRun::add(const BucketRun& other) {
  if (other.empty()) return;
  extend_to(other.first(), other.last());
  const auto offset = static_cast<std::size_t>(other.first_ - first_);
  for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[offset + i] += other.counts_[i];
}

std::size_t BucketRun::size_with(int index) const {
  if (empty()) return 1;
  return span_size(std::min(first(), index), std::max(last(), index));
}

std::size_t BucketRun::size_with(const BucketRun& other) const {
  if (empty()) return other.size();
  if (other.empty()) return size();
  return span_size(std::min(first(), other.first()), std::max(last(), other.last()));
}

bool BucketRun::covers(const BucketRun& part) const {
  if (part.empty()) return true;
  if (empty() || part.first() < first() || part.last() > last()) return false;
  const auto offset = static_cast<std::ptrdiff_t>(part.first_ - first_);
  return std::equal(part.counts_.begin(), part.counts_.end(), counts_.begin() + offset,
                    std::less_equal<>());
}

void BucketRun::subtract(const BucketRun& part) {
  assert(covers(part));
  if (part.empty()) return;
  const auto offset = static_cast<std::size_t>(part.first_ - first_);
  for (std::size_t i = 0; i < part.counts_.size(); ++i) counts_[offset + i] -= part.counts_[i];
  trim();
}

std::uint64_t BucketRun::remove_up_to(int index) {
  const std::uint64_t removed = sum_up_to(index);
  if (removed == 0) return 0;
  std::fill(counts_.begin(), counts_.begin() + (std::min(index, last()) - first_ + 1), 0);
  trim();
  return removed;
}

void BucketRun::coarsen(int steps) {
  if (empty() || steps == 0) return;
  const auto coarse = [steps](int index) { return static_cast<int>(coarser_index(index, steps)); };
  const int first = coarse(first_);
  std::vector<std::uint64_t> counts(span_size(first, coarse(last())));
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts[static_cast<std::size_t>(coarse(first_ + static_cast<int>(i)) - first)] += counts_[i];
  }
  first_ = first;
  counts_ = std::move(counts);
}

void BucketRun::extend_to(int first, int last) {
  if (empty()) first_ = first;
  if (first < first_) {
    counts_.insert(counts_.begin(), static_cast<std::size_t>(first_ - first), 0);
    first_ = first;
  }
  if (empty() || last > this->last()) counts_.resize(span_size(first_, last));
}

void BucketRun::trim() {
  const auto used = [](std::uint64_t count) { return count != 0; };
  const auto begin = std::find_if(counts_.begin(), counts_.end(), used);
  const auto end = std::find_if(counts_.rbegin(), counts_.rend(), used).base();
  if (begin == counts_.end()) {
    *this = BucketRun();
    return;
  }
  counts_.erase(end, counts_.end());
  first_ += static_cast<int>(begin - counts_.begin());
  counts_.erase(counts_.begin(), begin);
}

}  // namespace slod
