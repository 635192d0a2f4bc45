#include "lib/series/stored_samples.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/hash/fnv.h"
#include "lib/series/state_bytes.h"

namespace slod {
namespace {

constexpr std::size_t checksum_bytes = sizeof(std::uint32_t);

std::uint32_t checksum(std::string_view bytes) {
  const std::uint64_t hash = fnv_hash(bytes);
  return static_cast<std::uint32_t>(hash ^ (hash >> 32U));
}

/// What is behind the checksum, if that is right.
std::optional<std::string_view> checked(std::string_view bytes) {
  ByteReader reader(bytes);
  const auto stored = reader.u32();
  if (!stored) return std::nullopt;
  const std::string_view chunk = bytes.substr(checksum_bytes);
  if (*stored != checksum(chunk)) return std::nullopt;
  return chunk;
}

}  // namespace

std::string stored_bytes(const SampleChunk& chunk) {
  const std::string bytes = chunk.bytes();
  std::string stored;
  stored.reserve(checksum_bytes + bytes.size());
  put_u32(stored, checksum(bytes));
  stored += bytes;
  return stored;
}

std::unique_ptr<SampleChunk> stored_chunk(std::string_view bytes) {
  const auto chunk = checked(bytes);
  return chunk ? SampleChunk::from_bytes(*chunk) : nullptr;
}

bool read_stored(std::string_view bytes, Interval range, std::vector<Instant>& times,
                 std::vector<double>& values) {
  const auto chunk = checked(bytes);
  return chunk && SampleChunk::read_bytes(*chunk, range, times, values);
}

}  // namespace slod
