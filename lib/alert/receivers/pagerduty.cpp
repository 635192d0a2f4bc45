#include "lib/alert/receivers/pagerduty.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "lib/alert/alert_labels.h"
#include "lib/alert/plain_text.h"
#include "lib/alert/several.h"
#include "lib/json/text.h"
#include "lib/text/number.h"

namespace slod::alert {
namespace {

// PagerDuty's own limits; the rest is cut so that all of it stays far below 512 KB even where every
// character is escaped.
constexpr std::size_t summary_max = 1024;
constexpr std::size_t key_max = 255;
constexpr std::size_t name_max = 1024;
constexpr std::size_t details_max = 16384;
constexpr std::size_t expr_max = 8192;
constexpr std::size_t label_max = 2048;    // name or text of a label or annotation
constexpr std::size_t labels_max = 16384;  // names and texts of all labels, and of all annotations
constexpr std::size_t address_max = 2048;
constexpr std::size_t event_line_max = 200;       // of one of several alerts
constexpr std::size_t lines_bytes_max = 128'000;  // of all of them

bool can_be_linked(const std::string& address) {
  return address.size() <= address_max && is_web_address(address);
}

boost::json::array links(const Notice& notice) {
  boost::json::array out;
  if (can_be_linked(notice.runbook)) {
    out.push_back(boost::json::object{{"href", notice.runbook}, {"text", "Runbook"}});
  }
  if (can_be_linked(notice.link())) {
    out.push_back(boost::json::object{{"href", notice.link()}, {"text", "Evidence at slod"}});
  }
  return out;
}

boost::json::object slo_details(const Notice& notice) {
  boost::json::object details = to_json(notice.facts);
  details["objective_ratio"] = notice.objective;
  details["window"] = cut(notice.window, name_max);
  details["owner"] = cut(notice.owner, name_max);
  details["description"] = cut(notice.description, details_max);
  details["text"] = cut(notice.details(), details_max);
  return details;
}

boost::json::object rule_details(const Notice& notice, const RuleAlert& alert) {
  boost::json::object details;
  details["labels"] = fitting(alert_labels(notice), label_max, labels_max);
  details["annotations"] = fitting(alert_annotations(notice), label_max, labels_max);
  details["value"] = short_number(alert.value);
  details["expr"] = cut(alert.expr, expr_max);
  details["owner"] = cut(notice.owner, name_max);
  details["text"] = cut(notice.details(), details_max);
  return details;
}

std::string label(const RuleAlert& alert, const std::string& name, const std::string& otherwise) {
  const auto found = alert.labels.find(name);
  return found == alert.labels.end() || found->second.empty() ? otherwise : found->second;
}

/// Which part of what it is about. PagerDuty takes no empty source.
void add_place(const Notice& notice, boost::json::object& out) {
  if (!notice.rule) {
    out["source"] = cut(notice.id(), name_max);
    out["component"] = cut(notice.slo, name_max);
    out["group"] = cut(notice.service, name_max);
    out["class"] = "error budget burn rate";
    return;
  }
  const RuleAlert& alert = *notice.rule;
  out["source"] = cut(label(alert, "instance", notice.id()), name_max);
  out["component"] = cut(label(alert, "component", label(alert, "job", alert.name)), name_max);
  out["group"] = cut(notice.service, name_max);
  out["class"] = cut(alert.name, name_max);
}

boost::json::object payload(const Notice& notice) {
  boost::json::object out;
  out["summary"] = cut(notice.summary(), summary_max);
  out["severity"] = to_string(notice.urgency());
  out["timestamp"] = format_instant(notice.starts_at);
  add_place(notice, out);
  out["custom_details"] = notice.rule ? rule_details(notice, *notice.rule) : slo_details(notice);
  return out;
}

boost::json::object event(const Notice& notice, const std::string& key,
                          std::string_view routing_key) {
  boost::json::object out;
  out["routing_key"] = cut(routing_key, key_max);
  out["event_action"] = notice.kind == Notice::Kind::firing ? "trigger" : "resolve";
  out["dedup_key"] = cut(key, key_max);
  out["client"] = "slod";
  return out;
}

}  // namespace

DeliveryRequest PagerDuty::request(std::span<const Notice> notices,
                                   const RequestContext& context) const {
  return json_post(url, notices.front().incident.empty()
                            ? pagerduty_event(notices.front(), context.secret)
                            : pagerduty_event(notices, context.secret));
}

DeliveryStatus PagerDuty::meaning(int status, std::string_view) {
  if (status == 202) return DeliveryStatus::delivered;
  return is_success(status) ? DeliveryStatus::retry : by_status(status);
}

std::string pagerduty_event(const Notice& notice, std::string_view routing_key) {
  boost::json::object out = event(notice, notice.key, routing_key);
  out["payload"] = payload(notice);
  if (can_be_linked(notice.link())) out["client_url"] = notice.link();
  out["links"] = links(notice);
  return json_text(out);
}

std::string pagerduty_event(std::span<const Notice> notices, std::string_view routing_key) {
  const Notice& worst = worst_of(notices);
  boost::json::array alerts;
  std::size_t bytes = 0;
  for (const std::string& line : brief_lines(notices, event_line_max)) {
    bytes += line.size();
    if (bytes > lines_bytes_max) {
      alerts.push_back(fmt::format("{} more", notices.size() - alerts.size()).c_str());
      break;
    }
    alerts.emplace_back(boost::json::string(line));
  }
  boost::json::object payload;
  payload["summary"] = cut(common_headline(notices), summary_max);
  payload["severity"] = to_string(worst.urgency());
  payload["timestamp"] = format_instant(worst.starts_at);
  payload["source"] = worst.service.empty() ? "slod" : cut(worst.service, name_max);
  payload["group"] = cut(worst.service, name_max);
  payload["class"] = "several alerts";
  payload["custom_details"] = boost::json::object{{"alerts", std::move(alerts)}};
  boost::json::object out = event(worst, worst.incident, routing_key);
  out["payload"] = std::move(payload);
  if (can_be_linked(worst.external_url)) out["client_url"] = worst.external_url;
  return json_text(out);
}

}  // namespace slod::alert
