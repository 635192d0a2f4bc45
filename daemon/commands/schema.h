#pragma once

#include "daemon/commands/command_line.h"

namespace slod {

/// `slod schema`: prints the JSON schema of the configuration.
void add_schema(CLI::App& slod, int& exit_code);

}  // namespace slod
