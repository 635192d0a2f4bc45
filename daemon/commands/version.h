#pragma once

#include <string>

#include "daemon/commands/command_line.h"

namespace slod {

/// `slod version` and `slod --version`: "slod 0.1.0".
std::string version_line();

void add_version(CLI::App& slod, int& exit_code);

}  // namespace slod
