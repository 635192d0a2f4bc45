#include "daemon/api/prometheus/series_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "daemon/api/prometheus/parameters.h"
#include "lib/json/text.h"
#include "lib/query/json.h"
#include "lib/text/go_string.h"
#include "lib/text/utf8.h"

namespace slod::prometheus_api {
namespace {

std::expected<SeriesRequest, Failure> common_request(const Request& request) {
  SeriesRequest series;
  const auto limit = limit_parameter(request);
  if (!limit) return std::unexpected(limit.error());
  series.limit = *limit;
  const auto start = time_parameter(request, "start", earliest);
  if (!start) return std::unexpected(start.error());
  const auto end = time_parameter(request, "end", latest);
  if (!end) return std::unexpected(end.error());
  series.range = {*start, *end};
  series.matches = match_parameters(request);
  return series;
}

/// The labels of all series that any selector selects, ordered, each once.
std::expected<std::vector<Labels>, Failure> found(const SeriesRequest& request,
                                                  std::string_view parameter_of_error,
                                                  const SamplesOnLoop& samples,
                                                  const std::stop_token& stop) {
  auto selections = read_matches(request.matches);
  if (!selections) {
    if (parameter_of_error.empty()) {
      return std::unexpected(Failure{ErrorType::bad_data, selections.error()});
    }
    return std::unexpected(invalid_parameter(parameter_of_error, selections.error()));
  }
  if (selections->empty()) selections->emplace_back();
  if (request.range.end < request.range.begin) return {};
  const auto source = samples.open(*selections, request.range, stop);
  std::vector<Labels> all;
  for (const auto& matchers : *selections) {
    if (!source || stop.stop_requested()) {
      return std::unexpected(Failure{ErrorType::canceled, "the request was canceled"});
    }
    auto some = source->series(matchers, request.range);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  std::ranges::sort(all);
  const auto repeated = std::ranges::unique(all);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

/// Cuts to the limit, with a remark.
template <class Element>
Remarks cut(std::vector<Element>& elements, const SeriesRequest& request) {
  if (!request.limit || elements.size() <= *request.limit) return {};
  elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(*request.limit), elements.end());
  return {.warnings = {"results truncated due to limit"}, .infos = {}};
}

Response listed(const std::set<std::string_view>& sorted, const SeriesRequest& request) {
  std::vector<std::string_view> texts(sorted.begin(), sorted.end());
  const Remarks remarks = cut(texts, request);
  std::string json = "[";
  for (const std::string_view text : texts) {
    if (json.size() > 1) json += ',';
    append_json_text(json, text);
  }
  json += ']';
  return success(json, remarks);
}

}  // namespace

std::expected<SeriesRequest, Failure> series_request(const Request& request) {
  if (request.parameter("match[]") == nullptr) {
    return std::unexpected(Failure{ErrorType::bad_data, "no match[] parameter provided"});
  }
  return common_request(request);
}

std::expected<SeriesRequest, Failure> labels_request(const Request& request) {
  return common_request(request);
}

std::expected<SeriesRequest, Failure> label_values_request(const Request& request,
                                                           std::string_view name) {
  const std::string label = unescaped_name(name);
  if (label.empty() || !is_utf8(label)) {
    return std::unexpected(Failure{ErrorType::bad_data, "invalid label name: " + go_quoted(label)});
  }
  auto series = common_request(request);
  if (series) series->label = label;
  return series;
}

Response run_series(const SeriesRequest& request, const SamplesOnLoop& samples,
                    const std::stop_token& stop) {
  auto series = found(request, "match[]", samples, stop);
  if (!series) return failed(series.error());
  const Remarks remarks = cut(*series, request);
  std::string json = "[";
  for (const Labels& labels : *series) {
    if (json.size() > 1) json += ',';
    query::append_labels(json, labels);
  }
  json += ']';
  return success(json, remarks);
}

Response run_labels(const SeriesRequest& request, const SamplesOnLoop& samples,
                    const std::stop_token& stop) {
  const auto series = found(request, "", samples, stop);
  if (!series) return failed(series.error());
  std::set<std::string_view> names;
  for (const Labels& labels : *series) {
    for (const auto& [name, value] : labels.pairs()) names.insert(name);
  }
  return listed(names, request);
}

Response run_label_values(const SeriesRequest& request, const SamplesOnLoop& samples,
                          const std::stop_token& stop) {
  const auto series = found(request, "", samples, stop);
  if (!series) return failed(series.error());
  std::set<std::string_view> values;
  for (const Labels& labels : *series) {
    const std::string_view value = labels.get(request.label);
    if (!value.empty()) values.insert(value);
  }
  return listed(values, request);
}

}  // namespace slod::prometheus_api
