#pragma once

#include <string_view>

namespace slod::alert {

/// How bad something is in PagerDuty's words.
enum class Urgency { info, warning, error, critical };

/// What the severities in common use mean: page and critical, error, ticket and warning. Everything
/// else informs.
Urgency urgency_of(std::string_view severity);

/// "critical".
std::string_view to_string(Urgency urgency);

}  // namespace slod::alert
