#pragma once

#include <map>
#include <optional>
#include <string>

namespace slod::rules {

/// What Prometheus's own promtool says of files.
struct PromtoolAnswer {
  bool is_content = false;  ///< it ended with 0
  std::string text;         ///< all that it printed
};

/// Runs `promtool ARGUMENTS` in a directory of its own that holds `files` (name to text). The
/// program is looked for below SLOD_PEERS (build/peers where that is not set), then on the PATH;
/// nullopt where there is none.
std::optional<PromtoolAnswer> promtool(const std::map<std::string, std::string>& files,
                                       const std::string& arguments);

}  // namespace slod::rules
