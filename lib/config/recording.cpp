#include "lib/config/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "lib/json/text.h"

namespace slod::config {
namespace {

namespace json = boost::json;

/// The words of a refusal ("expected deny, allow or last_known, found ...") if the reader takes
/// each of them, and no made-up word; else none.
std::vector<std::string> words_of(const Recording::Refusal& refusal) {
  if (refusal("unheard_of").empty()) return {};
  const std::string said = refusal("?");
  const std::size_t end = said.find(", found ");
  constexpr std::string_view begin = "expected ";
  if (end == std::string::npos || !said.starts_with(begin)) return {};
  std::string_view list = std::string_view(said).substr(begin.size(), end - begin.size());
  std::vector<std::string> words;
  while (!list.empty()) {
    const std::size_t length = std::min(list.find_first_of(", "), list.size());
    const std::string word(list.substr(0, length));
    list.remove_prefix(std::min(length + 1, list.size()));
    if (word.empty() || word == "or") continue;
    if (!refusal(word).empty()) return {};
    words.push_back(word);
  }
  return words;
}

/// The kinds of YAML's plain values that the reader takes. Everything is text to it, so `owner: 7`
/// is as right as `owner: "7"`.
json::array types_of(const Recording::Refusal& refusal) {
  const auto takes = [&refusal](const char* text) { return refusal(text).empty(); };
  json::array types{"string"};
  if (takes("0.5") || takes("1.5")) {
    types.emplace_back("number");
  } else if (takes("0") || takes("1") || takes("100")) {
    types.emplace_back("integer");
  }
  if (takes("true")) types.emplace_back("boolean");
  return types;
}

/// A reference is a URI, in which blanks cannot stand.
std::string key_of(std::string kind) {
  std::ranges::replace(kind, ' ', '_');
  return kind;
}

json::object reference(const std::string& kind) {
  return {{"$ref", "#/$defs/" + key_of(kind)}};
}

}  // namespace

void Recording::section(const YamlNode& node, const std::string& what) {
  if (sections_.try_emplace(&node, Asked{what, {}, {}}).second) {
    kinds_[what].nodes.push_back(&node);
  }
}

void Recording::key(const YamlNode& section, std::string_view key, bool required) {
  const auto asked = sections_.find(&section);
  if (asked == sections_.end()) return;
  Keys& keys = kinds_[asked->second.kind].keys;
  if (std::ranges::find(keys, key) == keys.end()) keys.emplace_back(key);
  if (required) asked->second.required.emplace(key);
}

void Recording::one_of(const YamlNode& section, const std::vector<std::string_view>& keys) {
  const auto asked = sections_.find(&section);
  if (asked != sections_.end()) asked->second.one_of.emplace(keys.begin(), keys.end());
}

void Recording::scalar(const YamlNode& node, const std::string& expected,
                       const std::string& pattern, const Refusal& refusal) {
  json::object schema{{"description", expected}};
  if (const auto words = words_of(refusal); !words.empty()) {
    const bool is_boolean = words == std::vector<std::string>{"true", "false"};
    if (is_boolean) {
      schema["type"] = "boolean";
    } else {
      schema["enum"] = json::array(words.begin(), words.end());
    }
  } else {
    schema["type"] = types_of(refusal);
    if (!pattern.empty()) schema["pattern"] = pattern;
  }
  scalars_[&node] = std::move(schema);
}

std::vector<const YamlNode*> Recording::values(const Kind& kind, const std::string& key) const {
  std::vector<const YamlNode*> found;
  for (const YamlNode* node : kind.nodes) {
    for (std::size_t i = 0; i < node->keys.size(); ++i) {
      if (node->keys[i].name == key) found.push_back(&node->values[i]);
    }
  }
  return found;
}

json::object Recording::value_schema(const std::vector<const YamlNode*>& values) const {
  std::map<std::string, json::object> variants;  // by their text
  const auto add = [&variants](json::object variant) {
    std::string text = json_text(variant);
    variants.emplace(std::move(text), std::move(variant));
  };
  std::vector<const YamlNode*> items;
  std::vector<const YamlNode*> members;
  for (const YamlNode* value : values) {
    if (const auto section = sections_.find(value); section != sections_.end()) {
      add(reference(section->second.kind));
    } else if (const auto scalar = scalars_.find(value); scalar != scalars_.end()) {
      add(scalar->second);
    } else if (value->kind == YamlNode::Kind::list || value->kind == YamlNode::Kind::map) {
      auto& into = value->kind == YamlNode::Kind::list ? items : members;
      for (const YamlNode& each : value->values) into.push_back(&each);
    }
  }
  if (!items.empty()) add({{"type", "array"}, {"items", value_schema(items)}});
  if (!members.empty()) {
    add({{"type", "object"}, {"additionalProperties", value_schema(members)}});
  }
  if (variants.size() == 1) return variants.begin()->second;
  json::array any;
  for (auto& [text, variant] : variants) any.push_back(std::move(variant));
  return any.empty() ? json::object() : json::object{{"anyOf", std::move(any)}};
}

json::object Recording::kind_schema(const Kind& kind) const {
  std::set<std::string> required = sections_.at(kind.nodes.front()).required;
  std::set<Keys> one_of = sections_.at(kind.nodes.front()).one_of;
  for (const YamlNode* node : kind.nodes) {
    const Asked& asked = sections_.at(node);
    std::erase_if(required, [&](const auto& key) { return !asked.required.contains(key); });
    std::erase_if(one_of, [&](const auto& keys) { return !asked.one_of.contains(keys); });
  }
  json::object properties;
  for (const std::string& key : kind.keys) properties[key] = value_schema(values(kind, key));
  json::object schema{
      {"type", "object"}, {"additionalProperties", false}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = json::array(required.begin(), required.end());
  json::array all;
  for (const Keys& keys : one_of) {
    json::array choices;
    for (const std::string& key : keys) choices.push_back({{"required", {key}}});
    all.push_back({{"oneOf", std::move(choices)}});
  }
  if (!all.empty()) schema["allOf"] = std::move(all);
  return schema;
}

json::object Recording::schema(const std::string& root) const {
  json::object kinds;
  for (const auto& [name, kind] : kinds_) kinds[key_of(name)] = kind_schema(kind);
  json::object schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
  schema["$ref"] = "#/$defs/" + key_of(root);
  schema["$defs"] = std::move(kinds);
  return schema;
}

std::vector<std::string> Recording::unseen() const {
  std::vector<std::string> unseen;
  for (const auto& [name, kind] : kinds_) {
    for (const std::string& key : kind.keys) {
      if (value_schema(values(kind, key)).empty())
        unseen.push_back(fmt::format("{}: {}", name, key));
    }
  }
  return unseen;
}

}  // namespace slod::config
