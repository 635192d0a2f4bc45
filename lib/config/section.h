#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/config/document.h"
#include "lib/config/recording.h"
#include "lib/config/scalars.h"
#include "lib/config/scope.h"
#include "lib/promql/selector.h"

namespace slod::config {

/// A map of the configuration while its keys are read, one call for each key that it may have.
/// Whatever is not right is reported to the scope, and the value keeps its default. What follows
/// the last key is finish(), which reports the keys that were not asked for.
class Section {
 public:
  /// `what` names it in messages: "a scrape job". A node that is no map is reported, and read as an
  /// empty one.
  Section(Scope& scope, const YamlNode& node, std::string what);

  /// A value that may be missing. Whether the key is there, right or wrong.
  template <class T>
  bool optional(std::string_view key, T& out, const Scalar<T>& reader) {
    const YamlNode* node = take(key);
    if (node != nullptr) read(*node, out, reader);
    return node != nullptr;
  }

  /// A value that must be there.
  template <class T>
  void required(std::string_view key, T& out, const Scalar<T>& reader) {
    if (const YamlNode* node = take_required(key)) read(*node, out, reader);
  }

  /// As optional(), for a value that has no default.
  template <class T>
  bool optional(std::string_view key, std::optional<T>& out, const Scalar<T>& reader) {
    T value{};
    const YamlNode* node = take(key);
    if (node != nullptr && read(*node, value, reader)) out = std::move(value);
    return node != nullptr;
  }

  /// The path of a file that must be readable and hold what it should, resolved.
  void optional_file(std::string_view key, std::string& out, FileContent content);
  void required_file(std::string_view key, std::string& out, FileContent content);

  /// A PromQL selector; nullopt after an error.
  std::optional<promql::Selector> selector(const YamlNode& node);

  /// The section under a key, or nullopt.
  std::optional<Section> section(std::string_view key, std::string what);
  /// The items of the list under a key; none where the key is missing or holds no list.
  const std::vector<YamlNode>& list(std::string_view key);

  /// The value of a key that may be missing, or null.
  const YamlNode* take(std::string_view key);
  /// The value of a key that must be there; reports it when it is missing.
  const YamlNode* take_required(std::string_view key);
  /// Exactly one of these keys: its position and value. Reports none, and more than one.
  std::optional<std::pair<std::size_t, const YamlNode*>> take_one_of(
      const std::vector<std::string_view>& keys);

  /// Reads one scalar. Whether it is right.
  template <class T>
  bool read(const YamlNode& node, T& out, const Scalar<T>& reader) {
    if (Recording* recording = scope_.recording()) {
      recording->scalar(node, reader.expected, reader.pattern, [&reader](const std::string& text) {
        const auto value = reader.parse(text);
        return value ? std::string() : value.error();
      });
    }
    if (node.kind != YamlNode::Kind::scalar) {
      scope_.error(node.mark, "expected " + reader.expected + ", found " + shown(node));
      return false;
    }
    auto value = reader.parse(node.scalar);
    if (!value) {
      scope_.error(node.mark, std::move(value.error()));
      return false;
    }
    out = std::move(*value);
    return true;
  }

  /// Reports the keys that no call above has asked for.
  void finish();

  Scope& scope() const { return scope_; }
  /// Of the whole section.
  Mark mark() const { return node_.mark; }
  /// Of the value of a key; of the whole section where the key is missing.
  Mark mark(std::string_view key) const;
  /// Of the key itself; of the whole section where it is missing.
  Mark key_mark(std::string_view key) const;
  const YamlNode& node() const { return node_; }

 private:
  const YamlNode* find(std::string_view key) const;
  const Key* slip_of(std::string_view key) const;
  void report_slip(const Key& slip, std::string_view meant);
  void read_file(const YamlNode& node, std::string& out, FileContent content);

  Scope& scope_;
  const YamlNode& node_;
  std::string what_;
  std::vector<std::string> asked_;
  std::vector<std::string> slips_;  ///< keys that are reported already
};

/// Every key and value of a map whose keys the user chooses: labels, annotations, routes. A node
/// that is no map is reported, and has none.
std::vector<std::pair<Key, const YamlNode*>> free_entries(Scope& scope, const YamlNode& node,
                                                          std::string_view what);

}  // namespace slod::config
