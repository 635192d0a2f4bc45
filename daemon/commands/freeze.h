#pragma once

#include <string>

#include "daemon/commands/command_line.h"
#include "daemon/commands/slod_client.h"

namespace slod {

struct FreezeArguments {
  std::string service;
  std::string server{default_server};
  std::string change = "feature";
  bool as_json = false;
};

/// `slod freeze`: asks a running slod whether a change may be deployed, and prints one line, or the
/// answer as JSON. Returns the exit code: 0 allow, 1 deny, 2 inconclusive, 3 no answer.
int ask_freeze(const FreezeArguments& arguments);

void add_freeze(CLI::App& slod, int& exit_code);

}  // namespace slod
