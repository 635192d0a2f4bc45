#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "daemon/api/prometheus/reply.h"
#include "daemon/ingest/known_metadata.h"
#include "daemon/net/message.h"

namespace slod::prometheus_api {

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
