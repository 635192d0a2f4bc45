#pragma once

#include <string_view>

namespace slod {

/// Writes one line to stderr, without the log, which whoever hangs may hold, without memory, which
/// may be what is lacking, and without waiting for whoever reads it. From any thread.
void say_last_words(std::string_view line);

}  // namespace slod
