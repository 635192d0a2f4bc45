#pragma once

#include <string>
#include <vector>

#include "lib/config/config.h"

namespace slod {

/// What the sources' pages say against the configuration.
struct SourceWarning {
  std::string slo;       ///< its id
  std::string sentence;  ///< without a full stop
  bool is_about_threshold = false;
};

struct SourceFindings {
  std::vector<SourceWarning> warnings;
  std::vector<std::string> notes;  ///< what could not be checked, and why
};

/// Reads every source once, within two seconds, and compares what it shows with what the SLOs
/// need: selectors that match no series anywhere, metrics that are gauges, good or bad events that
/// are no part of the total, histograms in another unit than seconds, latency thresholds that lie
/// between two buckets, so that good events are interpolated, and series that two sources deliver.
SourceFindings check_sources(const config::Config& config);

}  // namespace slod
