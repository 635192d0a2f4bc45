#include "lib/json/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <iterator>

#include "lib/text/utf8.h"

namespace slod {
namespace {

void append(std::string& out, const boost::json::value& value);

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
  } else if (number == std::trunc(number) && std::abs(number) < 1e15) {
    fmt::format_to(std::back_inserter(out), "{:.0f}", number);
  } else {
    fmt::format_to(std::back_inserter(out), "{}", number);
  }
}

/// Stands for itself between the quotes of a JSON text.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f && c != '"' && c != '\\';
}

void append_object(std::string& out, const boost::json::object& object) {
  out += '{';
  bool first = true;
  for (const auto& [key, member] : object) {
    if (!first) out += ',';
    first = false;
    append_json_text(out, key);
    out += ':';
    append(out, member);
  }
  out += '}';
}

void append_array(std::string& out, const boost::json::array& array) {
  out += '[';
  bool first = true;
  for (const auto& element : array) {
    if (!first) out += ',';
    first = false;
    append(out, element);
  }
  out += ']';
}

void append(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::object:
      return append_object(out, value.get_object());
    case boost::json::kind::array:
      return append_array(out, value.get_array());
    case boost::json::kind::double_:
      return append_number(out, value.get_double());
    case boost::json::kind::string:
      return append_json_text(out, value.get_string());
    default:
      out += boost::json::serialize(value);
  }
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  if (!std::ranges::all_of(text, is_plain)) {
    out += boost::json::serialize(boost::json::string_view(valid_utf8(text)));
    return;
  }
  out += '"';
  out += text;
  out += '"';
}

std::string json_text(const boost::json::value& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace slod
