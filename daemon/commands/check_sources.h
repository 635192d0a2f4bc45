#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/config/config.h"

namespace slod {

struct SourceFindings {
  /// What the sources' pages say against the configuration: the SLO's id, and one sentence.
  std::vector<std::pair<std::string, std::string>> warnings;
  std::vector<std::string> notes;  ///< what could not be checked, and why
};

/// Reads every source once, within two seconds, and compares what it shows with what the SLOs
/// need: selectors that match no series anywhere, and latency thresholds that lie between two
/// buckets, so that good events are interpolated.
SourceFindings check_sources(const config::Config& config);

}  // namespace slod
