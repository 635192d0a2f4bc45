#include "lib/alert/receivers/alertmanager.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cassert>

#include "lib/alert/alert_labels.h"
#include "lib/alert/plain_text.h"
#include "lib/json/text.h"

namespace slod::alert {

namespace {

/// How many times it may be missed before an alert ends.
constexpr int misses_max = 4;

/// Before UTF-8 names, which not every Alertmanager takes: letters, digits and _, no digit first.
std::string valid_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool is_digit = c >= '0' && c <= '9';
    if (is_digit && out.empty()) out += '_';
    out += is_letter || is_digit ? c : '_';
  }
  return out.empty() ? "_" : out;
}

/// A name that became one which is there already gets more of `_`.
boost::json::object with_valid_names(const boost::json::object& texts) {
  boost::json::object out;
  for (const auto& [name, text] : texts) {
    if (valid_name(name) == std::string_view(name)) out[name] = text;
  }
  for (const auto& [name, text] : texts) {
    std::string valid = valid_name(name);
    if (valid == std::string_view(name)) continue;
    while (out.contains(valid)) valid += '_';
    out[valid] = text;
  }
  return out;
}

Instant ends_at(const Notice& notice, Instant now, Duration resend_delay) {
  if (notice.kind == Notice::Kind::resolved) return alert_ends_at(notice);
  const Duration interval = notice.rule ? notice.rule->interval : Duration::zero();
  return std::max(notice.starts_at, now) + misses_max * std::max(resend_delay, interval);
}

}  // namespace

DeliveryRequest Alertmanager::request(std::span<const Notice> notices,
                                      const RequestContext& context) const {
  return json_post(fmt::format("{}{}", urls[context.address], alerts_path),
                   alertmanager_alerts(notices, context.now, resend_delay));
}

std::string alertmanager_alerts(std::span<const Notice> notices, Instant now,
                                Duration resend_delay) {
  assert(resend_delay > Duration::zero());
  boost::json::array out;
  for (const Notice& notice : notices) {
    boost::json::object alert;
    alert["labels"] = with_valid_names(alert_labels(notice));
    alert["annotations"] = with_valid_names(alert_annotations(notice));
    alert["startsAt"] = format_instant(notice.starts_at);
    alert["endsAt"] = format_instant(ends_at(notice, now, resend_delay));
    // Alertmanager refuses an alert whose generatorURL is no URI.
    if (is_web_address(notice.link())) alert["generatorURL"] = notice.link();
    out.push_back(std::move(alert));
  }
  return json_text(out);
}

}  // namespace slod::alert
