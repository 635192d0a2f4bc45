#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/series/labels.h"

namespace slod {

/// Appends to `bytes`: integers and doubles in 8 or 4 bytes, little endian; texts with their length
/// in front.
void put_u32(std::string& bytes, std::uint32_t value);
void put_u64(std::string& bytes, std::uint64_t value);
void put_double(std::string& bytes, double value);
void put_text(std::string& bytes, std::string_view text);

/// The identity of a series: two series have the same one if and only if they are the same. It
/// reads back with ByteReader::series.
std::string series_key(std::string_view metric, const Labels& labels);

/// The value of a label of the series with this key; empty where it has none.
std::string_view key_label(std::string_view key, std::string_view name);

/// Reads back what was put, from bytes that may be damaged: what is not there is nullopt, and a
/// length is believed only after a look at how many bytes are left.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  std::optional<std::uint32_t> u32();
  std::optional<std::uint64_t> u64();
  std::optional<double> float64();
  std::optional<std::string_view> text();
  /// nullopt also where the labels are not sorted or not unique.
  struct NamedLabels {
    std::string metric;
    Labels labels;
  };
  std::optional<NamedLabels> series();
  /// Takes `expected` if the bytes go on with it.
  bool skip(std::string_view expected);

  std::size_t left_bytes() const { return left_.size(); }

 private:
  std::string_view left_;
};

}  // namespace slod
