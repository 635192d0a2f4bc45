#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/rules/template_value.h"

namespace slod::rules {

/// The order of the alternatives of TemplateValue.
enum class ValueKind : std::size_t { whole, number, text, labels };

/// A function that templates may call. All yield a text.
struct TemplateFunction {
  using Arguments = std::vector<TemplateValue>;

  std::string_view name;
  /// Error: a sentence on what is wrong with the number or kinds of the arguments.
  std::expected<void, std::string> (*check)(const std::vector<ValueKind>& arguments);
  /// For arguments that passed the check. Error: a sentence, without the function's name.
  std::expected<std::string, std::string> (*call)(const Arguments& arguments);
};

/// Null where there is none of that name.
const TemplateFunction* template_function(std::string_view name);

/// "humanize, humanize1024, ...": what a message lists.
std::string template_function_names();

}  // namespace slod::rules
