#include "lib/engine/alert_notice.h"

#include <fmt/format.h>

namespace slod {

alert::Notice alert_notice(const rules::StoredAlert& stored, std::string_view external_url,
                           Instant now) {
  const rules::AlertStatus& alert = stored.alert;
  alert::Notice n;
  n.kind = alert.state == rules::AlertState::firing ? alert::Notice::Kind::firing : alert::Notice::Kind::resolved;
  n.key = alert.key;
  n.severity = alert.labels.get("severity");
  n.starts_at = *alert.fired_at;
  n.ends_at = alert.resolved_at;
  n.sent_at = now;
  n.link = external_url;
  return n;
}

}  // namespace slod
