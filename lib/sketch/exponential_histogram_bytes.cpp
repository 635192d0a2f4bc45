#include <fmt/format.h>

#include <bit>

#include "lib/sketch/exponential_histogram.h"

// The form, version 1: the version, the schema, buckets_max, the zero threshold, the sum, the zero
// count, then the positive and the negative buckets. These are spans, as native histograms have
// them: how many, and for each the distance from the bucket after the span before (from index 0
// for the first), the number of buckets, and their counts. Integers are LEB128 varints, signed
// ones zigzag; doubles are their 8 bytes, lowest first.

namespace slod {
namespace {

constexpr std::uint64_t version = 1;

void put_unsigned(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void put_signed(std::string& out, std::int64_t value) {
  put_unsigned(out,
               (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void put_double(std::string& out, double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 0; shift < 64; shift += 8) out += static_cast<char>(bits >> shift);
}

struct Span {
  std::int64_t first;
  std::span<const std::uint64_t> counts;
};

std::vector<Span> spans_of(const BucketRun& run) {
  std::vector<Span> spans;
  const auto counts = run.counts();
  for (std::size_t begin = 0; begin < counts.size();) {
    std::size_t end = begin;
    while (end < counts.size() && counts[end] > 0) ++end;
    if (end > begin) {
      spans.push_back({.first = run.first() + static_cast<std::int64_t>(begin),
                       .counts = counts.subspan(begin, end - begin)});
    }
    begin = end + 1;
  }
  return spans;
}

void put_run(std::string& out, const BucketRun& run) {
  const std::vector<Span> spans = spans_of(run);
  put_unsigned(out, spans.size());
  std::int64_t next = 0;
  for (const Span& span : spans) {
    put_signed(out, span.first - next);
    put_unsigned(out, span.counts.size());
    for (const std::uint64_t count : span.counts) put_unsigned(out, count);
    next = span.first + static_cast<std::int64_t>(span.counts.size());
  }
}

/// Reads front to back. After the first thing that is not as expected, everything reads as 0, and
/// error() says what and where that was.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t read_unsigned() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint64_t byte = read_byte();
      const std::uint64_t bits = byte & 0x7f;
      if (shift == 63 && bits > 1) break;
      value |= bits << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of at most 64 bits");
    return 0;
  }

  std::int64_t read_signed() {
    const std::uint64_t value = read_unsigned();
    return static_cast<std::int64_t>((value >> 1) ^ (0 - (value & 1)));
  }

  double read_double() {
    std::uint64_t bits = 0;
    for (int shift = 0; shift < 64; shift += 8) bits |= read_byte() << shift;
    return std::bit_cast<double>(bits);
  }

  void fail(std::string_view expected) {
    if (!failed()) error_ = fmt::format("expected {} at or before byte {}", expected, position_);
  }

  std::size_t remaining() const { return bytes_.size() - position_; }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

 private:
  std::uint64_t read_byte() {
    if (failed()) return 0;
    if (remaining() > 0) return static_cast<unsigned char>(bytes_[position_++]);
    fail("more bytes, found the end");
    return 0;
  }

  std::string_view bytes_;
  std::size_t position_ = 0;
  std::string error_;
};

std::vector<ExponentialBuckets::Bucket> read_run(ByteReader& reader) {
  constexpr std::int64_t distance_max = std::int64_t{1} << 32;
  std::vector<ExponentialBuckets::Bucket> buckets;
  std::int64_t next = 0;
  for (std::uint64_t spans = reader.read_unsigned(); spans > 0 && !reader.failed(); --spans) {
    const std::int64_t distance = reader.read_signed();
    const std::uint64_t length = reader.read_unsigned();
    if (distance < -distance_max || distance > distance_max || length > reader.remaining()) {
      reader.fail("a span of buckets that this histogram can have");
      break;
    }
    next += distance;
    for (std::uint64_t i = 0; i < length; ++i) buckets.emplace_back(next++, reader.read_unsigned());
  }
  return buckets;
}

}  // namespace

std::string ExponentialHistogram::bytes() const {
  std::string out;
  put_unsigned(out, version);
  put_signed(out, schema_);
  put_unsigned(out, buckets_max_);
  put_double(out, zero_threshold_);
  put_double(out, sum());
  put_unsigned(out, zero_count_);
  put_run(out, positive_);
  put_run(out, negative_);
  return out;
}

std::expected<ExponentialHistogram, std::string> ExponentialHistogram::from_bytes(
    std::string_view bytes) {
  ByteReader reader(bytes);
  if (const std::uint64_t found = reader.read_unsigned(); !reader.failed() && found != version) {
    return std::unexpected(
        fmt::format("expected histogram bytes of version {}, found version {}", version, found));
  }
  ExponentialBuckets buckets;
  const std::int64_t schema = reader.read_signed();
  const std::uint64_t buckets_max = reader.read_unsigned();
  buckets.zero_threshold = reader.read_double();
  buckets.sum = reader.read_double();
  buckets.zero_count = reader.read_unsigned();
  buckets.positive = read_run(reader);
  buckets.negative = read_run(reader);
  if (schema < schema_min || schema > schema_max) reader.fail("a schema from -4 to 8");
  if (buckets_max < buckets_max_least || buckets_max > buckets_max_most) {
    reader.fail("a limit of 264 to 65536 buckets");
  }
  if (reader.remaining() > 0) reader.fail("the end, found more bytes");
  if (reader.failed()) return std::unexpected("histogram bytes: " + reader.error());
  buckets.schema = static_cast<int>(schema);
  return from_buckets(buckets, static_cast<std::size_t>(buckets_max));
}

}  // namespace slod
