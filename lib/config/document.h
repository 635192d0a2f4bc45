#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace slod::config {

/// A place in a file; both count from 0, the column in bytes. It becomes what editors show when it
/// is reported.
struct Mark {
  int line = 0;
  int column = 0;
};

struct Key {
  std::string name;
  Mark mark;
};

/// One value of a YAML document, with its place. Everything is text until a reader says otherwise.
struct YamlNode {
  enum class Kind { null, scalar, list, map };

  Kind kind = Kind::null;
  Mark mark;                     ///< of a missing value: its key's
  std::string scalar;            ///< of a scalar
  std::vector<Key> keys;         ///< of a map; keys[i] belongs to values[i]
  std::vector<YamlNode> values;  ///< of a list and a map
};

/// Takes what is wrong with a document.
class DocumentErrors {
 public:
  virtual ~DocumentErrors() = default;
  virtual void error(Mark mark, std::string message) = 0;
};

/// Reads one YAML document. Refused, each with its place: what is not YAML, aliases, anchors, tags,
/// a second document, a key given twice, keys that are no text, more than 100,000 values, and more
/// than 32 levels. An empty text is a null. Of a text that cannot be read to its end nothing is
/// returned, since its tree would lack what follows.
YamlNode parse_document(std::string_view text, DocumentErrors& errors);

/// "a list", "a map", "nothing", or the scalar in quotes: what a message says was found.
std::string shown(const YamlNode& node);

}  // namespace slod::config
