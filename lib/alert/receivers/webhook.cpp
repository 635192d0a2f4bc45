#include "lib/alert/receivers/webhook.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "lib/alert/alert_labels.h"
#include "lib/alert/plain_text.h"
#include "lib/hash/fnv.h"
#include "lib/json/text.h"
#include "lib/text/utf8.h"

namespace slod::alert {
namespace {

/// As Prometheus does: FNV-1a over the sorted labels, with 0xff after every name and value.
std::string fingerprint(const boost::json::object& sorted_labels) {
  constexpr unsigned char separator = 0xff;
  Fnv1a hash;
  for (const auto& [name, value] : sorted_labels) {
    hash.add(name).add(separator).add(std::string_view(value.get_string())).add(separator);
  }
  return hash.hex();
}

/// As Alertmanager writes it: `{}:{alertname="SloBurnRate", ...}`.
std::string group_key(const boost::json::object& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (!out.empty()) out += ", ";
    out += fmt::format("{}={}", std::string_view(name), json_text(value));
  }
  return fmt::format("{{}}:{{{}}}", out);
}

boost::json::object alert_of(const Notice& notice) {
  const bool firing = notice.kind == Notice::Kind::firing;
  boost::json::object alert;
  alert["status"] = to_string(notice.kind);
  alert["labels"] = alert_labels(notice);
  alert["annotations"] = alert_annotations(notice);
  alert["startsAt"] = format_instant(notice.starts_at);
  // Go's zero time, which receivers read as "not yet".
  alert["endsAt"] = firing ? "0001-01-01T00:00:00Z" : format_instant(alert_ends_at(notice));
  alert["generatorURL"] = is_web_address(notice.link()) ? notice.link() : "";
  alert["fingerprint"] = fingerprint(alert.at("labels").get_object());
  return alert;
}

/// Takes from `common` what `texts` does not have.
void keep_common(boost::json::object& common, const boost::json::object& texts) {
  boost::json::object kept;
  for (const auto& [name, text] : common) {
    const boost::json::value* other = texts.if_contains(name);
    if (other != nullptr && *other == text) kept[name] = text;
  }
  common = std::move(kept);
}

}  // namespace

DeliveryRequest Webhook::request(std::span<const Notice> notices,
                                 const RequestContext& context) const {
  return json_post_to_secret_url(url_file.empty() ? url : context.secret,
                                 webhook_payload(notices, context.receiver));
}

std::string webhook_payload(std::span<const Notice> notices, std::string_view receiver) {
  boost::json::array alerts;
  for (const Notice& notice : notices) alerts.push_back(alert_of(notice));
  boost::json::object labels = alerts.front().at("labels").get_object();
  boost::json::object annotations = alerts.front().at("annotations").get_object();
  for (const boost::json::value& alert : alerts) {
    keep_common(labels, alert.at("labels").get_object());
    keep_common(annotations, alert.at("annotations").get_object());
  }
  const boost::json::object group = notices.size() == 1 ? labels : boost::json::object();
  boost::json::object out;
  out["version"] = "4";
  out["groupKey"] = group_key(group);
  out["truncatedAlerts"] = 0;
  out["status"] = to_string(notices.front().kind);
  out["receiver"] = valid_utf8(receiver);
  out["groupLabels"] = group;
  out["commonLabels"] = std::move(labels);
  out["commonAnnotations"] = std::move(annotations);
  out["externalURL"] = valid_utf8(notices.front().external_url);
  out["alerts"] = std::move(alerts);
  return json_text(out);
}

}  // namespace slod::alert
