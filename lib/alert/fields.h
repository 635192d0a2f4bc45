#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod::alert {

/// Reads the members of a stored object one by one and remembers the first thing that is wrong.
/// What cannot be read leaves its target as it was. The object must outlive it.
class Fields {
 public:
  explicit Fields(const boost::json::object& object) : object_(object) {}

  void text(std::string_view key, std::string& out);
  void number(std::string_view key, double& out);  ///< finite
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

}  // namespace slod::alert
