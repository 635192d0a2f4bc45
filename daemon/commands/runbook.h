#pragma once

#include <string>
#include <string_view>

#include "daemon/commands/command_line.h"

namespace slod {

/// docs/runbooks.md, as it was when the program was built: whoever is paged at night may have no
/// repository at hand, but has the program.
std::string_view runbooks_document();

struct RunbookArguments {
  std::string alert;  ///< empty: all
};

/// `slod runbook`: prints what to do about an alert on slod itself, or the whole document. Returns
/// the exit code: 0, or 3 if there is no such alert.
int print_runbook(const RunbookArguments& arguments);

void add_runbook(CLI::App& slod, int& exit_code);

}  // namespace slod
