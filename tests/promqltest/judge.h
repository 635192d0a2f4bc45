#pragma once

#include <string>

#include "tests/promqltest/memory.h"
#include "tests/promqltest/script.h"

namespace slod::promqltest {

/// Runs one eval over what is loaded, in every form that the language asks for: as written, pinned
/// with `@` at other times, and as the middle of a range. Empty text: it passes; else why not.
std::string judge(const Eval& eval, const Memory& memory);

}  // namespace slod::promqltest
