#pragma once

#include <string>

#include "daemon/commands/command_line.h"

namespace slod {

struct DemoArguments {
  std::string listen = "127.0.0.1:0";
};

/// `slod demo`: runs slod against a small web shop that has an outage, and says what happens.
/// Needs nothing but itself; ends by itself after two minutes. Returns the exit code.
int demo(const DemoArguments& arguments);

void add_demo(CLI::App& slod, int& exit_code);

}  // namespace slod
