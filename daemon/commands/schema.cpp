#include "daemon/commands/schema.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "lib/config/schema.h"

namespace slod {

void add_schema(CLI::App& slod, int& /*exit_code*/) {
  slod.add_subcommand("schema", "Print a JSON schema of the configuration, for editors")
      ->callback([] { fmt::print("{}", config::schema_text()); });
}

}  // namespace slod
