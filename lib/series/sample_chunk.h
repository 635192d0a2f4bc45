#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

/// Samples of one series, compressed: times as differences of differences, values as the bits that
/// changed. A regular series of slowly changing values takes one to four bytes a sample. The bytes
/// of a value are kept exactly, stale markers included.
/// Source of the method: Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series
/// database", VLDB 2015, section 4.1. A value type; not safe for use while one thread appends.
class SampleChunk {
 public:
  /// `at` must be after last().
  void append(Instant at, double value);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Both only where there is a sample.
  Instant first() const { return first_; }
  Instant last() const { return last_; }
  /// What it occupies beside its own object.
  std::size_t memory_bytes() const {
    return bits_.capacity() < sizeof(std::string) ? 0 : bits_.capacity();
  }
  void shrink() { bits_.shrink_to_fit(); }

  /// Appends the samples with begin < time <= end to `times` and `values`.
  void read(Interval range, std::vector<Instant>& times, std::vector<double>& values) const;

  /// For storage, and back. A damaged text gives no chunk: nullptr.
  std::string bytes() const;
  static std::unique_ptr<SampleChunk> from_bytes(std::string_view bytes);
  /// As from_bytes(bytes)->read(range, times, values), in a third of the time. False: damaged, and
  /// nothing is appended.
  static bool read_bytes(std::string_view bytes, Interval range, std::vector<Instant>& times,
                         std::vector<double>& values);

 private:
  void put(std::uint64_t value, unsigned bits);
  void put_time(Instant at);
  void put_value(double value);

  std::string bits_;
  std::uint8_t free_bits_ = 0;  ///< of the last byte
  std::uint8_t leading_ = 0;    ///< zero bits before the ones that changed last
  std::uint8_t trailing_ = 0;   ///< zero bits after them
  bool has_window_ = false;     ///< whether leading_ and trailing_ mean anything
  std::uint32_t size_ = 0;
  Instant first_{};
  Instant last_{};
  Duration last_step_{};
  std::uint64_t last_value_ = 0;
};

}  // namespace slod
