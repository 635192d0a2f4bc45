#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/series/labels.h"

namespace slod::rules {

/// Where and why a text is no template that slod can expand. `offset` counts bytes.
struct TemplateError {
  std::size_t offset = 0;
  std::string message;  ///< what was expected, what was found
};

/// What a template speaks of.
struct TemplateSubject {
  Labels labels;             ///< of the sample, with __name__: $labels, .Labels
  double value = 0;          ///< of the sample: $value, .Value
  std::string external_url;  ///< where slod is reached: $externalURL, .ExternalURL
};

/// A label's or annotation's text with actions in it, in the part of Go's template language that
/// most rules use: `{{ $value | humanize }} of {{ $labels.instance }}`. There are variables,
/// fields, constants, pipelines with parentheses, the functions of template_functions.h, comments
/// and trim markers; no control structures, no queries. Immutable and safe to share.
class Template {
 public:
  struct Part;

  /// Error: what cannot be expanded, found before any alert needs it.
  static std::expected<Template, TemplateError> parse(std::string_view text);

  /// What can still go wrong (a label that should be a number) is an error in the text, as in
  /// Prometheus: `<error expanding template: ...>`.
  std::string expand(const TemplateSubject& subject) const;

 private:
  explicit Template(std::shared_ptr<const std::vector<Part>> parts) : parts_(std::move(parts)) {}

  std::shared_ptr<const std::vector<Part>> parts_;
};

}  // namespace slod::rules
