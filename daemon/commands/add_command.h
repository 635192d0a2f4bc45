#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "daemon/commands/command_line.h"

namespace slod {

/// A subcommand, and what its arguments are read into.
template <class Arguments>
struct AddedCommand {
  CLI::App& command;
  Arguments& arguments;
};

/// Adds the subcommand `name`, which calls `run` with its arguments once they are read. What is
/// left to do is to bind options to the arguments.
template <class Arguments>
AddedCommand<Arguments> add_command(CLI::App& slod, int& exit_code, const std::string& name,
                                    const std::string& description,
                                    int (*run)(const Arguments& arguments)) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = slod.add_subcommand(name, description);
  command->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
  return {*command, *arguments};
}

}  // namespace slod
