#include "daemon/net/message.h"

#include <algorithm>
#include <boost/json/object.hpp>

#include "lib/json/text.h"

namespace slod {

std::string_view Request::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

const std::string* Request::parameter(std::string_view name) const {
  for (const auto& field : query) {
    if (field.first == name) return &field.second;
  }
  return nullptr;
}

std::vector<std::string_view> Request::parameters(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& field : query) {
    if (field.first == name) values.emplace_back(field.second);
  }
  return values;
}

Response json_error(int status, std::string_view sentence) {
  return {.status = status, .body = json_text(boost::json::object{{"error", sentence}})};
}

bool is_token(std::string_view name) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.contains(c);
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace slod
