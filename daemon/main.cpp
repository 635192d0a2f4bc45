#include <array>

#include "daemon/commands/check.h"
#include "daemon/commands/command_line.h"
#include "daemon/commands/freeze.h"
#include "daemon/commands/gate.h"
#include "daemon/commands/runbook.h"
#include "daemon/commands/schema.h"
#include "daemon/commands/status.h"
#include "daemon/commands/version.h"
#include "daemon/demo.h"
#include "daemon/run.h"

namespace {

/// In the order in which --help lists them.
constexpr auto commands = std::to_array<slod::AddCommand>({
    slod::add_run,
    slod::add_check,
    slod::add_freeze,
    slod::add_gate,
    slod::add_status,
    slod::add_runbook,
    slod::add_demo,
    slod::add_schema,
    slod::add_version,
});

}  // namespace

int main(int argc, char** argv) {
  return slod::run_command_line(commands, argc, argv);
}
