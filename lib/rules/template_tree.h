#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/rules/template.h"
#include "lib/rules/template_functions.h"
#include "lib/rules/template_value.h"

namespace slod::rules {

struct TemplatePipeline;

/// `$value`, `$labels`, `.Labels.job`, `$externalURL`.
struct TemplateVariable {
  enum class Of : std::uint8_t { value, labels, external_labels, external_url };
  Of of = Of::value;
  std::string field;  ///< of labels; empty: all of them
};

struct TemplateConstant {
  std::variant<std::int64_t, double, std::string> value;
};

using TemplateOperand =
    std::variant<TemplateVariable, TemplateConstant, std::shared_ptr<const TemplatePipeline>>;

/// A function and its arguments, or one operand alone.
struct TemplateCommand {
  const TemplateFunction* function = nullptr;
  std::vector<TemplateOperand> operands;
};

/// Commands of which each but the first has the one before as its last argument.
struct TemplatePipeline {
  std::vector<TemplateCommand> commands;  ///< not empty
};

/// A text, or what stands in an action.
struct Template::Part {
  std::string text;
  std::optional<TemplatePipeline> action;
};

/// Reads an action's inner text, which is [begin, end) of `text`. Sets `end` to where it ends: at
/// its closing braces (with their trim marker). Offsets in errors count from the start of `text`.
std::expected<TemplatePipeline, TemplateError> parse_action(std::string_view text,
                                                            std::size_t begin, std::size_t& end);

}  // namespace slod::rules
