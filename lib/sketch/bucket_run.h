#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace slod {

/// The counts of the buckets of one sign, from the lowest to the highest index in use: both of
/// these are never 0, so equal counts are equal runs, and the run is as short as it can be.
class BucketRun {
 public:
  bool empty() const { return counts_.empty(); }
  std::size_t size() const { return counts_.size(); }
  int first() const { return first_; }  ///< index of the first bucket; 0 when empty
  int last() const { return first_ + static_cast<int>(counts_.size()) - 1; }
  std::span<const std::uint64_t> counts() const { return counts_; }
  std::uint64_t at(int index) const;
  /// The sum of all buckets up to and including `index`.
  std::uint64_t sum_up_to(int index) const;
  std::uint64_t sum() const { return sum_up_to(last()); }

  /// Adds to a bucket inside the run; false, and nothing done, outside.
  bool add_inside(int index, std::uint64_t count) {
    const std::size_t at = static_cast<unsigned>(index - first_);  // huge where it is below 0
    if (at >= counts_.size()) return false;
    counts_[at] += count;
    return true;
  }
  /// Adds to any bucket. count > 0.
  void add(int index, std::uint64_t count);
  void add(const BucketRun& other);

  /// How many buckets the run would span if it also held these.
  std::size_t size_with(int index) const;
  std::size_t size_with(const BucketRun& other) const;

  /// Whether no bucket of `part` counts more than the same bucket here.
  bool covers(const BucketRun& part) const;
  /// Precondition: covers(part).
  void subtract(const BucketRun& part);

  /// Takes out all buckets up to and including `index` and returns their sum.
  std::uint64_t remove_up_to(int index);
  /// Unites 2^steps buckets into one.
  void coarsen(int steps);

  bool operator==(const BucketRun&) const = default;

 private:
  void extend_to(int first, int last);
  void trim();

  int first_ = 0;
  std::vector<std::uint64_t> counts_;
};

}  // namespace slod
