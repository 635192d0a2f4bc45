#pragma once

#include <string>
#include <string_view>

namespace slod {

/// `text` as one line that a terminal shows and does nothing else with: a blank for each tab and
/// end of line, and U+FFFD for every other control character, for what turns the direction of
/// writing and for what is no UTF-8. What a stranger wrote could else move the cursor, or begin a
/// line that a build server takes for a command.
std::string printable(std::string_view text);

}  // namespace slod
