#include "lib/text/printable.h"

#include "lib/text/utf8.h"

namespace slod {
namespace {

constexpr char32_t replacement = 0xfffd;

char32_t shown(char32_t point) {
  if ((point >= '\t' && point <= '\r') || point == 0x85 || point == 0x2028 || point == 0x2029) {
    return ' ';
  }
  return is_acted_on(point) ? replacement : point;
}

}  // namespace

bool is_acted_on(char32_t point) {
  const bool is_control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
  const bool ends = point == 0x2028 || point == 0x2029;
  const bool turns = point == 0x200e || point == 0x200f || (point >= 0x202a && point <= 0x202e) ||
                     (point >= 0x2066 && point <= 0x2069);
  return is_control || ends || turns || point == 0xfeff;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    append_utf8(out, length == 0 ? replacement : shown(code_point(text.substr(0, length))));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace slod
