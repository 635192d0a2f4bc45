#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "lib/text/utf8.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// Reads the members of a stored object one by one and remembers the first thing that is wrong.
/// What cannot be read leaves its target as it was. The object must outlive it.
class Fields {
 public:
  explicit Fields(const boost::json::object& object) : object_(object) {}

  void text(std::string_view key, std::string& out);
  void number(std::string_view key, double& out);  ///< finite
  /// Any number, stored as a text because JSON has neither NaN nor infinities.
  void number_text(std::string_view key, double& out);
  /// An object whose members are texts.
  void texts(std::string_view key, std::map<std::string, std::string>& out);
  void boolean(std::string_view key, bool& out);
  void seconds(std::string_view key, Duration& out);
  void instant(std::string_view key, Instant& out);
  /// null and a missing member are nullopt.
  void number(std::string_view key, std::optional<double>& out);
  void instant(std::string_view key, std::optional<Instant>& out);

  /// Remembers `message` unless something was wrong before.
  void fail(std::string message);
  /// `expected "key" to be WHAT, found ...`.
  void expected(std::string_view key, std::string_view what);

  /// Empty while nothing was wrong.
  const std::string& problem() const { return problem_; }

 private:
  const boost::json::value* present(std::string_view key) const;

  const boost::json::object& object_;
  std::string problem_;
};

/// Names and texts, made valid UTF-8, for Fields::texts.
template <class Pairs>
boost::json::object texts_json(const Pairs& pairs) {
  boost::json::object out;
  for (const auto& [name, text] : pairs) out[valid_utf8(name)] = valid_utf8(text);
  return out;
}

}  // namespace slod::alert
