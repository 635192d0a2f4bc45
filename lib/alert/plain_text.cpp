#include "lib/alert/plain_text.h"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cassert>

#include "lib/text/utf8.h"

namespace slod::alert {
std::string one_line(std::string_view text) {
  std::string out = valid_utf8(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  return out;
}

void append_line(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  if (!out.empty()) out += '\n';
  out += fmt::format("{}: {}", name, one_line(text));
}

std::string cut(std::string_view text, std::size_t characters_max) {
  assert(characters_max >= 1);
  std::string out = valid_utf8(text);
  if (first_characters(out, characters_max).size() == out.size()) return out;
  return std::string(first_characters(out, characters_max - 1)) + "…";
}

bool is_web_address(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return false;
  const boost::urls::scheme scheme = parsed->scheme_id();
  if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https) return false;
  const std::string_view host = parsed->encoded_host();
  return !host.empty() && !host.contains('%');
}

}  // namespace slod::alert
