#include "daemon/net/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

namespace slod {
namespace {

struct InflateEnd {
  void operator()(z_stream* stream) const { inflateEnd(stream); }
};

std::unexpected<GunzipError> corrupt(std::string_view found) {
  return std::unexpected(GunzipError{
      GunzipError::Kind::corrupt, fmt::format("expected a complete gzip body, found {}", found)});
}

}  // namespace

std::expected<std::string, GunzipError> gunzip(std::string_view compressed, std::size_t bytes_max) {
  constexpr std::size_t step_bytes_max = 1024 * 1024;
  constexpr int gzip_only = 16 + MAX_WBITS;
  z_stream stream{};
  if (inflateInit2(&stream, gzip_only) != Z_OK) return corrupt("no memory to inflate it");
  const std::unique_ptr<z_stream, InflateEnd> end(&stream);

  std::string out;
  out.resize(std::min({bytes_max + 1, compressed.size() * 4 + 64, step_bytes_max}));
  std::size_t written = 0;
  for (;;) {
    // One byte more than allowed is asked for, so that a body of exactly bytes_max bytes passes.
    if (written == out.size()) {
      if (written > bytes_max) {
        return std::unexpected(GunzipError{
            GunzipError::Kind::too_large,
            fmt::format("expected at most {} bytes after decompression, found more", bytes_max)});
      }
      out.resize(std::min(bytes_max + 1, out.size() + std::min(out.size(), step_bytes_max)));
    }
    const auto input_bytes =
        std::min<std::size_t>(compressed.size(), std::numeric_limits<uInt>::max());
    // zlib reads through this pointer and never writes; its C signature lacks the const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(input_bytes);
    const auto room = std::min(out.size() - written, step_bytes_max);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t consumed = input_bytes - stream.avail_in;
    const std::size_t produced = room - stream.avail_out;
    compressed.remove_prefix(consumed);
    written += produced;
    if (status == Z_STREAM_END) {
      if (compressed.empty()) break;
      if (inflateReset(&stream) != Z_OK) return corrupt("no memory to inflate it");
    } else if (status == Z_BUF_ERROR) {  // there was room, so it is input that it lacks
      return corrupt("its end missing");
    } else if (status != Z_OK) {
      return corrupt(stream.msg != nullptr ? stream.msg : "something else");
    }
  }
  if (written > bytes_max) {
    return std::unexpected(GunzipError{
        GunzipError::Kind::too_large,
        fmt::format("expected at most {} bytes after decompression, found more", bytes_max)});
  }
  out.resize(written);
  return out;
}

}  // namespace slod
