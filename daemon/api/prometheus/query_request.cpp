#include "daemon/api/prometheus/query_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/api/prometheus/parameters.h"

namespace slod::prometheus_api {
namespace {

/// What instant and range queries have in common.
std::expected<void, Failure> read_options(const Request& request, QueryRequest& query) {
  if (const std::string_view text = parameter(request, "timeout"); !text.empty()) {
    const auto timeout = read_duration(text);
    if (!timeout) return std::unexpected(invalid_parameter("timeout", timeout.error()));
    query.timeout = std::clamp(*timeout, Duration::zero(), query.timeout);
  }
  if (const std::string_view text = parameter(request, "lookback_delta"); !text.empty()) {
    const auto lookback = read_duration(text);
    if (!lookback) {
      return std::unexpected(Failure{ErrorType::bad_data,
                                     "error parsing lookback delta duration: " + lookback.error()});
    }
    if (*lookback > Duration::zero()) query.lookback = *lookback;
  }
  query.with_stats = !parameter(request, "stats").empty();
  query.text = parameter(request, "query");
  return {};
}

std::expected<Instant, Failure> required_time(const Request& request, std::string_view name) {
  const auto at = read_time(parameter(request, name));
  if (at) return *at;
  return std::unexpected(invalid_parameter(name, at.error()));
}

}  // namespace

std::expected<QueryRequest, Failure> instant_request(const Request& request, Instant now,
                                                     Duration timeout_max) {
  QueryRequest query;
  query.timeout = timeout_max;
  const auto limit = limit_parameter(request);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  const auto at = time_parameter(request, "time", now);
  if (!at) return std::unexpected(at.error());
  query.start = query.end = *at;
  if (const auto read = read_options(request, query); !read) return std::unexpected(read.error());
  return query;
}

std::expected<QueryRequest, Failure> range_request(const Request& request, Duration timeout_max) {
  QueryRequest query;
  query.timeout = timeout_max;
  query.is_range = true;
  const auto limit = limit_parameter(request);
  if (!limit) return std::unexpected(limit.error());
  query.limit = *limit;
  const auto start = required_time(request, "start");
  if (!start) return std::unexpected(start.error());
  query.start = *start;
  const auto end = required_time(request, "end");
  if (!end) return std::unexpected(end.error());
  query.end = *end;
  if (query.end < query.start) {
    return std::unexpected(invalid_parameter("end", "end timestamp must not be before start time"));
  }
  const auto step = read_duration(parameter(request, "step"));
  if (!step) return std::unexpected(invalid_parameter("step", step.error()));
  if (*step <= Duration::zero()) {
    return std::unexpected(
        invalid_parameter("step",
                          "zero or negative query resolution step widths are not accepted. "
                          "Try a positive integer"));
  }
  query.step = *step;
  if ((query.end - query.start) / query.step > steps_max) {
    return std::unexpected(
        Failure{ErrorType::bad_data,
                "exceeded maximum resolution of 11,000 points per timeseries. Try "
                "decreasing the query resolution (?step=XX)"});
  }
  if (const auto read = read_options(request, query); !read) return std::unexpected(read.error());
  return query;
}

}  // namespace slod::prometheus_api
