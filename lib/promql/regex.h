#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace slod::promql {

/// Why a pattern is no regular expression.
struct RegexError {
  std::string text;          ///< RE2's words, with the part of the pattern
  std::string_view go_kind;  ///< in the words of Go's regexp; empty where that has none
  std::string argument;      ///< the part of the pattern that is wrong
  bool is_too_long = false;  ///< it was not looked at
};

/// A regular expression as Prometheus reads them: RE2's syntax, which is Go's; it matches a whole
/// text, and '.' matches a line feed too. What it costs is bounded: the length of the pattern, and
/// the memory that it takes when it is made and when it matches. Immutable and safe to share
/// between threads.
class Regex {
 public:
  static constexpr std::size_t pattern_bytes_max = 4096;

  static std::expected<Regex, RegexError> make(const std::string& pattern);

  bool matches(std::string_view text) const;

  /// The whole text and what each group of the pattern took, as views of `text`; a group that took
  /// no part is a view without data. Empty where the text does not match.
  std::vector<std::string_view> groups(std::string_view text) const;

  /// The named groups, and which element of groups() each is.
  const std::map<std::string, int>& named_groups() const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> regex) : regex_(std::move(regex)) {}

  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace slod::promql
