#include "lib/config/redacted.h"

#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>
#include <yaml-cpp/null.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "lib/config/receivers.h"

namespace slod::config {
namespace {

constexpr std::string_view secret = "<secret>";
constexpr std::string_view scheme_end = "://";

/// `text` without what stands before an @ in the authorities of its URLs (RFC 3986, 3.2.1).
std::string without_userinfo(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t scheme = text.find(scheme_end);
    if (scheme == std::string_view::npos) return out.append(text);
    const std::size_t begin = scheme + scheme_end.size();
    out.append(text.substr(0, begin));
    text.remove_prefix(begin);
    const std::string_view authority = text.substr(0, text.find_first_of("/?# \t\r\n\"'<>"));
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
      out.append(secret);
      text.remove_prefix(at);
    }
  }
}

/// A URL of which only scheme and host are left.
std::string host_only(std::string_view url) {
  const std::size_t scheme = url.find(scheme_end);
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + scheme_end.size();
  const std::size_t rest = url.find_first_of("/?#", host);
  if (rest == std::string_view::npos || url.substr(rest) == "/") return without_userinfo(url);
  return without_userinfo(url.substr(0, rest)) + "/" + std::string(secret);
}

/// yaml-cpp 0.7 leaves a carriage return without quotes, where it is no part of a text.
void emit_text(YAML::Emitter& out, const std::string& text) {
  if (text.find_first_of("\r\n\t") != std::string::npos) out << YAML::DoubleQuoted;
  out << text;
}

void emit(YAML::Emitter& out, const YamlNode& node, std::string_view within);

void emit_map(YAML::Emitter& out, const YamlNode& node, std::string_view within) {
  out << YAML::BeginMap;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& key = node.keys[i].name;
    const YamlNode& value = node.values[i];
    out << YAML::Key;
    emit_text(out, key);
    out << YAML::Value;
    if (key == "path" && value.kind == YamlNode::Kind::scalar) {
      emit_text(out, without_query(value.scalar));
    } else if (is_private_url(within, key) && value.kind == YamlNode::Kind::scalar) {
      emit_text(out, host_only(value.scalar));
    } else {
      emit(out, value, key);
    }
  }
  out << YAML::EndMap;
}

/// `within` is the key whose value this is.
void emit(YAML::Emitter& out, const YamlNode& node, std::string_view within) {
  switch (node.kind) {
    case YamlNode::Kind::null:
      out << YAML::Null;
      return;
    case YamlNode::Kind::scalar:
      emit_text(out, without_userinfo(node.scalar));
      return;
    case YamlNode::Kind::list:
      out << YAML::BeginSeq;
      for (const YamlNode& value : node.values) emit(out, value, within);
      out << YAML::EndSeq;
      return;
    case YamlNode::Kind::map:
      emit_map(out, node, within);
  }
}

/// Puts the keys of `from` into `into`; of a key that both have, the lists.
void add(YamlNode& into, const YamlNode& from) {
  into.kind = YamlNode::Kind::map;
  for (std::size_t i = 0; i < from.keys.size() && from.kind == YamlNode::Kind::map; ++i) {
    const YamlNode& value = from.values[i];
    const auto known = std::ranges::find(into.keys, from.keys[i].name, &Key::name);
    if (known == into.keys.end()) {
      into.keys.push_back(from.keys[i]);
      into.values.push_back(value);
      continue;
    }
    YamlNode& list = into.values[static_cast<std::size_t>(known - into.keys.begin())];
    if (list.kind == YamlNode::Kind::null) list.kind = value.kind;  // `rules:` alone
    std::ranges::copy(value.values, std::back_inserter(list.values));
  }
}

}  // namespace

std::string without_query(const std::string& url) {
  const std::size_t query = url.find('?');
  return query == std::string::npos ? url : url.substr(0, query + 1) + std::string(secret);
}

std::string redacted(const std::vector<YamlNode>& documents) {
  YamlNode whole;
  for (const YamlNode& document : documents) add(whole, document);
  if (whole.keys.empty()) return "";
  YAML::Emitter out;
  emit(out, whole, "");
  return std::string(out.c_str()) + "\n";
}

}  // namespace slod::config
