#include "daemon/notify/senders.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace slod {
namespace {

using namespace std::chrono_literals;

/// Every kind of receiver there is.
struct Writer {
  const alert::Receiver& receiver;
  const alert::Notice& notice;
  Instant now;

  Written operator()(const alert::PagerDuty& to) const { return write_letter(to, notice); }
  Written operator()(const alert::Slack& to) const { return write_letter(to, notice); }
  Written operator()(const alert::Alertmanager& to) const {
    return write_letter(to, std::span(&notice, 1), now);
  }
  Written operator()(const alert::Webhook& to) const {
    return write_letter(to, receiver.name, notice);
  }
};

}  // namespace

Written write_letter(const alert::Receiver& receiver, const alert::Notice& notice, Instant now) {
  return std::visit(Writer{receiver, notice, now}, receiver.endpoint);
}

Duration pause_between(alert::ReceiverKind kind) {
  switch (kind) {
    case alert::ReceiverKind::pagerduty:
      return 500ms;
    case alert::ReceiverKind::slack:
      return 1s;
    case alert::ReceiverKind::alertmanager:
    case alert::ReceiverKind::webhook:
      break;
  }
  return 0ms;
}

std::string without_secrets(std::string text, std::span<const std::string> secrets) {
  const auto shows = [&text](const std::string& secret) { return text.contains(secret); };
  return std::ranges::any_of(secrets, shows) ? "(not shown, because it repeats a secret)"
                                             : std::move(text);
}

Fetch post_json(std::string url, std::string body) {
  return {.method = "POST",
          .url = std::move(url),
          .headers = {{"Content-Type", "application/json"}},
          .body = std::move(body)};
}

}  // namespace slod
