#pragma once

#include <algorithm>
#include <string>
#include <string_view>

/// PromQL's classes of characters. Letters and digits are ASCII's, whatever the locale.
namespace slod::promql {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

constexpr bool is_alphanumeric(char c) {
  return is_alpha(c) || is_digit(c);
}

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Whether a label of this name needs no quotes.
constexpr bool is_bare_label(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) && std::ranges::all_of(name, is_alphanumeric);
}

inline std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace slod::promql
