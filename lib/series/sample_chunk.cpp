#include "lib/series/sample_chunk.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cstring>
#include <optional>

namespace slod {
namespace {

/// How a difference of differences is written: `prefix` in `prefix_bits` bits, then `bits` bits of
/// it. The shortest that holds it is taken.
struct TimeForm {
  unsigned prefix;
  unsigned prefix_bits;
  unsigned bits;
};
constexpr std::array<TimeForm, 4> time_forms{
    {{0b0, 1, 0}, {0b10, 2, 14}, {0b110, 3, 20}, {0b111, 3, 64}}};

bool fits(std::int64_t value, unsigned bits) {
  if (bits == 0) return value == 0;
  if (bits == 64) return true;
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  return value >= -limit && value < limit;
}

constexpr unsigned leading_field = 5;
constexpr unsigned length_field = 6;
constexpr unsigned leading_max = (1U << leading_field) - 1;

class Bits {
 public:
  explicit Bits(std::string_view bytes) : bytes_(bytes) {}

  bool has(unsigned bits) const { return at_ + bits <= bytes_.size() * 8; }

  /// So many bits can be seen at once, wherever the next one lies in its byte.
  static constexpr unsigned seen_bits = 57;
  /// Whether there are bytes enough to look at.
  bool can_see() const { return at_ / 8 + sizeof(std::uint64_t) <= bytes_.size(); }
  /// The next seen_bits, first of the word, and others behind them. can_see() must hold.
  std::uint64_t seen() const {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes_.data() + at_ / 8, sizeof(word));
    if constexpr (std::endian::native == std::endian::little) word = std::byteswap(word);
    return word << (at_ % 8);
  }
  /// No more than was seen.
  void skip(unsigned bits) { at_ += bits; }

  /// At most 64; nullopt beyond the end.
  std::optional<std::uint64_t> take(unsigned bits) {
    if (bits > 0 && bits <= seen_bits && can_see()) {
      const std::uint64_t word = seen() >> (64 - bits);
      skip(bits);
      return word;
    }
    return take_bytewise(bits);
  }

 private:
  std::optional<std::uint64_t> take_bytewise(unsigned bits) {
    if (!has(bits)) return std::nullopt;
    std::uint64_t value = 0;
    while (bits > 0) {
      const unsigned used = static_cast<unsigned>(at_ % 8);
      const unsigned now = std::min(bits, 8 - used);
      const unsigned byte = static_cast<unsigned char>(bytes_[at_ / 8]);
      const unsigned part = (byte >> (8 - used - now)) & ((1U << now) - 1);
      value = (value << now) | part;
      at_ += now;
      bits -= now;
    }
    return value;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
};

/// Reads a chunk sample by sample.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bits_(bytes) {}

  /// False where the bits end or make no sense.
  bool next(Instant& at, double& value) {
    if (!next_usual() && (!next_time() || !next_value())) return false;
    is_first_ = false;
    at = at_;
    value = std::bit_cast<double>(value_);
    return true;
  }

 private:
  /// Reads a sample of the commonest form in one look: as far from the one before as that was from
  /// its own, and with a value that is the same, or changed where that one changed. False: it has
  /// another form, and nothing was read.
  bool next_usual() {
    constexpr unsigned changed_prefix = 3;
    if (is_first_ || !bits_.can_see()) return false;
    const std::uint64_t seen = bits_.seen();
    const auto prefix = static_cast<unsigned>(seen >> (64 - changed_prefix));
    if (prefix <= 0b001) {
      bits_.skip(2);
    } else if (prefix == 0b010 && length_ <= Bits::seen_bits - changed_prefix &&
               leading_ + length_ <= 64) {
      bits_.skip(changed_prefix + length_);
      value_ ^= (seen << changed_prefix) >> (64 - length_) << (64 - leading_ - length_);
    } else {
      return false;
    }
    advance();
    return true;
  }

  /// Damaged bits may say anything, and must not overflow.
  void advance() {
    at_ = Instant(Duration(static_cast<std::int64_t>(
        static_cast<std::uint64_t>(at_.time_since_epoch().count()) + step_)));
  }

  bool next_time() {
    if (is_first_) {
      const auto time = bits_.take(64);
      if (!time) return false;
      at_ = Instant(Duration(static_cast<std::int64_t>(*time)));
      return true;
    }
    std::uint64_t prefix = 0;
    std::size_t form = 0;
    for (; form + 1 < time_forms.size(); ++form) {
      const auto bit = bits_.take(1);
      if (!bit) return false;
      prefix = *bit;
      if (prefix == 0) break;
    }
    const unsigned width = time_forms[form].bits;
    const auto raw = bits_.take(width);
    if (!raw) return false;
    std::int64_t change = static_cast<std::int64_t>(*raw);
    if (width > 0 && width < 64 && (*raw >> (width - 1)) != 0) {
      change -= std::int64_t{1} << width;
    }
    step_ += static_cast<std::uint64_t>(change);
    advance();
    return true;
  }

  bool next_value() {
    if (is_first_) {
      const auto raw = bits_.take(64);
      value_ = raw.value_or(0);
      return raw.has_value();
    }
    const auto changed = bits_.take(1);
    if (!changed) return false;
    if (*changed == 0) return true;
    const auto new_window = bits_.take(1);
    if (!new_window) return false;
    if (*new_window != 0) {
      const auto leading = bits_.take(leading_field);
      const auto length = bits_.take(length_field);
      if (!leading || !length) return false;
      leading_ = static_cast<unsigned>(*leading);
      length_ = static_cast<unsigned>(*length) + 1;
    }
    if (leading_ + length_ > 64) return false;
    const auto raw = bits_.take(length_);
    if (!raw) return false;
    value_ ^= *raw << (64 - leading_ - length_);
    return true;
  }

  Bits bits_;
  bool is_first_ = true;
  Instant at_{};
  std::uint64_t step_ = 0;  ///< in milliseconds, two's complement
  std::uint64_t value_ = 0;
  unsigned leading_ = 0;
  unsigned length_ = 64;
};

constexpr std::size_t size_bytes = sizeof(std::uint32_t);

}  // namespace

void SampleChunk::put(std::uint64_t value, unsigned bits) {
  while (bits > 0) {
    if (free_bits_ == 0) {
      bits_.push_back('\0');
      free_bits_ = 8;
    }
    const unsigned now = std::min<unsigned>(bits, free_bits_);
    const std::uint64_t part = (value >> (bits - now)) & ((std::uint64_t{1} << now) - 1);
    const unsigned byte = static_cast<unsigned char>(bits_.back()) |
                          static_cast<unsigned>(part << (free_bits_ - now));
    bits_.back() = static_cast<char>(byte);
    free_bits_ = static_cast<std::uint8_t>(free_bits_ - now);
    bits -= now;
  }
}

void SampleChunk::append(Instant at, double value) {
  assert(size_ == 0 || at > last_);
  put_time(at);
  put_value(value);
  ++size_;
  last_ = at;
}

void SampleChunk::put_time(Instant at) {
  if (size_ == 0) {
    first_ = at;
    put(static_cast<std::uint64_t>(at.time_since_epoch().count()), 64);
    return;
  }
  const Duration step = at - last_;
  const std::int64_t change = (step - last_step_).count();
  last_step_ = step;
  const auto* form = std::ranges::find_if(
      time_forms, [change](const TimeForm& one) { return fits(change, one.bits); });
  put(form->prefix, form->prefix_bits);
  put(static_cast<std::uint64_t>(change), form->bits);
}

void SampleChunk::put_value(double value) {
  const std::uint64_t raw = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t changed = raw ^ last_value_;
  last_value_ = raw;
  if (size_ == 0) return put(raw, 64);
  if (changed == 0) return put(0, 1);
  const unsigned leading =
      std::min<unsigned>(static_cast<unsigned>(std::countl_zero(changed)), leading_max);
  const unsigned trailing = static_cast<unsigned>(std::countr_zero(changed));
  put(1, 1);
  const bool fits_window = has_window_ && leading >= leading_ && trailing >= trailing_;
  if (!fits_window) {
    leading_ = static_cast<std::uint8_t>(leading);
    trailing_ = static_cast<std::uint8_t>(trailing);
    has_window_ = true;
    put(1, 1);
    put(leading, leading_field);
    put(64 - leading - trailing - 1, length_field);
  } else {
    put(0, 1);
  }
  put(changed >> trailing_, 64U - leading_ - trailing_);
}

void SampleChunk::read(Interval range, std::vector<Instant>& times,
                       std::vector<double>& values) const {
  if (empty() || last_ <= range.begin || first_ > range.end) return;
  Reader reader(bits_);
  Instant at;
  double value = 0;
  for (std::uint32_t i = 0; i < size_ && reader.next(at, value) && at <= range.end; ++i) {
    if (at <= range.begin) continue;
    times.push_back(at);
    values.push_back(value);
  }
}

std::string SampleChunk::bytes() const {
  std::string text(size_bytes, '\0');
  std::memcpy(text.data(), &size_, size_bytes);
  return text + bits_;
}

bool SampleChunk::read_bytes(std::string_view bytes, Interval range, std::vector<Instant>& times,
                             std::vector<double>& values) {
  if (bytes.size() < size_bytes) return false;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), size_bytes);
  Reader reader(bytes.substr(size_bytes));
  const std::size_t before = times.size();
  Instant last = Instant::min();
  Instant at;
  double value = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (!reader.next(at, value) || (i > 0 && at <= last)) {
      times.resize(before);
      values.resize(before);
      return false;
    }
    last = at;
    if (at <= range.begin || at > range.end) continue;
    times.push_back(at);
    values.push_back(value);
  }
  return true;
}

std::unique_ptr<SampleChunk> SampleChunk::from_bytes(std::string_view bytes) {
  if (bytes.size() < size_bytes) return nullptr;
  std::uint32_t size = 0;
  std::memcpy(&size, bytes.data(), size_bytes);
  Reader reader(bytes.substr(size_bytes));
  auto chunk = std::make_unique<SampleChunk>();
  Instant at;
  double value = 0;
  for (std::uint32_t i = 0; i < size; ++i) {
    if (!reader.next(at, value)) return nullptr;
    if (!chunk->empty() && at <= chunk->last()) return nullptr;
    chunk->append(at, value);
  }
  return chunk;
}

}  // namespace slod
