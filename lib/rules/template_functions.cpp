#include "lib/rules/template_functions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/literal.h"
#include "lib/rules/humanize.h"

namespace slod::rules {
namespace {

using Arguments = TemplateFunction::Arguments;
using Checked = std::expected<void, std::string>;
using Called = std::expected<std::string, std::string>;

std::string_view noun(ValueKind kind) {
  static constexpr std::array<std::string_view, 4> nouns{"a whole number", "a number", "a text",
                                                         "all labels"};
  return nouns[static_cast<std::size_t>(kind)];
}

Checked check_count(const std::vector<ValueKind>& arguments, std::size_t count) {
  if (arguments.size() == count) return {};
  return std::unexpected(
      fmt::format("expected {} argument{}, found {}", count, count == 1 ? "" : "s",
                  arguments.empty() ? "none" : std::to_string(arguments.size())));
}

Checked takes_number(const std::vector<ValueKind>& arguments) {
  if (const auto count = check_count(arguments, 1); !count) return count;
  if (arguments[0] != ValueKind::labels) return {};
  return std::unexpected("expected a number, found all labels");
}

Checked takes_text(const std::vector<ValueKind>& arguments) {
  if (const auto count = check_count(arguments, 1); !count) return count;
  if (arguments[0] == ValueKind::text) return {};
  return std::unexpected(fmt::format("expected a text, found {}", noun(arguments[0])));
}

Checked takes_labels_and_name(const std::vector<ValueKind>& arguments) {
  if (const auto count = check_count(arguments, 2); !count) return count;
  if (arguments[0] == ValueKind::labels && arguments[1] == ValueKind::text) return {};
  return std::unexpected(
      fmt::format("expected $labels and a label's name in quotes, found {} and {}",
                  noun(arguments[0]), noun(arguments[1])));
}

Checked takes_format(const std::vector<ValueKind>& arguments) {
  if (!arguments.empty() && arguments[0] == ValueKind::text) return {};
  return std::unexpected("expected a format in quotes");
}

/// As Prometheus reads what is to be humanized: a label's text is a number too.
std::expected<double, std::string> number_of(const TemplateValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  const std::string& text = std::get<std::string>(value);
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const auto read = promql::read_number_literal(std::string_view(text).substr(has_sign ? 1 : 0));
  if (!read) return std::unexpected(fmt::format("expected a number, found \"{}\"", text));
  return text.starts_with('-') ? -*read : *read;
}

template <std::string (*humanized)(double)>
Called call_on_number(const Arguments& arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return std::unexpected(number.error());
  return humanized(*number);
}

Called call_timestamp(const Arguments& arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return std::unexpected(number.error());
  return humanize_timestamp(*number);
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

Called upper(const Arguments& arguments) {
  std::string text = std::get<std::string>(arguments[0]);
  std::ranges::transform(text, text.begin(), to_upper);
  return text;
}

Called lower(const Arguments& arguments) {
  return promql::lower(std::get<std::string>(arguments[0]));
}

/// The first letter of each word becomes upper case, as Go's strings.Title does.
Called title(const Arguments& arguments) {
  std::string text = std::get<std::string>(arguments[0]);
  bool begins = true;
  for (char& c : text) {
    if (begins) c = to_upper(c);
    begins = !promql::is_alphanumeric(c) && static_cast<unsigned char>(c) < 0x80;
  }
  return text;
}

Called index(const Arguments& arguments) {
  return std::string(
      std::get<const Labels*>(arguments[0])->get(std::get<std::string>(arguments[1])));
}

Called print_formatted(const Arguments& arguments) {
  return go_printf(std::get<std::string>(arguments[0]), {arguments.begin() + 1, arguments.end()});
}

constexpr std::array functions{
    TemplateFunction{"humanize", takes_number, call_on_number<humanize>},
    TemplateFunction{"humanize1024", takes_number, call_on_number<humanize1024>},
    TemplateFunction{"humanizeDuration", takes_number, call_on_number<humanize_duration>},
    TemplateFunction{"humanizePercentage", takes_number, call_on_number<humanize_percentage>},
    TemplateFunction{"humanizeTimestamp", takes_number, call_timestamp},
    TemplateFunction{"index", takes_labels_and_name, index},
    TemplateFunction{"printf", takes_format, print_formatted},
    TemplateFunction{"title", takes_text, title},
    TemplateFunction{"toLower", takes_text, lower},
    TemplateFunction{"toUpper", takes_text, upper},
};

}  // namespace

const TemplateFunction* template_function(std::string_view name) {
  const auto* const found = std::ranges::find(functions, name, &TemplateFunction::name);
  return found == functions.end() ? nullptr : found;
}

std::string template_function_names() {
  std::vector<std::string_view> names;
  names.reserve(functions.size());
  for (const TemplateFunction& function : functions) names.push_back(function.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace slod::rules
