#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lib/config/document.h"

namespace slod::config {

/// How the readers read a document, noted while they do: which keys each kind of section asks for,
/// and how each value is read. A JSON schema of the configuration is made of it, so that the schema
/// cannot know other keys than the readers.
class Recording {
 public:
  /// Whether a reader takes a text: empty, or the error that it would report.
  using Refusal = std::function<std::string(const std::string&)>;

  /// The map is read as a section; `what` names its kind ("a scrape job").
  void section(const YamlNode& node, const std::string& what);
  /// The section asks for a key; `required`: it must be there.
  void key(const YamlNode& section, std::string_view key, bool required);
  /// The section asks for exactly one of these keys.
  void one_of(const YamlNode& section, const std::vector<std::string_view>& keys);
  /// The value is read as one text. `expected` says what kind of; `pattern` is a regular expression
  /// that every text of the kind matches, or empty.
  void scalar(const YamlNode& node, const std::string& expected, const std::string& pattern,
              const Refusal& refusal);

  /// A JSON schema (draft 2020-12) for what was read as sections of the kind `root`.
  boost::json::object schema(const std::string& root) const;
  /// Keys that were asked for but had no value anywhere ("a scrape job: path"): the document that
  /// was read does not show what they hold.
  std::vector<std::string> unseen() const;

 private:
  using Keys = std::vector<std::string>;
  /// All sections of one kind. A key that one of them does not need is optional for all.
  struct Kind {
    Keys keys;  ///< in the order in which they were asked for
    std::vector<const YamlNode*> nodes;
  };
  struct Asked {
    std::string kind;
    std::set<std::string> required;
    std::set<Keys> one_of;
  };

  boost::json::object kind_schema(const Kind& kind) const;
  boost::json::object value_schema(const std::vector<const YamlNode*>& values) const;
  std::vector<const YamlNode*> values(const Kind& kind, const std::string& key) const;

  std::map<std::string, Kind> kinds_;
  std::map<const YamlNode*, Asked> sections_;
  std::map<const YamlNode*, boost::json::object> scalars_;
};

}  // namespace slod::config
