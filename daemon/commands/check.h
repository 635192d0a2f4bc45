#pragma once

#include <string>
#include <vector>

#include "daemon/commands/command_line.h"

namespace slod {

struct CheckArguments {
  std::vector<std::string> paths;  ///< of configuration files or directories
  bool strict = false;             ///< a warning counts as an error
  bool offline = false;            ///< contacts no target and no server
};

/// `slod check`: prints every finding of the configuration, and of the targets and servers that can
/// be reached what they say about it: selectors that match nothing, latency thresholds between two
/// buckets. A target that cannot be reached is only a note on stderr. Returns the exit code: 0, 1
/// on an error or, with `strict`, on a warning.
int check(const CheckArguments& arguments);

void add_check(CLI::App& slod, int& exit_code);

}  // namespace slod
