#include <optional>

#include "daemon/api/prometheus/series_job.h"
#include "lib/text/digits.h"
#include "lib/text/utf8.h"

namespace slod::prometheus_api {
namespace {

constexpr std::string_view mark = "U__";
constexpr std::size_t digits_max = 6;  ///< of a code point

/// The character of hexadecimal digits.
std::optional<char32_t> code_point(std::string_view digits) {
  if (digits.empty() || digits.size() > digits_max) return std::nullopt;
  char32_t point = 0;
  for (const char c : digits) {
    const unsigned digit = digit_value(c);
    if (digit > 15) return std::nullopt;
    point = point * 16 + digit;
  }
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  if (is_surrogate || point > 0x10ffff) return std::nullopt;
  return point;
}

}  // namespace

std::string unescaped_name(std::string_view name) {
  if (!name.starts_with(mark)) return std::string(name);
  std::string out;
  std::string_view rest = name.substr(mark.size());
  while (!rest.empty()) {
    if (rest.front() != '_') {
      out += rest.front();
      rest.remove_prefix(1);
      continue;
    }
    const std::size_t end = rest.find('_', 1);
    if (end == std::string_view::npos) return std::string(name);
    if (end == 1) {
      out += '_';
    } else {
      const auto point = code_point(rest.substr(1, end - 1));
      if (!point) return std::string(name);
      append_utf8(out, *point);
    }
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace slod::prometheus_api
