#include "lib/alert/pagerduty.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "lib/alert/plain_text.h"
#include "lib/json/text.h"

namespace slod::alert {
namespace {

// PagerDuty's own limits; the rest is cut so that all of it stays far below 512 KB even where every
// character is escaped.
constexpr std::size_t summary_max = 1024;
constexpr std::size_t key_max = 255;
constexpr std::size_t name_max = 1024;
constexpr std::size_t details_max = 16384;
constexpr std::size_t address_max = 2048;

std::string_view pagerduty_severity(std::string_view severity) {
  if (severity == "page") return "critical";
  if (severity == "ticket") return "warning";
  return "info";
}

bool can_be_linked(const std::string& address) {
  return address.size() <= address_max && is_web_address(address);
}

boost::json::array links(const Notice& notice) {
  boost::json::array out;
  if (can_be_linked(notice.runbook)) {
    out.push_back(boost::json::object{{"href", notice.runbook}, {"text", "Runbook"}});
  }
  if (can_be_linked(notice.link)) {
    out.push_back(boost::json::object{{"href", notice.link}, {"text", "Evidence at slod"}});
  }
  return out;
}

boost::json::object payload(const Notice& notice) {
  boost::json::object details = to_json(notice.facts);
  details["objective_ratio"] = notice.objective;
  details["window"] = cut(notice.window, name_max);
  details["owner"] = cut(notice.owner, name_max);
  details["description"] = cut(notice.description, details_max);
  details["text"] = cut(notice.details(), details_max);

  boost::json::object out;
  out["summary"] = cut(notice.summary(), summary_max);
  out["source"] = cut(notice.id(), name_max);
  out["severity"] = pagerduty_severity(notice.severity);
  out["timestamp"] = format_instant(notice.starts_at);
  out["component"] = cut(notice.slo, name_max);
  out["group"] = cut(notice.service, name_max);
  out["class"] = "error budget burn rate";
  out["custom_details"] = std::move(details);
  return out;
}

}  // namespace

std::string pagerduty_event(const Notice& notice, std::string_view routing_key) {
  boost::json::object out;
  out["routing_key"] = cut(routing_key, key_max);
  out["event_action"] = notice.kind == Notice::Kind::firing ? "trigger" : "resolve";
  out["dedup_key"] = cut(notice.key, key_max);
  out["payload"] = payload(notice);
  out["client"] = "slod";
  if (can_be_linked(notice.link)) out["client_url"] = notice.link;
  out["links"] = links(notice);
  return json_text(out);
}

}  // namespace slod::alert
