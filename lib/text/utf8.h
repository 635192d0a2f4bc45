#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8: what is well formed, its characters and their code points. No overlong form, no surrogate
/// and nothing above U+10FFFF is a character. Source: RFC 3629; Unicode standard, table 3-7.
namespace slod {

/// The length in bytes, 1 to 4, of the character at the front of `text`; 0 where `text` is empty or
/// begins with no well-formed character.
std::size_t utf8_length(std::string_view text);

/// The code point of a single character. Precondition: utf8_length(character) is its size.
char32_t code_point(std::string_view character);

/// Precondition: `point` is at most 0x10FFFF.
void append_utf8(std::string& out, char32_t point);

/// Whether all of `text` is well-formed UTF-8; the empty text is.
bool is_utf8(std::string_view text);

/// `text` with U+FFFD for every byte that is no part of well-formed UTF-8.
std::string valid_utf8(std::string_view text);

/// The number of characters in `text`. A byte that is part of none counts as one.
std::size_t character_count(std::string_view text);

/// The front of `text` up to and including its character number `count`, counted as above.
std::string_view first_characters(std::string_view text, std::size_t count);

}  // namespace slod
