#include "daemon/commands/version.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "daemon/version/version.h"

namespace slod {

std::string version_line() {
  return fmt::format("slod {}", version);
}

void add_version(CLI::App& slod, int& /*exit_code*/) {
  slod.add_subcommand("version", "Print the version")->callback([] {
    fmt::print("{}\n", version_line());
  });
}

}  // namespace slod
