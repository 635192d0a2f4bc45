#pragma once

#include <span>

namespace CLI {
class App;
}

namespace slod {

/// Adds one subcommand to the command line of slod. Its callback runs the command and sets the exit
/// code.
using AddCommand = void (*)(CLI::App& slod, int& exit_code);

/// The one exit code that means the same of every command: wrong usage, or no answer.
inline constexpr int cannot_say = 3;

/// Reads the command line and runs the command that it names. Returns the command's exit code; 0
/// where help or the version is asked for; 3 on wrong usage, or where the command throws.
int run_command_line(std::span<const AddCommand> commands, int argc, const char* const* argv);

}  // namespace slod
