#pragma once

#include <string>
#include <string_view>

namespace slod {

/// Whether a terminal or a viewer may act on the character instead of showing it: control
/// characters (general category Cc), the ends of lines and paragraphs (Zl, Zp), what turns the
/// direction of writing (UAX 9), and the byte order mark.
bool is_acted_on(char32_t point);

/// `text` as one line that a terminal shows and does nothing else with: a blank for each tab and
/// end of line, and U+FFFD for all else that is acted on and for what is no UTF-8. What a stranger
/// wrote could else move the cursor, or begin a line that a build server takes for a command.
std::string printable(std::string_view text);

}  // namespace slod
