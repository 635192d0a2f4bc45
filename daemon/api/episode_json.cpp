#include "daemon/api/episode_json.h"

#include "lib/alert/episode.h"
#include "lib/alert/rule_alert.h"
#include "lib/engine/alert_notice.h"
#include "lib/json/nullable.h"
#include "lib/rules/alerting.h"
#include "lib/rules/stored_alert.h"
#include "lib/text/number.h"
#include "lib/time/instant.h"

namespace slod {
namespace {

namespace json = boost::json;

json::value peak_json(const alert::Facts& peak) {
  if (!peak.long_burn) return nullptr;
  return json::object{{"burn_rate", *peak.long_burn},
                      {"window_seconds", seconds(peak.long_window)},
                      {"factor", peak.factor}};
}

std::optional<json::object> burn_rate_json(const std::string& key, const json::value& stored) {
  const auto episode = alert::episode_from_json(stored);
  if (!episode) return std::nullopt;
  const std::size_t slash = episode->slo.find('/');
  if (slash == std::string::npos) return std::nullopt;
  return json::object{{"key", key},
                      {"kind", "burn_rate"},
                      {"service", episode->slo.substr(0, slash)},
                      {"slo", episode->slo.substr(slash + 1)},
                      {"severity", episode->severity},
                      {"state", alert::to_string(episode->state)},
                      {"since", format_instant(episode->since)},
                      {"fired_at", nullable(episode->fired_at.transform(format_instant))},
                      {"resolved_at", nullable(episode->resolved_at.transform(format_instant))},
                      {"factor", episode->facts.factor},
                      {"long_window_seconds", seconds(episode->facts.long_window)},
                      {"long_burn_rate", nullable(episode->facts.long_burn)},
                      {"spent_ratio", nullable(episode->facts.spent)},
                      {"peak", peak_json(episode->peak)}};
}

/// A rule's alert is stored as inactive once it is over, whether or not it had fired.
std::string_view state_of(const rules::AlertStatus& alert) {
  if (alert.state == rules::AlertState::inactive && alert.resolved_at) {
    return alert::to_string(alert::State::resolved);
  }
  return rules::to_string(alert.state);
}

std::optional<json::object> rule_json(const std::string& key, const json::value& stored) {
  const auto read = rules::stored_alert_from_json(stored);
  if (!read) return std::nullopt;
  const rules::AlertStatus& alert = read->alert;
  // The service and the severity are those that its notices had.
  const alert::Notice notice = alert_notice(*read, "", alert.active_at);
  return json::object{{"key", key},
                      {"kind", "rule"},
                      {"service", notice.service},
                      {"slo", std::string(alert.labels.get("slo"))},
                      {"severity", notice.severity},
                      {"state", state_of(alert)},
                      {"since", format_instant(alert.active_at)},
                      {"fired_at", nullable(alert.fired_at.transform(format_instant))},
                      {"resolved_at", nullable(alert.resolved_at.transform(format_instant))},
                      {"alert", read->rule},
                      {"group", read->group},
                      {"expr", read->expr},
                      {"summary", alert::headline(*notice.rule)},
                      {"labels", alert::without_blanks(notice.rule->labels)},
                      {"annotations", alert::without_blanks(notice.rule->annotations)},
                      {"value", short_number(alert.value)}};
}

}  // namespace

std::optional<json::object> stored_episode_json(const std::string& key, const json::value& stored) {
  if (rules::is_stored_alert(stored)) return rule_json(key, stored);
  return burn_rate_json(key, stored);
}

}  // namespace slod
