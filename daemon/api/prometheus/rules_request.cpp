#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "daemon/api/prometheus/parameters.h"
#include "daemon/api/prometheus/rules_job.h"
#include "lib/promql/characters.h"
#include "lib/text/go_string.h"

namespace slod::prometheus_api {
namespace {

std::set<std::string, std::less<>> values(const Request& request, std::string_view name) {
  std::set<std::string, std::less<>> all;
  for (const std::string_view value : request.parameters(name)) all.emplace(value);
  return all;
}

std::expected<void, Failure> read_type(const Request& request, RulesRequest& rules) {
  const std::string type = promql::lower(parameter(request, "type"));
  if (!type.empty() && type != "alert" && type != "record") {
    return std::unexpected(invalid_parameter("type", "not supported value " + go_quoted(type)));
  }
  rules.alerting = type != "record";
  rules.recording = type != "alert";
  return {};
}

std::expected<void, Failure> read_exclude_alerts(const Request& request, RulesRequest& rules) {
  const std::string text = promql::lower(parameter(request, "exclude_alerts"));
  if (text.empty() || text == "0" || text == "f" || text == "false") return {};
  if (text != "1" && text != "t" && text != "true") {
    return std::unexpected(invalid_parameter(
        "exclude_alerts",
        fmt::format("error converting exclude_alerts: strconv.ParseBool: parsing {}: invalid "
                    "syntax",
                    go_quoted(text))));
  }
  rules.with_alerts = false;
  return {};
}

std::expected<void, Failure> read_page(const Request& request, RulesRequest& rules) {
  const std::string_view limit_text = parameter(request, "group_limit");
  rules.group_next_token = parameter(request, "group_next_token");
  if (limit_text.empty()) {
    if (rules.group_next_token.empty()) return {};
    return std::unexpected(
        invalid_parameter("group_next_token",
                          "group_limit needs to be present in order to paginate over the groups"));
  }
  const auto limit = read_whole(limit_text, "ParseInt");
  if (!limit || *limit > std::numeric_limits<int>::max()) {
    const std::string why = limit ? fmt::format("strconv.ParseInt: parsing {}: value out of range",
                                                go_quoted(limit_text))
                                  : limit.error();
    return std::unexpected(
        invalid_parameter("group_limit", "group_limit needs to be a valid number: " + why));
  }
  if (*limit <= 0) {
    return std::unexpected(
        invalid_parameter("group_limit", "group_limit needs to be greater than 0"));
  }
  rules.group_limit = static_cast<std::size_t>(*limit);
  return {};
}

}  // namespace

std::expected<RulesRequest, Failure> rules_request(const Request& request) {
  RulesRequest rules{.names = values(request, "rule_name[]"),
                     .groups = values(request, "rule_group[]"),
                     .files = values(request, "file[]"),
                     .matches = match_parameters(request),
                     .group_limit = {},
                     .group_next_token = {}};
  for (const auto read : {read_type, read_exclude_alerts, read_page}) {
    if (const auto done = read(request, rules); !done) return std::unexpected(done.error());
  }
  return rules;
}

}  // namespace slod::prometheus_api
