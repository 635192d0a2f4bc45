#pragma once

#include <string>

#include "daemon/commands/command_line.h"
#include "daemon/commands/slod_client.h"

namespace slod {

/// The arguments of `slod gate`, as they were written.
struct GateArguments {
  std::string service;
  std::string server{default_server};
  std::string change = "feature";
  std::string length;           ///< "5m"
  std::string max_error_ratio;  ///< "1%" or 0.01; empty: no limit
  std::string max_p99;          ///< "500ms"; empty: no limit
  double min_events = 10;       ///< requests below which an error ratio proves nothing
  bool as_json = false;         ///< the outcome as JSON in place of a line
};

/// `slod gate`: watches a rollout through a running slod, with progress on stderr, and prints one
/// line, or the outcome as JSON, once it is certain how the rollout went (lib/freeze/gate.h says
/// when). Returns the exit code: 0 allow, 1 deny, 2 inconclusive, 3 no answer or wrong usage. The
/// first question must be answered; later, slod may be gone for a tenth of the watch, at least 1 s
/// and at most 30 s.
int watch_gate(const GateArguments& arguments);

void add_gate(CLI::App& slod, int& exit_code);

}  // namespace slod
