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

}  // namespace

DeliveryRequest Webhook::request(const Notice& notice, const RequestContext& context) const {
  return json_post(url, webhook_payload(notice, context.receiver));
}

std::string webhook_payload(const Notice& notice, std::string_view receiver) {
  const bool firing = notice.kind == Notice::Kind::firing;
  const boost::json::object labels = alert_labels(notice);
  const boost::json::object annotations = alert_annotations(notice);

  boost::json::object alert;
  alert["status"] = to_string(notice.kind);
  alert["labels"] = labels;
  alert["annotations"] = annotations;
  alert["startsAt"] = format_instant(notice.starts_at);
  // Go's zero time, which receivers read as "not yet".
  alert["endsAt"] = firing ? "0001-01-01T00:00:00Z" : format_instant(alert_ends_at(notice));
  alert["generatorURL"] = is_web_address(notice.link()) ? notice.link() : "";
  alert["fingerprint"] = fingerprint(labels);

  boost::json::object out;
  out["version"] = "4";
  out["groupKey"] = group_key(labels);
  out["truncatedAlerts"] = 0;
  out["status"] = to_string(notice.kind);
  out["receiver"] = valid_utf8(receiver);
  out["groupLabels"] = labels;
  out["commonLabels"] = labels;
  out["commonAnnotations"] = annotations;
  out["externalURL"] = valid_utf8(notice.external_url);
  out["alerts"] = boost::json::array{std::move(alert)};
  return json_text(out);
}

}  // namespace slod::alert
