#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace slod {

/// What a page says of a metric beside its samples.
struct MetricMetadata {
  std::string type;  ///< "counter", "gauge", "histogram", "summary" or "unknown"
  std::string help;
  std::string unit;

  auto operator<=>(const MetricMetadata&) const = default;
};

/// By name, as the comments on the page have it: of a histogram without `_bucket`.
using MetadataByMetric = std::map<std::string, MetricMetadata, std::less<>>;

/// Longer help is cut there, at a character's end.
inline constexpr std::size_t help_bytes_max = 1000;

/// Reads the comments `# TYPE`, `# HELP` and `# UNIT` of the metrics that `wants` accepts under
/// their own name or that of one of their series (`_bucket`, `_count`, `_sum`, `_total`). A comment
/// that is not of the format is passed over. `untyped` is the unknown type, as in Prometheus.
MetadataByMetric read_metadata(std::string_view page,
                               const std::function<bool(std::string_view metric)>& wants);

}  // namespace slod
