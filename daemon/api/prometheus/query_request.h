#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>

#include "daemon/api/prometheus/reply.h"
#include "daemon/net/message.h"
#include "lib/time/instant.h"

namespace slod::prometheus_api {

/// What a client of /api/v1/query or /api/v1/query_range asks, but for the query itself read.
struct QueryRequest {
  std::string text;  ///< the query
  bool is_range = false;
  Instant start;  ///< of an instant query its time, as is `end`
  Instant end;
  Duration step = std::chrono::milliseconds(1);
  std::optional<std::size_t> limit;            ///< most series of the result
  Duration timeout = std::chrono::minutes(2);  ///< >= 0
  Duration lookback = std::chrono::minutes(5);
  bool with_stats = false;
};

/// No query may ask for more steps than this, and the first.
inline constexpr int steps_max = 11'000;

/// `timeout_max` counts where the request has no timeout, or a longer one.
std::expected<QueryRequest, Failure> instant_request(const Request& request, Instant now,
                                                     Duration timeout_max);
std::expected<QueryRequest, Failure> range_request(const Request& request, Duration timeout_max);

}  // namespace slod::prometheus_api
