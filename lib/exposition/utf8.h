#pragma once

#include <string_view>

namespace slod {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
/// Source: Unicode standard, table 3-7.
bool is_utf8(std::string_view text);

}  // namespace slod
