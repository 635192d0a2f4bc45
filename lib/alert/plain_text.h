#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace slod::alert {

/// Valid UTF-8 on one line: control characters become spaces.
std::string one_line(std::string_view text);

/// Puts `NAME: text`, made one line, under the lines of `out`; nothing where the text is empty.
void append_line(std::string& out, std::string_view name, std::string_view text);

/// Valid UTF-8 of at most `characters_max` >= 1 code points. What had to be cut ends with "…".
std::string cut(std::string_view text, std::size_t characters_max);

/// Whether `text` is a URI that a person can open: http or https, and a host without percent
/// encoding, which Alertmanager (Go's net/url) refuses.
bool is_web_address(std::string_view text);

}  // namespace slod::alert
