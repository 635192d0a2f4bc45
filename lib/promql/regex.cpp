#include "lib/promql/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace slod::promql {
namespace {

/// Of a program and what it remembers while it matches; RE2 refuses a larger program, and forgets
/// while it matches.
constexpr std::int64_t memory_bytes_max = 1 << 20;

/// The string view that RE2 takes: a class of its own up to 2022, then Abseil's, which Debian 13
/// does not make the same as the standard's. All versions have it by this name.
re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

/// In the words of Go's regexp package, whose kinds of errors are RE2's.
std::string_view go_kind(re2::RE2::ErrorCode code) {
  struct Named {
    re2::RE2::ErrorCode code;
    std::string_view name;
  };
  constexpr std::array<Named, 12> names{
      {{re2::RE2::ErrorBadEscape, "invalid escape sequence"},
       {re2::RE2::ErrorBadCharClass, "invalid character class"},
       {re2::RE2::ErrorBadCharRange, "invalid character class range"},
       {re2::RE2::ErrorMissingBracket, "missing closing ]"},
       {re2::RE2::ErrorMissingParen, "missing closing )"},
       {re2::RE2::ErrorTrailingBackslash, "trailing backslash at end of expression"},
       {re2::RE2::ErrorRepeatArgument, "missing argument to repetition operator"},
       {re2::RE2::ErrorRepeatSize, "invalid repeat count"},
       {re2::RE2::ErrorRepeatOp, "invalid nested repetition operator"},
       {re2::RE2::ErrorBadPerlOp, "invalid or unsupported Perl syntax"},
       {re2::RE2::ErrorBadUTF8, "invalid UTF-8"},
       {re2::RE2::ErrorBadNamedCapture, "invalid named capture"}}};
  const auto* const known = std::ranges::find(names, code, &Named::code);
  return known == names.end() ? std::string_view() : known->name;
}

}  // namespace

std::expected<Regex, RegexError> Regex::make(const std::string& pattern) {
  if (pattern.size() > pattern_bytes_max) {
    return std::unexpected(RegexError{
        .text = fmt::format("expected a regular expression of at most {} bytes, found {}",
                            pattern_bytes_max, pattern.size()),
        .go_kind = {},
        .argument = {},
        .is_too_long = true});
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  options.set_max_mem(memory_bytes_max);
  auto regex = std::make_shared<const re2::RE2>(pattern, options);
  if (regex->ok()) return Regex(std::move(regex));
  return std::unexpected(RegexError{.text = regex->error(),
                                    .go_kind = slod::promql::go_kind(regex->error_code()),
                                    .argument = regex->error_arg()});
}

bool Regex::matches(std::string_view text) const {
  return re2::RE2::FullMatch(piece(text), *regex_);
}

std::vector<std::string_view> Regex::groups(std::string_view text) const {
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) +
                                      1);
  if (!regex_->Match(piece(text), 0, text.size(), re2::RE2::ANCHOR_BOTH, found.data(),
                     static_cast<int>(found.size()))) {
    return {};
  }
  std::vector<std::string_view> groups;
  groups.reserve(found.size());
  for (const re2::StringPiece& one : found) groups.emplace_back(one.data(), one.size());
  return groups;
}

const std::map<std::string, int>& Regex::named_groups() const {
  return regex_->NamedCapturingGroups();
}

}  // namespace slod::promql
