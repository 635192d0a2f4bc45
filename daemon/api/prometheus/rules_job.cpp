#include "daemon/api/prometheus/rules_job.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <utility>

#include "daemon/api/prometheus/parameters.h"
#include "lib/engine/burn_rate_groups.h"
#include "lib/json/text.h"
#include "lib/promql/printer.h"
#include "lib/rules/alerting.h"
#include "lib/series/recent_samples.h"
#include "lib/text/number.h"

namespace slod::prometheus_api {
namespace {

namespace json = boost::json;
using GroupPtr = std::shared_ptr<const rules::GroupStatus>;

constexpr std::string_view never = "0001-01-01T00:00:00Z";  ///< Go's zero time

std::string time_text(std::optional<Instant> at) {
  return at ? format_instant(*at) : std::string(never);
}

json::object texts_json(const std::map<std::string, std::string>& texts) {
  json::object out;
  for (const auto& [name, text] : texts) out[name] = text;
  return out;
}

std::string_view text(rules::Health health) {
  switch (health) {
    case rules::Health::unknown:
      return "unknown";
    case rules::Health::ok:
      return "ok";
    case rules::Health::error:
      return "err";
  }
  return "unknown";
}

json::object alert_json(const rules::AlertStatus& alert) {
  json::object out{{"labels", labels_json(alert.labels)},
                   {"annotations", labels_json(alert.annotations)},
                   {"state", rules::to_string(alert.state)},
                   {"activeAt", format_instant(alert.active_at)}};
  if (alert.keep_firing_since) out["keepFiringSince"] = format_instant(*alert.keep_firing_since);
  out["value"] = exponent_number(alert.value);
  return out;
}

json::array alerts_json(const rules::RuleStatus& status) {
  json::array alerts;
  for (const rules::AlertStatus& alert : status.alerts) alerts.push_back(alert_json(alert));
  return alerts;
}

json::object rule_json(const rules::Rule& rule, const rules::RuleStatus& status, bool with_alerts) {
  json::object out;
  const bool is_alert = rule.is_alert();
  if (is_alert) {
    // Before its first evaluation nothing is known of an alert.
    out["state"] =
        status.health == rules::Health::unknown ? "unknown" : rules::to_string(status.state());
  }
  out["name"] = is_alert ? rule.alert : rule.record;
  out["query"] = rule.parsed ? promql::to_text(*rule.parsed) : rule.expr;
  if (is_alert) {
    out["duration"] = seconds(rule.hold);
    out["keepFiringFor"] = seconds(rule.keep_firing_for);
  }
  if (is_alert || !rule.labels.empty()) out["labels"] = texts_json(rule.labels);
  if (is_alert) {
    out["annotations"] = texts_json(rule.annotations);
    if (with_alerts) out["alerts"] = alerts_json(status);
  }
  out["health"] = text(status.health);
  if (!status.error.empty()) out["lastError"] = status.error;
  out["evaluationTime"] = status.evaluation_seconds;
  out["lastEvaluation"] = time_text(status.last_evaluation);
  out["type"] = is_alert ? "alerting" : "recording";
  return out;
}

/// What stands for a group in the pages of a long answer.
std::string token_of(const rules::Group& group) {
  const std::string id = group.id();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(id.data(), id.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

using Selections = std::vector<std::vector<promql::Matcher>>;

bool is_wanted(const rules::Rule& rule, const RulesRequest& request, const Selections& matches) {
  if (rule.is_alert() ? !request.alerting : !request.recording) return false;
  const std::string& name = rule.is_alert() ? rule.alert : rule.record;
  if (!request.names.empty() && !request.names.contains(name)) return false;
  if (matches.empty()) return true;
  std::vector<Labels::Pair> pairs(rule.labels.begin(), rule.labels.end());
  const Labels labels(std::move(pairs));
  return std::ranges::any_of(
      matches, [&labels](const auto& matchers) { return satisfies(labels, matchers); });
}

/// The rules of a group that are wanted; none where the group itself is not.
json::array rules_json(const rules::GroupStatus& status, const RulesRequest& request,
                       const Selections& matches) {
  const rules::Group& group = *status.group;
  if (!request.groups.empty() && !request.groups.contains(group.name)) return {};
  if (!request.files.empty() && !request.files.contains(group.file)) return {};
  json::array out;
  for (std::size_t i = 0; i < group.rules.size() && i < status.rules.size(); ++i) {
    if (!is_wanted(group.rules[i], request, matches)) continue;
    out.push_back(rule_json(group.rules[i], status.rules[i], request.with_alerts));
  }
  return out;
}

json::object group_json(const rules::GroupStatus& status, json::array rules) {
  return {{"name", status.group->name},
          {"file", status.group->file},
          {"rules", std::move(rules)},
          {"interval", seconds(status.group->interval)},
          {"limit", status.group->limit},
          {"evaluationTime", status.evaluation_seconds},
          {"lastEvaluation", time_text(status.last_evaluation)}};
}

/// The groups from the one that the token names on; nullopt where it names none.
std::optional<std::size_t> first_group(const std::vector<GroupPtr>& groups,
                                       const std::string& token) {
  if (token.empty()) return 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (token_of(*groups[i]->group) == token) return i;
  }
  return std::nullopt;
}

}  // namespace

std::vector<GroupPtr> all_groups(const Snapshot& snapshot, std::string_view external_url) {
  std::vector<GroupPtr> groups = snapshot.rule_groups;
  std::ranges::move(burn_rate_groups(snapshot, external_url), std::back_inserter(groups));
  std::ranges::sort(groups, {}, [](const GroupPtr& group) {
    return std::pair(std::string_view(group->group->file), std::string_view(group->group->name));
  });
  return groups;
}

Response run_rules(const RulesRequest& request, const std::vector<GroupPtr>& groups) {
  const auto matches = read_matches(request.matches);
  if (!matches) return failed({ErrorType::bad_data, matches.error()});
  const auto first = first_group(groups, request.group_next_token);
  if (!first) {
    return failed(invalid_parameter(
        "group_next_token", fmt::format("invalid group_next_token '{}'. were rule groups changed?",
                                        request.group_next_token)));
  }
  json::array shown;
  std::string next_token;
  for (std::size_t i = *first; i < groups.size(); ++i) {
    json::array rules = rules_json(*groups[i], request, *matches);
    if (rules.empty()) continue;
    if (request.group_limit && shown.size() == *request.group_limit) {
      next_token = token_of(*groups[i]->group);
      break;
    }
    shown.push_back(group_json(*groups[i], std::move(rules)));
  }
  json::object data{{"groups", std::move(shown)}};
  if (!next_token.empty()) data["groupNextToken"] = next_token;
  return success(json_text(data));
}

Response run_alerts(const std::vector<GroupPtr>& groups) {
  json::array alerts;
  for (const GroupPtr& group : groups) {
    for (const rules::RuleStatus& rule : group->rules) {
      std::ranges::move(alerts_json(rule), std::back_inserter(alerts));
    }
  }
  return success(json_text(json::object{{"alerts", std::move(alerts)}}));
}

}  // namespace slod::prometheus_api
