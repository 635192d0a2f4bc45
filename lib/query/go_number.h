#pragma once

#include <string>

namespace slod::query {

/// The shortest decimal text without exponent that reads back as `value` (Go's format 'f', -1):
/// "0.1", "NaN", "+Inf".
std::string plain_number(double value);

/// The shortest text, with an exponent where it is below -4 or above 5 (Go's %g): "0.5", "1e+06".
std::string short_number(double value);

}  // namespace slod::query
