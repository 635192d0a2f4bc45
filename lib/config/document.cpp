#include "lib/config/document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <utility>

namespace slod::config {
namespace {

constexpr std::size_t values_max = 100'000;
constexpr std::size_t depth_max = 32;

/// Thrown through yaml-cpp to end the reading of a document.
struct Abandoned {
  Mark mark;
  std::string message;
};

Mark mark_of(const YAML::Mark& mark) {
  return {std::max(mark.line, 0), std::max(mark.column, 0)};
}

/// Whether the quoted scalar at the start of `text` has a closing quote. yaml-cpp takes the end of
/// a text that ends with a line feed for one.
bool is_closed(std::string_view text) {
  const char quote = text.front();
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || text.substr(at, 2) != "''") return true;
      ++at;
    }
  }
  return false;
}

/// Makes a YamlNode of yaml-cpp's events. yaml-cpp's own YAML::Node is not used: it follows
/// aliases, drops duplicate keys and adds the keys one looks for.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, DocumentErrors& errors) : text_(text), errors_(errors) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) {
      throw Abandoned{mark_of(mark), "expected one YAML document, found a second one"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    leaf(YamlNode::Kind::null, mark, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    errors_.error(mark_of(mark), "expected a value, found an alias (*name)");
    leaf(YamlNode::Kind::null, mark, "");
  }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    errors_.error(mark_of(mark), fmt::format("expected a value, found an anchor (&{})", name));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    refuse_tag(mark, tag);
    refuse_open_quote(mark, tag);
    leaf(YamlNode::Kind::scalar, mark, value);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(YamlNode::Kind::list, mark);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    refuse_tag(mark, tag);
    open(YamlNode::Kind::map, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    std::map<std::string, Mark> keys;  ///< of a map
    bool has_key = false;              ///< of a map: the next node is the value
    bool key_is_right = false;
  };

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    constexpr std::string_view core = "tag:yaml.org,2002:";
    errors_.error(mark_of(mark),
                  fmt::format("expected a value without a tag, found {}",
                              tag.starts_with(core) ? "!!" + tag.substr(core.size()) : tag));
  }

  void refuse_open_quote(const YAML::Mark& mark, const std::string& tag) {
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    const bool is_quoted =
        tag == "!" && at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
    if (!is_quoted || is_closed(text_.substr(at))) return;
    throw Abandoned{
        mark_of(mark),
        fmt::format("expected a closing {} for this text, found the end of the file", text_[at])};
  }

  void count(const YAML::Mark& mark) {
    if (++values_ <= values_max) return;
    throw Abandoned{mark_of(mark),
                    fmt::format("expected at most {} values, found more", values_max)};
  }

  void leaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& value) {
    count(mark);
    YamlNode node;
    node.kind = kind;
    node.mark = mark_of(mark);
    node.scalar = value;
    add(std::move(node));
  }

  void open(YamlNode::Kind kind, const YAML::Mark& mark) {
    count(mark);
    if (open_.size() == depth_max) {
      throw Abandoned{mark_of(mark),
                      fmt::format("expected at most {} levels, found more", depth_max)};
    }
    Open opened;
    opened.node.kind = kind;
    opened.node.mark = mark_of(mark);
    open_.push_back(std::move(opened));
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::list) {
      parent.node.values.push_back(std::move(node));
    } else if (!std::exchange(parent.has_key, !parent.has_key)) {
      parent.key_is_right = add_key(parent, std::move(node));
    } else if (parent.key_is_right) {
      if (node.kind == YamlNode::Kind::null) node.mark = parent.node.keys.back().mark;
      parent.node.values.push_back(std::move(node));
    }
  }

  /// Whether the key counts; the value of one that does not is dropped.
  bool add_key(Open& parent, YamlNode node) {
    if (node.kind != YamlNode::Kind::scalar) {
      errors_.error(node.mark, fmt::format("expected a key that is a text, found {}", shown(node)));
      return false;
    }
    const auto [first, is_new] = parent.keys.emplace(node.scalar, node.mark);
    if (!is_new) {
      errors_.error(node.mark,
                    fmt::format("expected each key once, found {} again; it is on line {} "
                                "already",
                                node.scalar, first->second.line + 1));
      return false;
    }
    parent.node.keys.push_back({std::move(node.scalar), node.mark});
    return true;
  }

  std::string_view text_;
  DocumentErrors& errors_;
  YamlNode root_;
  std::vector<Open> open_;
  std::size_t values_ = 0;
  bool started_ = false;
};

}  // namespace

YamlNode parse_document(std::string_view text, DocumentErrors& errors) {
  // A last line without an end would make yaml-cpp lose the place of what is wrong there.
  const std::string ended = std::string(text) + (text.ends_with('\n') ? "" : "\n");
  TreeBuilder builder(ended, errors);
  try {
    std::istringstream stream(ended);
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& failure) {
    errors.error(mark_of(failure.mark), fmt::format("expected YAML, found: {}", failure.msg));
    return {};
  } catch (const Abandoned& abandoned) {
    errors.error(abandoned.mark, abandoned.message);
  }
  return builder.take_root();
}

std::string shown(const YamlNode& node) {
  constexpr std::size_t shown_bytes_max = 80;
  switch (node.kind) {
    case YamlNode::Kind::null:
      return "nothing";
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      break;
  }
  return node.scalar.size() > shown_bytes_max ? "a long text" : fmt::format("\"{}\"", node.scalar);
}

}  // namespace slod::config
