#include "lib/engine/alert_notice.h"

#include "lib/alert/notice.h"

namespace slod {
namespace {

std::map<std::string, std::string> texts(const Labels& labels) {
  return {labels.pairs().begin(), labels.pairs().end()};
}

}  // namespace

alert::Notice alert_notice(const rules::StoredAlert& stored, std::string_view external_url,
                           Instant now) {
  using Kind = alert::Notice::Kind;
  const rules::AlertStatus& alert = stored.alert;
  const bool is_firing = alert.state == rules::AlertState::firing;
  return alert::rule_notice(is_firing ? Kind::firing : Kind::resolved, alert.key,
                            {.name = stored.rule,
                             .labels = texts(alert.labels),
                             .annotations = texts(alert.annotations),
                             .expr = stored.expr,
                             .value = alert.value,
                             .interval = stored.interval},
                            std::string(external_url), alert.fired_at.value_or(alert.active_at),
                            alert.resolved_at, now);
}

}  // namespace slod
