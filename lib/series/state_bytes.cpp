#include "lib/series/state_bytes.h"

#include <bit>
#include <utility>
#include <vector>

namespace slod {
namespace {

template <typename Unsigned>
void put_little_endian(std::string& bytes, Unsigned value) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  }
}

template <typename Unsigned>
std::optional<Unsigned> take_little_endian(std::string_view& left) {
  if (left.size() < sizeof(Unsigned)) return std::nullopt;
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value |= static_cast<Unsigned>(static_cast<unsigned char>(left[i])) << (8 * i);
  }
  left.remove_prefix(sizeof(Unsigned));
  return value;
}

}  // namespace

void put_u32(std::string& bytes, std::uint32_t value) {
  put_little_endian(bytes, value);
}

void put_u64(std::string& bytes, std::uint64_t value) {
  put_little_endian(bytes, value);
}

void put_double(std::string& bytes, double value) {
  put_u64(bytes, std::bit_cast<std::uint64_t>(value));
}

void put_text(std::string& bytes, std::string_view text) {
  put_u32(bytes, static_cast<std::uint32_t>(text.size()));
  bytes += text;
}

std::string series_key(std::string_view metric, const Labels& labels) {
  std::string key;
  put_text(key, metric);
  put_u32(key, static_cast<std::uint32_t>(labels.pairs().size()));
  for (const auto& [name, value] : labels.pairs()) {
    put_text(key, name);
    put_text(key, value);
  }
  return key;
}

std::string_view key_label(std::string_view key, std::string_view name) {
  ByteReader reader(key);
  reader.text();
  reader.u32();
  while (const auto label = reader.text()) {
    const auto value = reader.text();
    if (*label == name) return value.value_or("");
  }
  return {};
}

std::optional<std::uint32_t> ByteReader::u32() {
  return take_little_endian<std::uint32_t>(left_);
}

std::optional<std::uint64_t> ByteReader::u64() {
  return take_little_endian<std::uint64_t>(left_);
}

std::optional<double> ByteReader::float64() {
  const auto bits = u64();
  if (!bits) return std::nullopt;
  return std::bit_cast<double>(*bits);
}

std::optional<std::string_view> ByteReader::text() {
  const auto size = u32();
  if (!size || *size > left_.size()) return std::nullopt;
  const std::string_view text = left_.substr(0, *size);
  left_.remove_prefix(*size);
  return text;
}

std::optional<ByteReader::NamedLabels> ByteReader::series() {
  const auto metric = text();
  const auto count = u32();
  if (!metric || metric->empty() || !count) return std::nullopt;
  std::vector<Labels::Pair> pairs;
  for (std::uint32_t i = 0; i < *count; ++i) {
    const auto name = text();
    const auto value = text();
    if (!name || !value) return std::nullopt;
    pairs.emplace_back(*name, *value);
  }
  Labels labels(pairs);
  if (labels.pairs() != pairs) return std::nullopt;
  return NamedLabels{std::string(*metric), std::move(labels)};
}

bool ByteReader::skip(std::string_view expected) {
  if (!left_.starts_with(expected)) return false;
  left_.remove_prefix(expected.size());
  return true;
}

}  // namespace slod
