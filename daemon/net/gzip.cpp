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

struct DeflateEnd {
  void operator()(z_stream* stream) const { deflateEnd(stream); }
};

/// The header and trailer of a gzip member around what deflate makes.
constexpr int gzip_only = 16 + MAX_WBITS;

std::unexpected<GunzipError> corrupt(std::string_view why) {
  return std::unexpected(GunzipError{GunzipError::Kind::corrupt,
                                     fmt::format("the gzip body cannot be read: {}", why)});
}

}  // namespace

std::expected<std::string, GunzipError> gunzip(std::string_view compressed, std::size_t bytes_max) {
  constexpr std::size_t step_bytes_max = 1024 * 1024;
  z_stream stream{};
  if (inflateInit2(&stream, gzip_only) != Z_OK) return corrupt("there is no memory for it");
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
            fmt::format("the body has more than {} bytes after decompression", bytes_max)});
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
      if (inflateReset(&stream) != Z_OK) return corrupt("there is no memory for it");
    } else if (status == Z_BUF_ERROR) {  // there was room, so it is input that it lacks
      return corrupt("its end is missing");
    } else if (status != Z_OK) {
      return corrupt(stream.msg != nullptr ? stream.msg : "it is damaged");
    }
  }
  if (written > bytes_max) {
    return std::unexpected(
        GunzipError{GunzipError::Kind::too_large,
                    fmt::format("the body has more than {} bytes after decompression", bytes_max)});
  }
  out.resize(written);
  return out;
}

std::string gzip(std::string_view text) {
  constexpr std::size_t step_bytes_max = std::numeric_limits<uInt>::max();
  constexpr int usual_memory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip_only, usual_memory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  const std::unique_ptr<z_stream, DeflateEnd> end(&stream);

  std::string out;
  out.resize(text.size() / 8 + 256);
  std::size_t written = 0;
  for (int status = Z_OK; status != Z_STREAM_END;) {
    if (written == out.size()) out.resize(out.size() * 2);
    const auto input_bytes = std::min(text.size(), step_bytes_max);
    // zlib reads through this pointer and never writes; its C signature lacks the const.
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
    stream.avail_in = static_cast<uInt>(input_bytes);
    const auto room = std::min(out.size() - written, step_bytes_max);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + written);
    stream.avail_out = static_cast<uInt>(room);
    status = deflate(&stream, input_bytes == text.size() ? Z_FINISH : Z_NO_FLUSH);
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) return {};
    text.remove_prefix(input_bytes - stream.avail_in);
    written += room - stream.avail_out;
  }
  out.resize(written);
  return out;
}

}  // namespace slod
