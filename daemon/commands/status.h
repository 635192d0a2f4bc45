#pragma once

#include <string>
#include <vector>

#include "daemon/commands/command_line.h"

namespace slod {

struct StatusArguments {
  /// URL of a running slod; empty: where `config_paths` say that it listens, or the default port of
  /// this machine.
  std::string server;
  std::vector<std::string> config_paths;
  bool as_json = false;
};

/// `slod status`: prints the status of a running slod, as a few lines or as JSON. Returns the exit
/// code: 0 ready, 1 it answers but is not ready, 3 no answer.
int show_status(const StatusArguments& arguments);

void add_status(CLI::App& slod, int& exit_code);

}  // namespace slod
