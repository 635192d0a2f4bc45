#include "daemon/commands/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "daemon/commands/version.h"

namespace slod {

int run_command_line(std::span<const AddCommand> commands, int argc, const char* const* argv) {
  CLI::App slod("slod keeps error budgets, pages, and answers whether a change may be deployed.",
                "slod");
  slod.require_subcommand(1);
  slod.set_version_flag("--version", version_line(), "Print the version and exit");
  int exit_code = 0;
  try {
    for (const AddCommand add : commands) add(slod, exit_code);
    slod.parse(argc, argv);
    return exit_code;
  } catch (const CLI::ParseError& error) {
    return slod.exit(error) == 0 ? 0 : cannot_say;
  } catch (const std::exception& error) {
    fmt::print(stderr, "slod: {}\n", error.what());
    return cannot_say;
  }
}

}  // namespace slod
