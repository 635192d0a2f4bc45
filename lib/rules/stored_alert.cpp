#include "lib/rules/stored_alert.h"

#include <optional>
#include <utility>
#include <vector>

#include "lib/alert/fields.h"
#include "lib/rules/alerting.h"
#include "lib/text/number.h"
#include "lib/text/utf8.h"

namespace slod::rules {
namespace {

using Texts = std::map<std::string, std::string>;

boost::json::value time_json(std::optional<Instant> at) {
  if (!at) return nullptr;
  return boost::json::string(format_instant(*at));
}

Labels labels_of(const Texts& texts) {
  return Labels(std::vector<Labels::Pair>(texts.begin(), texts.end()));
}

std::optional<AlertState> parse_state(std::string_view text) {
  for (const AlertState state : {AlertState::inactive, AlertState::pending, AlertState::firing}) {
    if (text == to_string(state)) return state;
  }
  return std::nullopt;
}

void read_state(alert::Fields& fields, AlertStatus& alert) {
  std::string state;
  fields.text("state", state);
  if (const auto known = parse_state(state)) {
    alert.state = *known;
  } else {
    fields.expected("state", "inactive, pending or firing");
  }
  fields.instant("active_at", alert.active_at);
  fields.instant("fired_at", alert.fired_at);
  fields.instant("resolved_at", alert.resolved_at);
  fields.instant("keep_firing_since", alert.keep_firing_since);
  if (alert.state == AlertState::firing && !alert.fired_at) {
    fields.expected("fired_at", "the time at which a firing alert fired");
  }
  fields.number_text("value", alert.value);
}

}  // namespace

StoredAlert stored_alert(const Group& group, const Rule& rule, AlertStatus alert) {
  return {.file = group.file,
          .group = group.name,
          .rule = rule.alert,
          .rule_labels = rule.labels,
          .expr = rule.expr,
          .interval = group.interval,
          .alert = std::move(alert)};
}

bool is_stored_alert(const boost::json::value& episode) {
  return episode.is_object() && episode.get_object().contains("rule");
}

boost::json::object to_json(const StoredAlert& stored) {
  const AlertStatus& alert = stored.alert;
  return {{"key", valid_utf8(alert.key)},
          {"file", valid_utf8(stored.file)},
          {"group", valid_utf8(stored.group)},
          {"rule", valid_utf8(stored.rule)},
          {"rule_labels", alert::texts_json(stored.rule_labels)},
          {"expr", valid_utf8(stored.expr)},
          {"labels", alert::texts_json(alert.labels.pairs())},
          {"annotations", alert::texts_json(alert.annotations.pairs())},
          {"state", to_string(alert.state)},
          {"active_at", format_instant(alert.active_at)},
          {"fired_at", time_json(alert.fired_at)},
          {"resolved_at", time_json(alert.resolved_at)},
          {"keep_firing_since", time_json(alert.keep_firing_since)},
          {"value", short_number(alert.value)}};
}

std::expected<StoredAlert, std::string> stored_alert_from_json(const boost::json::value& value) {
  if (!value.is_object()) return std::unexpected("expected a stored alert to be an object");
  const boost::json::object& object = value.get_object();
  alert::Fields fields(object);
  StoredAlert stored;
  fields.text("key", stored.alert.key);
  if (stored.alert.key.empty()) fields.expected("key", "a dedup key");
  fields.text("file", stored.file);
  fields.text("group", stored.group);
  fields.text("rule", stored.rule);
  fields.text("expr", stored.expr);
  fields.texts("rule_labels", stored.rule_labels);
  Texts labels;
  Texts annotations;
  fields.texts("labels", labels);
  fields.texts("annotations", annotations);
  stored.alert.labels = labels_of(labels);
  stored.alert.annotations = labels_of(annotations);
  read_state(fields, stored.alert);
  if (!fields.problem().empty()) return std::unexpected(fields.problem());
  return stored;
}

}  // namespace slod::rules
