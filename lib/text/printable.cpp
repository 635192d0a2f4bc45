#include "lib/text/printable.h"

#include "lib/text/utf8.h"

namespace slod {
namespace {

constexpr char32_t replacement = 0xfffd;

/// Control characters (general category Cc), the ends of lines and paragraphs (Zl, Zp), and what
/// turns the direction of writing (UAX 9).
char32_t shown(char32_t point) {
  if ((point >= '\t' && point <= '\r') || point == 0x85 || point == 0x2028 || point == 0x2029) {
    return ' ';
  }
  const bool is_control = point < 0x20 || (point >= 0x7f && point <= 0x9f);
  const bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
  return is_control || turns ? replacement : point;
}

}  // namespace

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
