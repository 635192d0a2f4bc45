#include "lib/rules/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lib/promql/characters.h"
#include "lib/rules/template_tree.h"

namespace slod::rules {
namespace {

constexpr std::string_view blanks = " \t\r\n";

using Evaluated = std::expected<TemplateValue, std::string>;

Evaluated evaluate(const TemplatePipeline& pipeline, const TemplateSubject& subject);

TemplateValue evaluate(const TemplateVariable& variable, const TemplateSubject& subject) {
  static const Labels none;
  switch (variable.of) {
    case TemplateVariable::Of::value:
      return subject.value;
    case TemplateVariable::Of::external_url:
      return subject.external_url;
    case TemplateVariable::Of::labels:
    case TemplateVariable::Of::external_labels:
      break;
  }
  const Labels& labels = variable.of == TemplateVariable::Of::labels ? subject.labels : none;
  if (variable.field.empty()) return &labels;
  return std::string(labels.get(variable.field));
}

Evaluated evaluate(const TemplateOperand& operand, const TemplateSubject& subject) {
  if (const auto* variable = std::get_if<TemplateVariable>(&operand)) {
    return evaluate(*variable, subject);
  }
  if (const auto* constant = std::get_if<TemplateConstant>(&operand)) {
    return std::visit([](const auto& value) { return TemplateValue(value); }, constant->value);
  }
  return evaluate(*std::get<std::shared_ptr<const TemplatePipeline>>(operand), subject);
}

Evaluated evaluate(const TemplatePipeline& pipeline, const TemplateSubject& subject) {
  std::optional<TemplateValue> piped;
  for (const TemplateCommand& command : pipeline.commands) {
    std::vector<TemplateValue> values;
    for (const TemplateOperand& operand : command.operands) {
      Evaluated value = evaluate(operand, subject);
      if (!value) return value;
      values.push_back(std::move(*value));
    }
    if (piped) values.push_back(std::move(*piped));
    if (command.function == nullptr) {
      piped = std::move(values.front());
      continue;
    }
    auto called = command.function->call(values);
    if (!called) {
      return std::unexpected(fmt::format("{}: {}", command.function->name, called.error()));
    }
    piped = std::move(*called);
  }
  return std::move(*piped);
}

/// Cuts a text into its parts.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::expected<std::vector<Template::Part>, TemplateError> read() {
    while (at_ < text_.size()) {
      const std::size_t open = text_.find("{{", at_);
      std::string_view plain = text_.substr(at_, open - at_);
      if (trims_) plain.remove_prefix(std::min(plain.find_first_not_of(blanks), plain.size()));
      trims_ = false;
      if (open == std::string_view::npos) {
        add_text(plain);
        break;
      }
      at_ = open + 2;
      if (has_left_trim()) {
        plain = plain.substr(0, plain.find_last_not_of(blanks) + 1);
        at_ += 2;
      }
      add_text(plain);
      if (auto done = read_inside(open); !done) return std::unexpected(done.error());
    }
    return std::move(parts_);
  }

 private:
  bool has_left_trim() const {
    const std::string_view rest = text_.substr(at_);
    return rest.size() >= 2 && rest[0] == '-' && promql::is_space(rest[1]);
  }

  void add_text(std::string_view plain) {
    if (!plain.empty()) parts_.push_back({std::string(plain), std::nullopt});
  }

  std::expected<void, TemplateError> read_inside(std::size_t open) {
    if (text_.substr(at_).starts_with("/*")) return skip_comment(open);
    auto action = parse_action(text_, at_, at_);
    if (!action) return std::unexpected(action.error());
    parts_.push_back({"", std::move(*action)});
    close();
    return {};
  }

  std::expected<void, TemplateError> skip_comment(std::size_t open) {
    const std::size_t end = text_.find("*/", at_);
    if (end == std::string_view::npos) {
      return std::unexpected(TemplateError{open, "expected a */ for this comment, found none"});
    }
    at_ = end + 2;
    const std::string_view rest = text_.substr(at_);
    const bool is_closed = rest.starts_with("}}") || (!rest.empty() && promql::is_space(rest[0]) &&
                                                      rest.substr(1).starts_with("-}}"));
    if (!is_closed) {
      return std::unexpected(TemplateError{at_, "expected }} right after a comment"});
    }
    close();
    return {};
  }

  /// Steps over the closing braces.
  void close() {
    trims_ = !text_.substr(at_).starts_with("}}");
    at_ += trims_ ? 4 : 2;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool trims_ = false;  ///< the action before has a trim marker at its end
  std::vector<Template::Part> parts_;
};

}  // namespace

std::expected<Template, TemplateError> Template::parse(std::string_view text) {
  auto parts = Reader(text).read();
  if (!parts) return std::unexpected(parts.error());
  return Template(std::make_shared<const std::vector<Part>>(std::move(*parts)));
}

std::string Template::expand(const TemplateSubject& subject) const {
  std::string out;
  for (const Part& part : *parts_) {
    if (!part.action) {
      out += part.text;
      continue;
    }
    const Evaluated value = evaluate(*part.action, subject);
    if (!value) return fmt::format("<error expanding template: {}>", value.error());
    out += go_text(*value);
  }
  return out;
}

}  // namespace slod::rules
