#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/command_line.h"

namespace slod {

/// The command line of `slod run`, as written.
struct RunArguments {
  std::vector<std::string> config_paths;
  std::optional<std::string> listen;
  std::optional<std::string> state;
  std::string log_level = "info";
  std::string log_format = "logfmt";
};

/// `slod run`: serves until SIGTERM or SIGINT. Returns the exit code: 0 after a shutdown, 1 where
/// it cannot start, with one line on stderr that says why and what to do, or where something failed
/// that it cannot do without.
int run(const RunArguments& arguments);

void add_run(CLI::App& slod, int& exit_code);

}  // namespace slod
