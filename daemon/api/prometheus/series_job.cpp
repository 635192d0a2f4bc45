#include "daemon/api/prometheus/series_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "daemon/api/prometheus/ending.h"
#include "daemon/api/prometheus/parameters.h"
#include "lib/json/text.h"
#include "lib/query/json.h"
#include "lib/series/recent_samples.h"
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
std::expected<std::set<Labels>, Failure> found(const SeriesRequest& request,
                                               std::string_view parameter_of_error,
                                               const SamplesOnLoop& samples,
                                               const std::stop_token& stop) {
  auto selections = read_matches(request.matches, stop);
  if (auto ended = ending(stop, "its preparation")) return std::unexpected(std::move(*ended));
  if (!selections) {
    if (parameter_of_error.empty()) {
      return std::unexpected(Failure{ErrorType::bad_data, selections.error()});
    }
    return std::unexpected(invalid_parameter(parameter_of_error, selections.error()));
  }
  if (selections->empty()) selections->emplace_back();
  if (request.range.end < request.range.begin) return {};
  const auto source = samples.open(*selections, request.range, stop);
  // Several selections go through all series once, so that what many select is copied once.
  const bool is_one = selections->size() == 1;
  const auto is_unwanted = [&stop] { return has_to_end(stop); };
  std::vector<Labels> some;
  if (source) {
    some = source->series(is_one ? std::span<const promql::Matcher>(selections->front())
                                 : std::span<const promql::Matcher>(),
                          request.range, is_unwanted);
  }
  std::set<Labels> all;
  while (!some.empty() && !is_unwanted()) {
    const bool is_selected = is_one || std::ranges::any_of(*selections, [&](const auto& matchers) {
                               return satisfies(some.back(), matchers);
                             });
    if (is_selected) all.insert(std::move(some.back()));
    some.pop_back();
  }
  if (auto ended = ending(stop, "the search for series")) {
    return std::unexpected(std::move(*ended));
  }
  return all;
}

/// The elements as a list of JSON up to the limit, with a remark where there are more.
template <class Element, class Append>
Response listed(const std::set<Element>& elements, const SeriesRequest& request,
                const std::stop_token& stop, Append append) {
  const std::size_t limit = request.limit.value_or(elements.size());
  std::string json(success_begin);
  json += '[';
  std::size_t count = 0;
  for (const Element& element : elements) {
    if (count == limit) break;
    if (auto ended = ending(stop, "the writing of its result")) return failed(*ended);
    if (count++ > 0) json += ',';
    append(json, element);
  }
  json += ']';
  Remarks remarks;
  if (count < elements.size()) remarks.warnings.emplace_back("results truncated due to limit");
  return success_from(std::move(json), remarks);
}

void append_text(std::string& json, std::string_view text) {
  append_json_text(json, text);
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
  const auto series = found(request, "match[]", samples, stop);
  if (!series) return failed(series.error());
  return listed(*series, request, stop, query::append_labels);
}

Response run_labels(const SeriesRequest& request, const SamplesOnLoop& samples,
                    const std::stop_token& stop) {
  const auto series = found(request, "", samples, stop);
  if (!series) return failed(series.error());
  std::set<std::string_view> names;
  for (const Labels& labels : *series) {
    for (const auto& [name, value] : labels.pairs()) names.insert(name);
  }
  return listed(names, request, stop, append_text);
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
  return listed(values, request, stop, append_text);
}

}  // namespace slod::prometheus_api
