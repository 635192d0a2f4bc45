#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/promql/characters.h"
#include "lib/promql/regex.h"
#include "lib/query/frame_changes.h"
#include "lib/query/function_tables.h"

namespace slod::query {
namespace {

using Arguments = std::vector<Argument>;
using Groups = std::vector<std::string_view>;

/// Go's regexp template: `$1`, `${1}`, `$name`, `${name}` and `$$`. A name is as long as it can be;
/// a group that does not exist or took no part is the empty text.
class Template {
 public:
  Template(std::string_view text, const promql::Regex& regex)
      : text_(text), names_(regex.named_groups()) {}

  /// Error: the text would take more memory than there is.
  std::expected<std::string, Error> expand(const Groups& groups, const QueryLimits& limits) const {
    std::string result;
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::size_t dollar = std::min(rest.find('$'), rest.size());
      result += rest.substr(0, dollar);
      rest.remove_prefix(dollar);
      if (rest.empty()) break;
      rest.remove_prefix(1);
      if (rest.starts_with('$')) {
        result += '$';
        rest.remove_prefix(1);
      } else if (const std::string_view name = take_name(rest); !name.empty()) {
        const std::string_view taken = group(name, groups);
        if (auto fits = limits.make_room(result.size() + taken.size()); !fits) {
          return std::unexpected(fits.error());
        }
        result += taken;
      } else {
        result += '$';
      }
    }
    return result;
  }

 private:
  /// Takes `name` or `{name}` from the front of `rest`; takes nothing where there is none.
  static std::string_view take_name(std::string_view& rest) {
    const bool braces = rest.starts_with('{');
    const std::string_view from = rest.substr(braces ? 1 : 0);
    const auto end = std::ranges::find_if_not(from, promql::is_alphanumeric);
    const auto length = static_cast<std::size_t>(end - from.begin());
    if (length == 0 || (braces && !from.substr(length).starts_with('}'))) return {};
    rest = from.substr(length + (braces ? 1 : 0));
    return from.substr(0, length);
  }

  std::string_view group(std::string_view name, const Groups& groups) const {
    std::size_t index = groups.size();
    if (std::ranges::all_of(name, promql::is_digit)) {
      const bool is_index = name.size() < 9 && (name.size() == 1 || name.front() != '0');
      if (is_index) index = std::stoul(std::string(name));
    } else if (const auto found = names_.find(std::string(name)); found != names_.end()) {
      index = static_cast<std::size_t>(found->second);
    }
    return index < groups.size() ? groups[index] : std::string_view();
  }

  std::string_view text_;
  const std::map<std::string, int>& names_;
};

FrameResult merged(Frame frame) {
  if (auto done = merge_same_labels(frame); !done) return std::unexpected(done.error());
  return frame;
}

/// A name that label_replace or label_join set is not dropped later.
void set_label(Column& column, const std::string& name, std::string_view value) {
  column.labels.set(name, value);
  if (name == "__name__") column.drops_name = false;
}

FrameResult label_replace(Arguments& arguments, Context& context) {
  const std::string& to = text_at(arguments, 1);
  const std::string& from = text_at(arguments, 3);
  const std::string& pattern = text_at(arguments, 4);
  const auto regex = promql::Regex::make(pattern);
  if (!regex) {
    return std::unexpected(
        Error{.message = fmt::format("invalid regular expression in label_replace(): {}",
                                     regex.error().is_too_long ? regex.error().text : pattern)});
  }
  if (!is_label_name(to)) {
    return std::unexpected(
        Error{.message = fmt::format("invalid destination label name in label_replace(): {}", to)});
  }
  const Template replacement(text_at(arguments, 2), *regex);
  Frame frame = take_frame(arguments, 0);
  for (Column& column : frame) {
    if (auto may_go_on = context.limits.next_series(1); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    const Groups groups = regex->groups(column.labels.get(from));
    if (groups.empty()) continue;
    const auto value = replacement.expand(groups, context.limits);
    if (!value) return std::unexpected(value.error());
    set_label(column, to, *value);
  }
  return merged(std::move(frame));
}

/// The values of all labels that label_join names, with what stands between them. Error: they
/// would take more memory than there is.
std::expected<std::string, Error> joined(const Labels& labels, const Arguments& arguments,
                                         const QueryLimits& limits) {
  const std::string& separator = text_at(arguments, 2);
  std::size_t bytes = 0;
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    bytes += separator.size() + labels.get(text_at(arguments, i)).size();
  }
  if (auto fits = limits.make_room(bytes); !fits) return std::unexpected(fits.error());
  std::string value;
  value.reserve(bytes);
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    if (i > 3) value += separator;
    value += labels.get(text_at(arguments, i));
  }
  return value;
}

FrameResult label_join(Arguments& arguments, Context& context) {
  const std::string& to = text_at(arguments, 1);
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    if (is_label_name(text_at(arguments, i))) continue;
    return std::unexpected(
        Error{.message = fmt::format("invalid source label name in label_join(): {}",
                                     text_at(arguments, i))});
  }
  if (!is_label_name(to)) {
    return std::unexpected(
        Error{.message = fmt::format("invalid destination label name in label_join(): {}", to)});
  }
  Frame frame = take_frame(arguments, 0);
  for (Column& column : frame) {
    if (auto may_go_on = context.limits.next_series(arguments.size()); !may_go_on) {
      return std::unexpected(may_go_on.error());
    }
    const auto value = joined(column.labels, arguments, context.limits);
    if (!value) return std::unexpected(value.error());
    set_label(column, to, *value);
  }
  return merged(std::move(frame));
}

}  // namespace

std::vector<NamedFrameFunction> label_functions() {
  return {{"label_replace", label_replace}, {"label_join", label_join}};
}

}  // namespace slod::query
