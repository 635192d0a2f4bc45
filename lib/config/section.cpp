#include "lib/config/section.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "lib/text/near_miss.h"

namespace slod::config {
namespace {

const YamlNode no_value{};
const YamlNode no_map{YamlNode::Kind::map, {}, {}, {}, {}};

/// The known key that `found` was probably meant to be, or the empty text. A secret is always in a
/// file, but many write it where its file should be named.
std::string meant_by(const std::string& found, const std::vector<std::string>& known) {
  std::string file = found + "_file";
  if (std::ranges::find(known, file) != known.end()) return file;
  return std::string(near_miss(found, known));
}

}  // namespace

Section::Section(Scope& scope, const YamlNode& node, std::string what)
    : scope_(scope),
      node_(node.kind == YamlNode::Kind::map ? node : no_map),
      what_(std::move(what)) {
  if (node.kind != YamlNode::Kind::map) {
    scope.error(node.mark,
                fmt::format("expected {} with keys and values, found {}", what_, shown(node)));
  }
  if (Recording* recording = scope.recording()) recording->section(node_, what_);
}

const YamlNode* Section::find(std::string_view key) const {
  const auto found = std::ranges::find(node_.keys, key, &Key::name);
  if (found == node_.keys.end()) return nullptr;
  return &node_.values[static_cast<std::size_t>(found - node_.keys.begin())];
}

const YamlNode* Section::take(std::string_view key) {
  if (std::ranges::find(asked_, key) == asked_.end()) asked_.emplace_back(key);
  if (Recording* recording = scope_.recording()) recording->key(node_, key, false);
  return find(key);
}

const YamlNode* Section::take_required(std::string_view key) {
  const YamlNode* node = take(key);
  if (Recording* recording = scope_.recording()) recording->key(node_, key, true);
  if (node != nullptr || &node_ == &no_map) return node;
  if (const Key* slip = slip_of(key)) {
    report_slip(*slip, key);
  } else {
    scope_.error(node_.mark, fmt::format("expected the key {} in {}, found none", key, what_));
  }
  return nullptr;
}

/// A key that is there and that `key` was probably meant by; null: there is none.
const Key* Section::slip_of(std::string_view key) const {
  for (const Key& found : node_.keys) {
    if (std::ranges::find(asked_, found.name) == asked_.end() &&
        !meant_by(found.name, {std::string(key)}).empty()) {
      return &found;
    }
  }
  return nullptr;
}

/// One finding for a key that is missing and the one in its place.
void Section::report_slip(const Key& slip, std::string_view meant) {
  slips_.push_back(slip.name);
  scope_.error(slip.mark, fmt::format("expected a key of {}, found {}; did you mean {}?", what_,
                                      slip.name, meant));
}

std::optional<std::pair<std::size_t, const YamlNode*>> Section::take_one_of(
    const std::vector<std::string_view>& keys) {
  if (Recording* recording = scope_.recording()) recording->one_of(node_, keys);
  std::optional<std::pair<std::size_t, const YamlNode*>> taken;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const YamlNode* node = take(keys[i]);
    if (node == nullptr) continue;
    if (taken) {
      scope_.error(node->mark,
                   fmt::format("expected one of {} in {}, found {} and {}", fmt::join(keys, ", "),
                               what_, keys[taken->first], keys[i]));
      return std::nullopt;
    }
    taken.emplace(i, node);
  }
  if (taken || &node_ == &no_map) return taken;
  for (const std::string_view key : keys) {
    const Key* slip = slip_of(key);
    if (slip == nullptr) continue;
    report_slip(*slip, key);
    return std::nullopt;
  }
  scope_.error(node_.mark,
               fmt::format("expected one of {} in {}, found none", fmt::join(keys, ", "), what_));
  return std::nullopt;
}

void Section::read_file(const YamlNode& node, std::string& out, FileContent content) {
  std::string path;
  if (!read(node, path, text())) return;
  out = scope_.resolve(path);
  scope_.check_file(node.mark, out, content);
}

void Section::optional_file(std::string_view key, std::string& out, FileContent content) {
  if (const YamlNode* node = take(key)) read_file(*node, out, content);
}

void Section::required_file(std::string_view key, std::string& out, FileContent content) {
  if (const YamlNode* node = take_required(key)) read_file(*node, out, content);
}

std::optional<promql::Selector> Section::selector(const YamlNode& node) {
  std::string written;
  if (!read(node, written, text())) return std::nullopt;
  auto parsed = promql::parse_selector(written);
  if (parsed) return std::move(*parsed);
  scope_.error_inside(node, parsed.error().offset, std::move(parsed.error().message));
  return std::nullopt;
}

std::optional<Section> Section::section(std::string_view key, std::string what) {
  const YamlNode* node = take(key);
  if (node == nullptr) return std::nullopt;
  return std::optional<Section>(std::in_place, scope_, *node, std::move(what));
}

const std::vector<YamlNode>& Section::list(std::string_view key) {
  const YamlNode* node = take(key);
  if (node == nullptr) return no_value.values;
  if (node->kind == YamlNode::Kind::list) return node->values;
  scope_.error(node->mark, fmt::format("expected a list of {}, found {}", key, shown(*node)));
  return no_value.values;
}

Mark Section::mark(std::string_view key) const {
  const YamlNode* node = find(key);
  return node == nullptr ? node_.mark : node->mark;
}

Mark Section::key_mark(std::string_view key) const {
  const auto found = std::ranges::find(node_.keys, key, &Key::name);
  return found == node_.keys.end() ? node_.mark : found->mark;
}

void Section::finish() {
  for (const Key& key : node_.keys) {
    if (std::ranges::find(asked_, key.name) != asked_.end()) continue;
    if (std::ranges::find(slips_, key.name) != slips_.end()) continue;
    const std::string meant = meant_by(key.name, asked_);
    if (!meant.empty()) {
      report_slip(key, meant);
    } else {
      scope_.error(key.mark, fmt::format("expected a key of {} ({}), found {}", what_,
                                         fmt::join(asked_, ", "), key.name));
    }
  }
}

std::vector<std::pair<Key, const YamlNode*>> free_entries(Scope& scope, const YamlNode& node,
                                                          std::string_view what) {
  std::vector<std::pair<Key, const YamlNode*>> entries;
  if (node.kind != YamlNode::Kind::map) {
    scope.error(node.mark, fmt::format("expected {}, found {}", what, shown(node)));
    return entries;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    entries.emplace_back(node.keys[i], &node.values[i]);
  }
  return entries;
}

}  // namespace slod::config
