#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "daemon/api/prometheus/reply.h"
#include "daemon/net/message.h"
#include "lib/exposition/metadata.h"

namespace slod::prometheus_api {

/// What targets say of their metrics. Targets may disagree.
class KnownMetadata {
 public:
  /// Adds what is new. Nothing is forgotten, and beyond a limit nothing is added.
  void add(const MetadataByMetric& read);

  const std::map<std::string, std::set<MetricMetadata>>& by_metric() const { return by_metric_; }

 private:
  std::map<std::string, std::set<MetricMetadata>> by_metric_;
};

/// What a client of /api/v1/metadata asks.
struct MetadataRequest {
  std::optional<std::size_t> limit;             ///< of metrics
  std::optional<std::size_t> limit_per_metric;  ///< of entries
  std::string metric;                           ///< empty: all
};

std::expected<MetadataRequest, Failure> metadata_request(const Request& request);

/// On a thread of the pool.
Response run_metadata(const MetadataRequest& request, const KnownMetadata& known);

}  // namespace slod::prometheus_api
