#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/series/labels.h"

namespace slod::rules {

/// What a part of a template stands for: a whole number, a number, a text or a set of labels.
using TemplateValue = std::variant<std::int64_t, double, std::string, const Labels*>;

/// "int", "float64", "string" or "map[string]string": Go's word for its type.
std::string_view go_type(const TemplateValue& value);

/// As Go prints it with %v: `1e+06`, `+Inf`, `text`, `map[code:500 job:api]`.
std::string go_text(const TemplateValue& value);

/// Whether go_printf can follow `format`: the verbs are %s %d %f %F %g %G %e %E %v %q and %%, with
/// the flags - + 0 and space, width and precision. Error: a sentence with the verb in question.
std::expected<void, std::string> check_format(std::string_view format);

/// As Go's fmt.Sprintf, also where values do not fit their verbs: `%!d(float64=1.5)`,
/// `%!s(MISSING)`, `%!(EXTRA int=1)`. `format` has passed check_format.
std::string go_printf(std::string_view format, const std::vector<TemplateValue>& values);

}  // namespace slod::rules
