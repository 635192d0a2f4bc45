#include "lib/alert/receivers/slack.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "lib/alert/plain_text.h"
#include "lib/alert/several.h"
#include "lib/json/text.h"

namespace slod::alert {
namespace {

constexpr std::size_t title_max = 1024;  // as Alertmanager cuts
constexpr std::size_t text_max = 8192;
constexpr std::size_t message_line_max = 100;  // of one of several alerts
constexpr std::size_t lines_max = 4000;        // bytes of one attachment

/// Slack's control sequences begin with `<`: without it nothing is a mention or a link. Texts are
/// cut before they are escaped, so that no entity is cut in two.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view color(const Notice& notice) {
  if (notice.kind == Notice::Kind::resolved) return "good";
  switch (notice.urgency()) {
    case Urgency::critical:
    case Urgency::error:
      return "danger";
    case Urgency::warning:
      return "warning";
    case Urgency::info:
      break;
  }
  return "#439fe0";
}

/// "Firing (page)"; a rule's alert may have no severity.
std::string state(const Notice& notice) {
  std::string name = notice.kind == Notice::Kind::firing ? "Firing" : "Resolved";
  if (notice.rule && notice.severity.empty()) return name;
  return fmt::format("{} ({})", name, escaped(cut(one_line(notice.severity), title_max)));
}

boost::json::object attachment_of(const Notice& notice, std::string_view text) {
  boost::json::object out;
  out["color"] = color(notice);
  out["text"] = escaped(text);
  out["footer"] = "slod";
  out["ts"] = notice.starts_at.time_since_epoch().count() / 1000;
  return out;
}

/// "ok", whatever white space a proxy adds.
bool says_ok(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \r\n");
  if (first == std::string_view::npos) return false;
  return body.substr(first, body.find_last_not_of(" \r\n") - first + 1) == "ok";
}

}  // namespace

DeliveryRequest Slack::request(std::span<const Notice> notices,
                               const RequestContext& context) const {
  return json_post_to_secret_url(context.secret, notices.size() == 1
                                                     ? slack_message(notices.front())
                                                     : slack_message(notices));
}

DeliveryStatus Slack::meaning(int status, std::string_view body) {
  if (status == 200 && says_ok(body)) return DeliveryStatus::delivered;
  return is_temporary(status) ? DeliveryStatus::retry : DeliveryStatus::rejected;
}

std::string slack_message(const Notice& notice) {
  const std::string headline = escaped(cut(notice.headline(), title_max));

  boost::json::object attachment = attachment_of(notice, cut(notice.details(), text_max));
  attachment["fallback"] = escaped(cut(notice.summary(), title_max));
  attachment["title"] = escaped(cut(one_line(notice.id()), title_max));
  if (is_web_address(notice.link())) attachment["title_link"] = notice.link();

  boost::json::object out;
  out["text"] = fmt::format("{}: {}", state(notice), headline);
  out["attachments"] = boost::json::array{std::move(attachment)};
  return json_text(out);
}

std::string slack_message(std::span<const Notice> notices) {
  const Notice& worst = worst_of(notices);
  boost::json::array attachments;
  std::string text;
  const auto attach = [&] {
    if (!text.empty()) attachments.push_back(attachment_of(worst, text));
    text.clear();
  };
  for (const std::string& line : brief_lines(notices, message_line_max)) {
    if (text.size() + line.size() >= lines_max) attach();
    if (!text.empty()) text += '\n';
    text += line;
  }
  attach();
  boost::json::object out;
  out["text"] = fmt::format("{}: {}", state(worst), escaped(common_headline(notices)));
  out["attachments"] = std::move(attachments);
  return json_text(out);
}

}  // namespace slod::alert
