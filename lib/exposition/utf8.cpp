#include "lib/exposition/utf8.h"

#include <cstddef>

namespace slod {
namespace {

/// How many bytes follow a lead byte, and what the first of them may be; none may follow a byte
/// that cannot lead.
struct Lead {
  std::size_t following = 0;
  unsigned char second_min = 0x80;
  unsigned char second_max = 0xbf;
};

Lead lead_of(unsigned char byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {.following = 1};
  if (byte == 0xe0) return {.following = 2, .second_min = 0xa0};
  if (byte == 0xed) return {.following = 2, .second_max = 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {.following = 2};
  if (byte == 0xf0) return {.following = 3, .second_min = 0x90};
  if (byte >= 0xf1 && byte <= 0xf3) return {.following = 3};
  if (byte == 0xf4) return {.following = 3, .second_max = 0x8f};
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) continue;
    const Lead lead = lead_of(byte);
    if (lead.following == 0 || text.size() - i <= lead.following) return false;
    for (std::size_t k = 1; k <= lead.following; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next < (k == 1 ? lead.second_min : 0x80)) return false;
      if (next > (k == 1 ? lead.second_max : 0xbf)) return false;
    }
    i += lead.following;
  }
  return true;
}

}  // namespace slod
