#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slod {

/// How many bytes the character at the front of `text` has, 1 to 4; 0 where it begins with none.
/// No overlong form, no surrogate, nothing above U+10FFFF is a character (RFC 3629).
/// Precondition: `text` is not empty.
std::size_t utf8_length(std::string_view text);

/// `text` with U+FFFD for every byte that is no part of well-formed UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace slod
