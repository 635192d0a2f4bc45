#include "daemon/commands/command_line.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/commands/version.h"
#include "lib/text/near_miss.h"

namespace slod {

namespace {

std::vector<std::string> names_of_commands(const CLI::App& slod) {
  std::vector<std::string> names;
  for (const CLI::App* command : slod.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

/// What is wrong with the first word, which CLI11 would only call a missing command; empty where it
/// is a command or an option.
std::string wrong_command(const CLI::App& slod, std::string_view word) {
  const std::vector<std::string> names = names_of_commands(slod);
  if (word.starts_with('-') || std::ranges::find(names, word) != names.end()) return {};
  const std::string_view meant = near_miss(word, names);
  if (!meant.empty()) {
    return fmt::format("expected a command, found \"{}\"; did you mean {}?", word, meant);
  }
  return fmt::format("expected a command ({}), found \"{}\"", fmt::join(names, ", "), word);
}

/// What a command must have and was given without its name; empty: nothing was given like that.
std::string misplaced(const CLI::App& slod) {
  for (const CLI::App* command : slod.get_subcommands()) {
    const std::vector<std::string> found = command->remaining();
    for (const CLI::Option* option : command->get_options()) {
      if (found.empty() || !option->get_required() || option->count() > 0) continue;
      return fmt::format("{}: expected {} {}, found {}", command->get_name(), option->get_name(),
                         option->get_type_name(), found.front());
    }
  }
  return {};
}

}  // namespace

int run_command_line(std::span<const AddCommand> commands, int argc, const char* const* argv) {
  CLI::App slod("slod keeps error budgets, pages, and answers whether a change may be deployed.",
                "slod");
  slod.require_subcommand(1);
  slod.set_version_flag("--version", version_line(), "Print the version and exit");
  int exit_code = 0;
  try {
    for (const AddCommand add : commands) add(slod, exit_code);
    if (const std::string wrong = argc > 1 ? wrong_command(slod, argv[1]) : ""; !wrong.empty()) {
      fmt::print(stderr, "slod: {}\n", wrong);
      return cannot_say;
    }
    slod.parse(argc, argv);
    return exit_code;
  } catch (const CLI::RequiredError& error) {
    const std::string wrong = misplaced(slod);
    if (wrong.empty()) return slod.exit(error) == 0 ? 0 : cannot_say;
    fmt::print(stderr, "slod {}\n", wrong);
    return cannot_say;
  } catch (const CLI::ParseError& error) {
    return slod.exit(error) == 0 ? 0 : cannot_say;
  } catch (const std::exception& error) {
    fmt::print(stderr, "slod: {}\n", error.what());
    return cannot_say;
  }
}

}  // namespace slod
