#include "lib/alert/receivers/msteams.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>

#include "lib/alert/plain_text.h"
#include "lib/alert/several.h"
#include "lib/json/text.h"

namespace slod::alert {
namespace {

// A character takes four bytes at most in JSON, escapes included.
constexpr std::size_t card_title_max = 300;
constexpr std::size_t card_details_max = 3'000;
constexpr std::size_t card_line_max = 80;      // of one of several alerts
constexpr std::size_t button_url_max = 2'048;  // bytes

/// What begins a style, a link or code in the Markdown of cards. A line of ours never begins with
/// what a target wrote, so that lists and headings need no escape.
constexpr std::string_view markdown = R"(\`*_~[])";

std::string without_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (markdown.contains(c)) out += '\\';
    out += c;
  }
  return out;
}

/// Phones cut a text that does not wrap.
boost::json::object text_block(std::string_view text) {
  return {{"type", "TextBlock"}, {"text", without_markdown(text)}, {"wrap", true}};
}

std::string title(const Notice& notice, const std::string& headline) {
  std::string state = notice.kind == Notice::Kind::firing ? "Firing" : "Resolved";
  if (!notice.severity.empty()) state += fmt::format(" ({})", one_line(notice.severity));
  return cut(fmt::format("{}: {}", state, headline), card_title_max);
}

std::string title(const Notice& notice) {
  return title(notice, notice.headline());
}

std::string_view card_color(const Notice& notice) {
  if (notice.kind == Notice::Kind::resolved) return "Good";
  switch (notice.urgency()) {
    case Urgency::critical:
    case Urgency::error:
      return "Attention";
    case Urgency::warning:
      return "Warning";
    case Urgency::info:
      break;
  }
  return "Accent";
}

/// Each line in a block of its own: line feeds mean different things to different clients.
boost::json::array body(const std::string& title, const Notice& notice,
                        const std::string& details) {
  boost::json::object head = text_block(title);
  head["weight"] = "Bolder";
  head["size"] = "Medium";
  head["style"] = "heading";
  head["color"] = card_color(notice);
  boost::json::array out{std::move(head)};
  for (std::size_t begin = 0; begin < details.size();) {
    const std::size_t end = std::min(details.find('\n', begin), details.size());
    boost::json::object line = text_block(std::string_view(details).substr(begin, end - begin));
    line["spacing"] = "None";
    out.push_back(std::move(line));
    begin = end + 1;
  }
  return out;
}

boost::json::array actions(const Notice& notice) {
  boost::json::array out;
  const auto add = [&out](std::string_view label, const std::string& url) {
    if (url.size() > button_url_max || !is_web_address(url)) return;
    out.push_back(boost::json::object{{"type", "Action.OpenUrl"}, {"title", label}, {"url", url}});
  };
  add("Open slod", notice.link());
  add("Runbook", notice.runbook);
  return out;
}

/// A message with one Adaptive Card.
std::string message_of(const std::string& title, boost::json::array body,
                       boost::json::array actions) {
  boost::json::object card;
  card["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json";
  card["type"] = "AdaptiveCard";
  card["version"] = "1.4";
  card["fallbackText"] = title;
  card["body"] = std::move(body);
  card["actions"] = std::move(actions);
  card["msteams"] = boost::json::object{{"width", "Full"}};

  boost::json::object attachment;
  attachment["contentType"] = "application/vnd.microsoft.card.adaptive";
  attachment["contentUrl"] = nullptr;  // the workflow's schema asks for it
  attachment["content"] = std::move(card);

  boost::json::object out;
  out["type"] = "message";
  out["attachments"] = boost::json::array{std::move(attachment)};
  return json_text(out);
}

/// The status of "... Microsoft Teams endpoint returned HTTP error 429 ..."; nullopt: there is
/// none.
std::optional<int> reported_status(std::string_view body) {
  constexpr std::string_view words = "returned HTTP error ";
  const std::size_t at = body.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  int status = 0;
  std::from_chars(body.data() + at + words.size(), body.data() + body.size(), status);
  return status;
}

}  // namespace

DeliveryRequest MsTeams::request(std::span<const Notice> notices,
                                 const RequestContext& context) const {
  DeliveryRequest out =
      json_post_to_secret_url(context.secret, notices.size() == 1 ? msteams_message(notices.front())
                                                                  : msteams_message(notices));
  // What is in every such URL, and may be in any answer.
  static constexpr std::array<std::string_view, 5> words = {
      "powerautomate", "automations", "workflows", "2016-06-01", "%2Ftriggers%2Fmanual%2Frun"};
  std::erase_if(out.secrets, [](const std::string& secret) {
    return std::ranges::find(words, secret) != words.end();
  });
  return out;
}

DeliveryStatus MsTeams::meaning(int status, std::string_view body) {
  if (!is_success(status)) return by_status(status);
  const std::optional<int> reported = reported_status(body);
  return reported ? by_status(*reported) : DeliveryStatus::delivered;
}

std::string msteams_message(const Notice& notice) {
  return message_of(title(notice),
                    body(title(notice), notice, cut(notice.details(), card_details_max)),
                    actions(notice));
}

std::string msteams_message(std::span<const Notice> notices) {
  const Notice& worst = worst_of(notices);
  const std::string lines = fmt::format("{}", fmt::join(brief_lines(notices, card_line_max), "\n"));
  const std::string head = title(worst, common_headline(notices));
  boost::json::array buttons;
  if (is_web_address(worst.external_url)) {
    buttons.push_back(boost::json::object{
        {"type", "Action.OpenUrl"}, {"title", "Open slod"}, {"url", worst.external_url}});
  }
  return message_of(head, body(head, worst, lines), std::move(buttons));
}

}  // namespace slod::alert
