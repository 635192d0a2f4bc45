#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/series/sample_chunk.h"
#include "lib/time/instant.h"

namespace slod {

/// A chunk as it is stored for long: its bytes behind a checksum, so that bytes that were damaged
/// on the disk are no samples.
std::string stored_bytes(const SampleChunk& chunk);

/// And back. Damaged: null, or false with nothing appended.
std::unique_ptr<SampleChunk> stored_chunk(std::string_view bytes);
bool read_stored(std::string_view bytes, Interval range, std::vector<Instant>& times,
                 std::vector<double>& values);

}  // namespace slod
