#pragma once

#include <chrono>
#include <stop_token>

#include "daemon/api/prometheus/loop_call.h"
#include "daemon/api/prometheus/query_request.h"
#include "daemon/api/query_samples.h"
#include "daemon/net/message.h"

namespace slod::prometheus_api {

/// Where a query's samples come from. What it refers to outlives the loop's use of it.
struct SamplesOnLoop {
  QuerySamples* samples = nullptr;  ///< to be asked on the loop's thread
  Post post;

  /// From a thread of the pool; null where a stop was requested.
  std::shared_ptr<const SampleSource> open(std::vector<std::vector<promql::Matcher>> selections,
                                           Interval range, const std::stop_token& stop) const;
};

/// Parses, evaluates and prints a query, on a thread of the pool. `asked` is when the client did:
/// its timeout counts from there.
Response run_query(const QueryRequest& query, const SamplesOnLoop& samples,
                   std::chrono::steady_clock::time_point asked, const std::stop_token& stop);

}  // namespace slod::prometheus_api
