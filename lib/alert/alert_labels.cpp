#include "lib/alert/alert_labels.h"

#include <algorithm>

#include "lib/text/utf8.h"

namespace slod::alert {

boost::json::object alert_labels(const Notice& notice) {
  if (notice.rule) return told(notice.rule->labels);
  boost::json::object out;
  out["alertname"] = "SloBurnRate";
  out["service"] = valid_utf8(notice.service);
  out["severity"] = valid_utf8(notice.severity);
  out["slo"] = valid_utf8(notice.slo);
  return out;
}

boost::json::object alert_annotations(const Notice& notice) {
  if (notice.rule) return told(notice.rule->annotations);
  boost::json::object out;
  const auto add = [&out](std::string_view name, const std::string& text) {
    if (!text.empty()) out[name] = valid_utf8(text);
  };
  add("summary", notice.summary());
  add("description", notice.details());
  add("runbook_url", notice.runbook);
  add("owner", notice.owner);
  add("slod_key", notice.key);
  return out;
}

Instant alert_ends_at(const Notice& notice) {
  return std::max(notice.starts_at, notice.ends_at.value_or(notice.sent_at));
}

}  // namespace slod::alert
