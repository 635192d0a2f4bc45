#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace slod {

struct GunzipError {
  enum class Kind { too_large, corrupt };
  Kind kind;
  std::string message;
};

/// Inflates gzip (RFC 1952), one member or several in a row, and checks each one's CRC and length.
/// It stops as soon as more than `bytes_max` bytes have come out, so a bomb costs no more than
/// that. Truncated input, a wrong checksum and trailing bytes that are no gzip are errors.
std::expected<std::string, GunzipError> gunzip(std::string_view compressed, std::size_t bytes_max);

/// `text` as one gzip member. Fast rather than small: JSON shrinks about tenfold, at some 100 MB a
/// second. Returns empty text where there is no memory for it.
std::string gzip(std::string_view text);

}  // namespace slod
