#include "lib/alert/alert_labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "lib/alert/plain_text.h"
#include "lib/text/utf8.h"

namespace slod::alert {

boost::json::object alert_labels(const Notice& notice) {
  if (notice.rule) return without_blanks(notice.rule->labels);
  boost::json::object out;
  out["alertname"] = "SloBurnRate";
  out["service"] = valid_utf8(notice.service);
  out["severity"] = valid_utf8(notice.severity);
  out["slo"] = valid_utf8(notice.slo);
  return out;
}

boost::json::object alert_annotations(const Notice& notice) {
  if (notice.rule) return without_blanks(notice.rule->annotations);
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

boost::json::object fitting(const boost::json::object& texts, std::size_t text_characters_max,
                            std::size_t bytes_max) {
  boost::json::object out;
  std::size_t bytes_left = bytes_max;
  for (const auto& [name, text] : texts) {
    const std::string short_name = cut(name, text_characters_max);
    const std::string short_text = cut(text.get_string(), text_characters_max);
    const std::size_t bytes = short_name.size() + short_text.size() + 1;
    if (bytes > bytes_left) {
      out["…"] = fmt::format("{} more are left out", texts.size() - out.size());
      break;
    }
    bytes_left -= bytes;
    out[short_name] = short_text;
  }
  return out;
}

Instant alert_ends_at(const Notice& notice) {
  return std::max(notice.starts_at, notice.ends_at.value_or(notice.sent_at));
}

}  // namespace slod::alert
