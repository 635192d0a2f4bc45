#include "daemon/net/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "lib/text/digits.h"
#include "lib/text/utf8.h"

namespace slod {
namespace {

bool has_control_byte(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// nullopt where an escape is not two hexadecimal digits, or the result no UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const unsigned high = digit_value(text[i + 1]);
      const unsigned low = digit_value(text[i + 2]);
      if (high > 15 || low > 15) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::expected<std::string, std::string> normal_path(std::string_view encoded) {
  std::string path;
  bool ends_in_slash = true;
  while (!encoded.empty()) {
    encoded.remove_prefix(1);  // the slash
    const std::string_view raw = encoded.substr(0, encoded.find('/'));
    encoded.remove_prefix(raw.size());
    const auto segment = percent_decode(raw, false);
    if (!segment) return std::unexpected("expected UTF-8 with valid %XX escapes in the path");
    if (segment->contains('/')) return std::unexpected("expected no escaped slash in the path");
    if (has_control_byte(*segment)) return std::unexpected("expected no control byte in the path");
    ends_in_slash = segment->empty() || *segment == "." || *segment == "..";
    if (*segment == "..") {
      if (path.empty()) return std::unexpected("expected a path that stays below /");
      path.erase(path.rfind('/'));
    } else if (!ends_in_slash) {
      path += '/';
      path += *segment;
    }
  }
  if (ends_in_slash) path += '/';
  return path;
}

bool is_authority(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_:[]").contains(c);
  });
}

}  // namespace

std::string append_form(std::string_view form, Fields& fields) {
  while (!form.empty()) {
    const std::string_view field = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(field.size() + 1, form.size()));
    if (field.empty()) continue;
    const std::size_t equals = field.find('=');
    auto name = percent_decode(field.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::string()
                                                  : percent_decode(field.substr(equals + 1), true);
    if (!name || !value) return "expected UTF-8 with valid %XX escapes in the parameters";
    if (fields.size() == query_fields_max) {
      return fmt::format("expected at most {} parameters", query_fields_max);
    }
    fields.emplace_back(std::move(*name), std::move(*value));
  }
  return {};
}

std::expected<Target, std::string> parse_target(std::string_view target) {
  Target out;
  if (target.starts_with("http://")) {
    target.remove_prefix(7);
    const std::string_view authority = target.substr(0, target.find_first_of("/?"));
    target.remove_prefix(authority.size());
    if (!is_authority(authority)) return std::unexpected("expected a host after http://");
    out.host = authority;
    if (target.empty() || target.front() == '?') {
      return std::unexpected("expected a path after the host of the request target");
    }
  }
  if (!target.starts_with('/')) {
    return std::unexpected("expected a request target that starts with / or http://");
  }
  if (target.contains('#')) return std::unexpected("expected no # in the request target");
  const std::string_view encoded_path = target.substr(0, target.find('?'));
  auto path = normal_path(encoded_path);
  if (!path) return std::unexpected(path.error());
  out.path = std::move(*path);
  target.remove_prefix(encoded_path.size());
  if (!target.empty()) {
    if (std::string fault = append_form(target.substr(1), out.query); !fault.empty()) {
      return std::unexpected(std::move(fault));
    }
  }
  return out;
}

}  // namespace slod
