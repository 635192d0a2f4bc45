#pragma once

#include <optional>
#include <string>
#include <vector>

namespace slod {

struct StatusQuestion {
  /// URL of a running slod; not set: where `config_paths` say that it listens, or the default port
  /// of this machine.
  std::optional<std::string> server;
  std::vector<std::string> config_paths;
  bool as_json = false;
};

/// `slod status`: asks a running slod how it is and prints it, as a few lines or as JSON. Returns
/// the exit code: 0 ready, 1 it answers but is not ready, 3 no answer.
int ask_status(const StatusQuestion& question);

}  // namespace slod
