#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/promql/literal.h"
#include "lib/rules/template_tree.h"
#include "lib/text/go_string.h"

namespace slod::rules {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::array<std::string_view, 10> keywords{
    "if", "else", "end", "range", "with", "define", "template", "block", "break", "continue"};

ValueKind kind_of(const TemplateOperand& operand);

ValueKind kind_of(const TemplatePipeline& pipeline) {
  const TemplateCommand& last = pipeline.commands.back();
  return last.function != nullptr ? ValueKind::text : kind_of(last.operands.front());
}

ValueKind kind_of(const TemplateOperand& operand) {
  if (const auto* constant = std::get_if<TemplateConstant>(&operand)) {
    return static_cast<ValueKind>(constant->value.index());
  }
  if (const auto* variable = std::get_if<TemplateVariable>(&operand)) {
    if (variable->of == TemplateVariable::Of::value) return ValueKind::number;
    const bool is_text =
        !variable->field.empty() || variable->of == TemplateVariable::Of::external_url;
    return is_text ? ValueKind::text : ValueKind::labels;
  }
  return kind_of(*std::get<std::shared_ptr<const TemplatePipeline>>(operand));
}

std::string what_there_is() {
  return fmt::format(
      "a value ($value, $labels.name, a text in quotes, a number) or a function ({})",
      template_function_names());
}

/// Reads one action from its first byte after the opening braces. The first thing wrong ends it.
class ActionReader {
 public:
  ActionReader(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::expected<TemplatePipeline, TemplateError> read(std::size_t& end) {
    TemplatePipeline pipeline = read_pipeline(0);
    if (!problem_ && !is_at_close()) fail(at_, "expected }} after this, found " + found());
    if (problem_) return std::unexpected(*problem_);
    end = at_;
    return pipeline;
  }

 private:
  std::string_view rest() const { return text_.substr(std::min(at_, text_.size())); }
  char front() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool is_at_trim_close() const {
    return rest().size() >= 4 && promql::is_space(front()) && rest().substr(1).starts_with("-}}");
  }
  bool is_at_close() const { return rest().starts_with("}}") || is_at_trim_close(); }

  void skip_spaces() {
    while (!is_at_trim_close() && promql::is_space(front())) ++at_;
  }

  /// Whether what was read before ends here: no two words stand together.
  bool is_at_end_of_word() const {
    return at_ >= text_.size() || is_at_close() || promql::is_space(front()) || front() == '|' ||
           front() == ')' || front() == '(';
  }

  std::string found() const {
    if (at_ >= text_.size()) return "the end of the text";
    if (is_at_close()) return "}}";
    const std::size_t end = rest().find_first_of(" \t\r\n|()}");
    const std::string_view word =
        rest().substr(0, std::max<std::size_t>(1, std::min(end, rest().size())));
    return std::string(word.substr(0, 40));
  }

  void fail(std::size_t at, std::string message) {
    if (!problem_) problem_ = TemplateError{at, std::move(message)};
  }

  std::string_view take_name() {
    const std::size_t start = at_;
    while (promql::is_alphanumeric(front()) || static_cast<unsigned char>(front()) >= 0x80) ++at_;
    return text_.substr(start, at_ - start);
  }

  TemplatePipeline read_pipeline(std::size_t depth) {
    TemplatePipeline pipeline;
    while (true) {
      skip_spaces();
      const std::size_t start = at_;
      TemplateCommand command = read_command(depth);
      if (problem_) return pipeline;
      check(command, pipeline, start);
      pipeline.commands.push_back(std::move(command));
      if (problem_ || front() != '|') return pipeline;
      ++at_;
    }
  }

  TemplateCommand read_command(std::size_t depth) {
    TemplateCommand command;
    if (promql::is_alpha(front())) command.function = read_function();
    skip_spaces();
    while (!problem_ && !is_at_close() && front() != '|' && front() != ')' && at_ < text_.size()) {
      if (command.function == nullptr && !command.operands.empty()) {
        fail(at_, "expected | or }} after a value, found " + found());
        break;
      }
      command.operands.push_back(read_operand(depth));
      if (!problem_ && !is_at_end_of_word()) fail(at_, "expected a space here, found " + found());
      skip_spaces();
    }
    if (command.function == nullptr && command.operands.empty()) {
      fail(at_, fmt::format("expected {}, found {}", what_there_is(), found()));
    }
    return command;
  }

  const TemplateFunction* read_function() {
    const std::size_t start = at_;
    const std::string_view name = take_name();
    const TemplateFunction* function = template_function(name);
    if (std::ranges::find(keywords, name) != keywords.end()) {
      fail(start, fmt::format("expected {}, found {}: slod expands no control structures",
                              what_there_is(), name));
    } else if (function == nullptr) {
      fail(start, fmt::format("expected {}, found {}", what_there_is(), name));
    } else if (!is_at_end_of_word()) {
      fail(at_, "expected a space here, found " + found());
    }
    return function;
  }

  /// Checks a command's arguments, with what the pipeline hands over as the last one.
  void check(const TemplateCommand& command, const TemplatePipeline& before, std::size_t start) {
    if (command.function == nullptr) {
      if (!before.commands.empty()) fail(start, "expected a function after |, found a value");
      return;
    }
    std::vector<ValueKind> kinds;
    kinds.reserve(command.operands.size() + 1);
    for (const TemplateOperand& operand : command.operands) kinds.push_back(kind_of(operand));
    if (!before.commands.empty()) kinds.push_back(kind_of(before));
    if (const auto fits = command.function->check(kinds); !fits) {
      fail(start, fmt::format("{}: {}", command.function->name, fits.error()));
    } else if (command.function->name == "printf") {
      check_printf(command, start);
    }
  }

  void check_printf(const TemplateCommand& command, std::size_t start) {
    const auto* constant = command.operands.empty()
                               ? nullptr
                               : std::get_if<TemplateConstant>(&command.operands.front());
    if (constant == nullptr) {
      fail(start, "printf: expected a format in quotes as the first argument");
    } else if (const auto fits = check_format(std::get<std::string>(constant->value)); !fits) {
      fail(start, "printf: " + fits.error());
    }
  }

  TemplateOperand read_operand(std::size_t depth) {
    const char c = front();
    if (c == '$' || c == '.') return read_variable();
    if (c == '"' || c == '`') return read_text();
    if (c == '(') return read_parentheses(depth);
    if (promql::is_digit(c) || c == '-' || c == '+') return read_number();
    const bool is_function = promql::is_alpha(c);
    fail(at_, is_function
                  ? fmt::format("expected a value, found {}: a call as an argument needs ( and )",
                                found())
                  : fmt::format("expected {}, found {}", what_there_is(), found()));
    return TemplateConstant{};
  }

  TemplateOperand read_parentheses(std::size_t depth) {
    const std::size_t start = at_;
    if (depth == depth_max) {
      fail(at_, fmt::format("expected at most {} levels of parentheses, found more", depth_max));
      return TemplateConstant{};
    }
    ++at_;
    auto inner = std::make_shared<const TemplatePipeline>(read_pipeline(depth + 1));
    if (front() != ')') fail(start, "expected a ) for this, found " + found());
    ++at_;
    return inner;
  }

  TemplateOperand read_text() {
    auto read = read_go_string(rest());
    if (!read) {
      fail(at_ + read.error().offset, explain(read.error(), rest()));
      return TemplateConstant{};
    }
    at_ += read->length;
    return TemplateConstant{std::move(read->value)};
  }

  TemplateOperand read_number() {
    const std::size_t start = at_;
    const bool has_sign = front() == '-' || front() == '+';
    const std::size_t length = rest().substr(1).find_first_of(" \t\r\n|()}");
    std::string_view word =
        rest().substr(0, length == std::string_view::npos ? length : length + 1);
    at_ += word.size();
    std::int64_t whole = 0;
    const std::string_view digits = front_sign_removed(word);
    const auto [end, error] = std::from_chars(digits.data(), word.data() + word.size(), whole);
    if (error == std::errc() && end == word.data() + word.size()) return TemplateConstant{whole};
    const auto number = promql::read_number_literal(word.substr(has_sign ? 1 : 0));
    if (!number) {
      fail(start, fmt::format("expected a number, found {}", word.substr(0, 40)));
      return TemplateConstant{};
    }
    return TemplateConstant{word.starts_with('-') ? -*number : *number};
  }

  static std::string_view front_sign_removed(std::string_view word) {
    return word.starts_with('+') ? word.substr(1) : word;
  }

  TemplateOperand read_variable() {
    const std::size_t start = at_;
    std::string root;
    if (front() == '$') {
      ++at_;
      root = take_name();
    }
    std::vector<std::string> fields;
    while (front() == '.') {
      ++at_;
      fields.emplace_back(take_name());
    }
    const std::string_view written = text_.substr(start, at_ - start);
    if (root.empty() && !fields.empty()) {
      root = root_of(fields.front());
      fields.erase(fields.begin());
    }
    TemplateVariable variable;
    const bool is_map = root == "labels" || root == "externalLabels";
    const bool is_known = is_map || root == "value" || root == "externalURL";
    const bool is_whole = std::ranges::find(fields, "") == fields.end();
    if (!is_known || !is_whole || fields.size() > (is_map ? 1U : 0U)) {
      fail(start, fmt::format("expected $value, $labels, $labels.name, $externalLabels or "
                              "$externalURL, found {}",
                              written));
      return variable;
    }
    if (!fields.empty()) variable.field = fields.front();
    variable.of = root == "value"    ? TemplateVariable::Of::value
                  : root == "labels" ? TemplateVariable::Of::labels
                  : is_map           ? TemplateVariable::Of::external_labels
                                     : TemplateVariable::Of::external_url;
    return variable;
  }

  /// `.Labels` is what `$labels` is short for.
  static std::string root_of(std::string_view field) {
    if (field == "Labels") return "labels";
    if (field == "Value") return "value";
    if (field == "ExternalLabels") return "externalLabels";
    if (field == "ExternalURL") return "externalURL";
    return "";
  }

  std::string_view text_;
  std::size_t at_;
  std::optional<TemplateError> problem_;
};

}  // namespace

std::expected<TemplatePipeline, TemplateError> parse_action(std::string_view text,
                                                            std::size_t begin, std::size_t& end) {
  return ActionReader(text, begin).read(end);
}

}  // namespace slod::rules
