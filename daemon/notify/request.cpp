#include "daemon/notify/request.h"

#include "daemon/files/files.h"
#include "lib/alert/alertmanager.h"
#include "lib/alert/pagerduty.h"
#include "lib/alert/slack.h"
#include "lib/alert/webhook.h"

namespace slod {
namespace {

constexpr Duration patience = std::chrono::seconds(10);
constexpr std::size_t answer_bytes_max = 64 * 1024;

Fetch post(std::string url, std::string body) {
  return {.method = "POST",
          .url = std::move(url),
          .headers = {{"content-type", "application/json"}},
          .body = std::move(body),
          .timeout = patience,
          .body_bytes_max = answer_bytes_max};
}

/// One overload for each kind of receiver.
struct Requests {
  const alert::Notice& notice;
  const std::string& receiver_name;
  Instant now;

  std::expected<Fetch, std::string> operator()(const alert::PagerDuty& pagerduty) const {
    const auto key = read_secret(pagerduty.routing_key_file);
    if (!key) return std::unexpected(key.error());
    return post(pagerduty.url, alert::pagerduty_event(notice, *key));
  }

  std::expected<Fetch, std::string> operator()(const alert::Slack& slack) const {
    auto url = read_secret(slack.webhook_url_file);
    if (!url) return std::unexpected(url.error());
    Fetch fetch = post(std::move(*url), alert::slack_message(notice));
    fetch.secret_url = true;
    return fetch;
  }

  std::expected<Fetch, std::string> operator()(const alert::Alertmanager& alertmanager) const {
    return refresh_request(alertmanager, std::span(&notice, 1), now);
  }

  std::expected<Fetch, std::string> operator()(const alert::Webhook& webhook) const {
    return post(webhook.url, alert::webhook_payload(notice, receiver_name, notice.link));
  }
};

}  // namespace

std::expected<Fetch, std::string> request_for(const alert::Receiver& receiver,
                                              const alert::Notice& notice, Instant now) {
  return std::visit(Requests{notice, receiver.name, now}, receiver.endpoint);
}

Fetch refresh_request(const alert::Alertmanager& receiver, std::span<const alert::Notice> firing,
                      Instant now) {
  return post(receiver.url + "/api/v2/alerts",
              alert::alertmanager_alerts(firing, now, alertmanager_validity));
}

}  // namespace slod
