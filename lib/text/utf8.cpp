#include "lib/text/utf8.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace slod {
namespace {

/// What may follow a lead byte: how many bytes, and the range of the first of them.
struct Following {
  std::size_t bytes = 0;  ///< 0: the byte leads no character
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xbf;
};

Following following(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return {.bytes = 1};
  if (lead == 0xe0) return {.bytes = 2, .second_min = 0xa0};
  if (lead == 0xed) return {.bytes = 2, .second_max = 0x9f};
  if (lead >= 0xe1 && lead <= 0xef) return {.bytes = 2};
  if (lead == 0xf0) return {.bytes = 3, .second_min = 0x90};
  if (lead >= 0xf1 && lead <= 0xf3) return {.bytes = 3};
  if (lead == 0xf4) return {.bytes = 3, .second_max = 0x8f};
  return {};
}

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// Where the run of ASCII that begins at `i` ends. Whole words at once, for most text is ASCII.
std::size_t end_of_ascii(std::string_view text, std::size_t i) {
  constexpr std::uint64_t high_bits = 0x8080808080808080;
  std::uint64_t word = 0;
  for (; text.size() - i >= sizeof word; i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    if ((word & high_bits) != 0) break;
  }
  while (i < text.size() && byte_at(text, i) < 0x80) ++i;
  return i;
}

/// The bytes of the character at the front of `text`, or 1 where it begins with none.
std::size_t step(std::string_view text) {
  return std::max<std::size_t>(1, utf8_length(text));
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  if (byte_at(text, 0) < 0x80) return 1;
  const Following wanted = following(byte_at(text, 0));
  if (wanted.bytes == 0 || text.size() <= wanted.bytes) return 0;
  if (byte_at(text, 1) < wanted.second_min || byte_at(text, 1) > wanted.second_max) return 0;
  for (std::size_t i = 2; i <= wanted.bytes; ++i) {
    if ((byte_at(text, i) & 0xc0U) != 0x80U) return 0;
  }
  return wanted.bytes + 1;
}

char32_t code_point(std::string_view character) {
  assert(!character.empty() && utf8_length(character) == character.size());
  const char32_t lead = byte_at(character, 0);
  if (character.size() == 1) return lead;
  char32_t point = lead & (0xffU >> (character.size() + 1));
  for (std::size_t i = 1; i < character.size(); ++i) {
    point = (point << 6) | (byte_at(character, i) & 0x3fU);
  }
  return point;
}

void append_utf8(std::string& out, char32_t point) {
  assert(point <= 0x10ffff);
  const auto push = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto push_rest = [&](unsigned shift) { push(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    push(point);
  } else if (point < 0x800) {
    push(0xc0 | (point >> 6));
    push_rest(0);
  } else if (point < 0x10000) {
    push(0xe0 | (point >> 12));
    push_rest(6);
    push_rest(0);
  } else {
    push(0xf0 | (point >> 18));
    push_rest(12);
    push_rest(6);
    push_rest(0);
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (byte_at(text, i) < 0x80) {
      i = end_of_ascii(text, i + 1);
      continue;
    }
    const std::size_t length = utf8_length(text.substr(i));
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    out += length == 0 ? "\uFFFD" : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(step(text));
  return count;
}

std::string_view first_characters(std::string_view text, std::size_t count) {
  std::size_t end = 0;
  for (; count > 0 && end < text.size(); --count) end += step(text.substr(end));
  return text.substr(0, end);
}

}  // namespace slod
