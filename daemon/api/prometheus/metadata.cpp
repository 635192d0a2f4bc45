#include "daemon/api/prometheus/metadata.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "daemon/api/prometheus/parameters.h"
#include "lib/json/text.h"

namespace slod::prometheus_api {
namespace {

namespace json = boost::json;

/// Negative is no limit; nor is 0 for the entries of a metric.
std::expected<std::optional<std::size_t>, Failure> read_limit(const Request& request,
                                                              std::string_view name) {
  const std::string_view text = parameter(request, name);
  if (text.empty()) return std::nullopt;
  const auto number = read_whole(text, "Atoi");
  if (!number) {
    return std::unexpected(Failure{ErrorType::bad_data, std::string(name) + " must be a number"});
  }
  if (*number < 0) return std::nullopt;
  return static_cast<std::size_t>(*number);
}

}  // namespace

std::expected<MetadataRequest, Failure> metadata_request(const Request& request) {
  MetadataRequest asked;
  const auto limit = read_limit(request, "limit");
  if (!limit) return std::unexpected(limit.error());
  asked.limit = *limit;
  const auto limit_per_metric = read_limit(request, "limit_per_metric");
  if (!limit_per_metric) return std::unexpected(limit_per_metric.error());
  if (*limit_per_metric && **limit_per_metric > 0) asked.limit_per_metric = *limit_per_metric;
  asked.metric = parameter(request, "metric");
  return asked;
}

Response run_metadata(const MetadataRequest& request, const KnownMetadata& known) {
  json::object data;
  for (const auto& [metric, entries] : known.by_metric()) {
    if (!request.metric.empty() && metric != request.metric) continue;
    if (request.limit && data.size() >= *request.limit) break;
    json::array shown;
    for (const MetricMetadata& entry : entries) {
      if (request.limit_per_metric && shown.size() >= *request.limit_per_metric) break;
      shown.push_back({{"type", entry.type}, {"help", entry.help}, {"unit", entry.unit}});
    }
    data[metric] = std::move(shown);
  }
  return success(json_text(data));
}

}  // namespace slod::prometheus_api
