#pragma once

#include <expected>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/api/prometheus/query_job.h"
#include "daemon/net/message.h"
#include "lib/time/instant.h"

namespace slod::prometheus_api {

/// What a client of /api/v1/series, /labels or /label/{name}/values asks.
struct SeriesRequest {
  std::vector<std::string> matches;  ///< texts of selectors; none: every series
  Interval range;
  std::optional<std::size_t> limit;
  std::string label;  ///< whose values are asked for; empty otherwise
};

std::expected<SeriesRequest, Failure> series_request(const Request& request);
std::expected<SeriesRequest, Failure> labels_request(const Request& request);
/// `name` is the label as in the path.
std::expected<SeriesRequest, Failure> label_values_request(const Request& request,
                                                           std::string_view name);

// On a thread of the pool.
Response run_series(const SeriesRequest& request, const SamplesOnLoop& samples,
                    const std::stop_token& stop);
Response run_labels(const SeriesRequest& request, const SamplesOnLoop& samples,
                    const std::stop_token& stop);
Response run_label_values(const SeriesRequest& request, const SamplesOnLoop& samples,
                          const std::stop_token& stop);

/// A name as Prometheus writes those that are not of letters, digits and underscores:
/// "U__http_2e_status" is "http.status". A text that is not of that form stays as it is.
std::string unescaped_name(std::string_view name);

}  // namespace slod::prometheus_api
