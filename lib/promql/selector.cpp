#include "lib/promql/selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/text/go_string.h"

namespace slod::promql {
namespace {

/// Words that Prometheus does not read as a bare metric name.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 8> words{"inf",      "nan",        "bool",        "on",
                                                  "ignoring", "group_left", "group_right", "atan2"};
  return std::ranges::find(words, lower(name)) != words.end();
}

bool is_bare_metric(std::string_view name) {
  return !name.empty() && !is_digit(name[0]) && !is_reserved(name) &&
         std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == ':'; });
}

}  // namespace

Matcher::Matcher(std::string label, Operation operation, std::string value,
                 std::optional<Regex> regex)
    : label_(std::move(label)),
      operation_(operation),
      value_(std::move(value)),
      regex_(std::move(regex)) {}

std::expected<Matcher, std::string> Matcher::make(std::string label, Operation operation,
                                                  std::string value) {
  if (operation == Operation::equal || operation == Operation::not_equal) {
    return Matcher(std::move(label), operation, std::move(value), std::nullopt);
  }
  auto regex = Regex::make(value);
  if (!regex && regex.error().is_too_long) return std::unexpected(std::move(regex.error().text));
  if (!regex) {
    return std::unexpected(
        fmt::format("expected a regular expression in RE2's syntax, found {} ({})",
                    go_quoted(value), regex.error().text));
  }
  return Matcher(std::move(label), operation, std::move(value), std::move(*regex));
}

bool Matcher::accepts(std::string_view value) const {
  switch (operation_) {
    case Operation::equal:
      return value == value_;
    case Operation::not_equal:
      return value != value_;
    case Operation::matches:
      return regex_->matches(value);
    case Operation::not_matches:
      return !regex_->matches(value);
  }
  return false;
}

bool Matcher::operator==(const Matcher& other) const {
  return label_ == other.label_ && operation_ == other.operation_ && value_ == other.value_;
}

std::string Matcher::text() const {
  constexpr std::array<std::string_view, 4> signs{"=", "!=", "=~", "!~"};
  return fmt::format("{}{}{}", is_bare_label(label_) ? label_ : go_quoted(label_),
                     signs[static_cast<std::size_t>(operation_)], go_quoted(value_));
}

std::string Selector::text() const {
  std::string inside;
  const auto append = [&inside](std::string_view condition) {
    if (!inside.empty()) inside.push_back(',');
    inside.append(condition);
  };
  const bool bare = is_bare_metric(metric);
  // The long form, since servers older than Prometheus 3 do not read a quoted name in braces.
  if (!bare && !metric.empty()) append("__name__=" + go_quoted(metric));
  for (const Matcher& matcher : matchers) append(matcher.text());
  const std::string name = bare ? metric : std::string();
  return inside.empty() ? name : fmt::format("{}{{{}}}", name, inside);
}

}  // namespace slod::promql
