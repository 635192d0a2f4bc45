#include "lib/alert/receivers/opsgenie.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "lib/alert/alert_labels.h"
#include "lib/alert/plain_text.h"
#include "lib/alert/several.h"
#include "lib/json/text.h"

namespace slod::alert {
namespace {

// Opsgenie's limits, in characters (docs.opsgenie.com/docs/alert-api).
constexpr std::size_t message_max = 130;
constexpr std::size_t alias_max = 512;
constexpr std::size_t description_max = 15'000;
constexpr std::size_t entity_max = 512;
constexpr std::size_t tag_max = 50;
constexpr std::size_t all_details_max = 8'000;  // names and texts of all of them
constexpr std::size_t detail_max = 1'000;
constexpr std::size_t description_line_max = 140;  // of one of several alerts
constexpr std::size_t note_max = 25'000;
constexpr std::string_view source = "slod";

std::string_view priority(Urgency urgency) {
  switch (urgency) {
    case Urgency::critical:
      return "P1";
    case Urgency::error:
      return "P2";
    case Urgency::warning:
      return "P3";
    case Urgency::info:
      break;
  }
  return "P5";
}

/// What Opsgenie's own routing can choose by.
boost::json::array tags(const Notice& notice) {
  boost::json::array out;
  for (const std::string* text : {&notice.service, &notice.severity, &notice.owner}) {
    if (!text->empty()) out.push_back(boost::json::string(cut(one_line(*text), tag_max)));
  }
  return out;
}

/// Texts all of them: Opsgenie refuses any other value.
boost::json::object details(const Notice& notice) {
  boost::json::object out;
  const auto add = [&out](std::string_view name, const std::string& text) {
    if (!text.empty()) out[name] = text;
  };
  add("runbook", notice.runbook);
  add("link", notice.link());
  for (const auto& [name, text] : alert_labels(notice)) out[name] = text;
  return fitting(out, detail_max, all_details_max);
}

std::string alias(const Notice& notice) {
  return cut(notice.incident.empty() ? notice.key : notice.incident, alias_max);
}

}  // namespace

DeliveryRequest Opsgenie::request(std::span<const Notice> notices,
                                  const RequestContext& context) const {
  const Notice& notice = notices.front();
  DeliveryRequest out;
  if (notice.kind == Notice::Kind::firing) {
    out = json_post(fmt::format("{}{}", url, alerts_path),
                    notice.incident.empty() ? opsgenie_alert(notice) : opsgenie_alert(notices));
  } else {
    const std::string encoded = boost::urls::encode(alias(notice), boost::urls::unreserved_chars);
    out = json_post(
        fmt::format("{}{}/{}/close?identifierType=alias", url, alerts_path, encoded),
        json_text(boost::json::object{{"source", source}, {"note", cut(notice.text(), note_max)}}));
  }
  out.headers.emplace_back("Authorization", "GenieKey " + context.secret);
  return out;
}

DeliveryStatus Opsgenie::meaning(int status, std::string_view) {
  if (status == 202) return DeliveryStatus::delivered;
  return is_success(status) ? DeliveryStatus::retry : by_status(status);
}

std::string opsgenie_alert(const Notice& notice) {
  boost::json::object out;
  out["message"] = cut(notice.summary(), message_max);
  out["alias"] = alias(notice);
  out["description"] = cut(notice.text(), description_max);
  out["entity"] = cut(notice.id(), entity_max);
  out["source"] = source;
  out["priority"] = priority(notice.urgency());
  out["tags"] = tags(notice);
  out["details"] = details(notice);
  return json_text(out);
}

std::string opsgenie_alert(std::span<const Notice> notices) {
  const Notice& worst = worst_of(notices);
  const std::string lines =
      fmt::format("{}", fmt::join(brief_lines(notices, description_line_max), "\n"));
  boost::json::object out;
  out["message"] = cut(common_headline(notices), message_max);
  out["alias"] = alias(worst);
  out["description"] = cut(lines, description_max);
  out["entity"] = cut(worst.service, entity_max);
  out["source"] = source;
  out["priority"] = priority(worst.urgency());
  out["tags"] = tags(worst);
  return json_text(out);
}

}  // namespace slod::alert
