#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace slod::alert {

struct PagerDuty {
  std::string url = "https://events.pagerduty.com/v2/enqueue";
  std::string routing_key_file;  ///< the secret is read by the sender
  bool operator==(const PagerDuty&) const = default;
};

struct Slack {
  std::string webhook_url_file;  ///< the URL is the secret
  bool operator==(const Slack&) const = default;
};

struct Alertmanager {
  std::string url;  ///< without /api/v2/alerts
  bool operator==(const Alertmanager&) const = default;
};

struct Webhook {
  std::string url;
  bool operator==(const Webhook&) const = default;
};

/// The order of the variant in Receiver.
enum class ReceiverKind { pagerduty, slack, alertmanager, webhook };
std::string_view to_string(ReceiverKind kind);

/// Somebody who is told. A new kind is one more of the above, a line here, and a body of its own.
struct Receiver {
  std::string name;
  std::variant<PagerDuty, Slack, Alertmanager, Webhook> endpoint;

  ReceiverKind kind() const { return static_cast<ReceiverKind>(endpoint.index()); }
  bool operator==(const Receiver&) const = default;
};

/// Who is told about which severity.
struct Routes {
  std::map<std::string, std::vector<std::string>, std::less<>> by_severity;  ///< receiver names

  /// None for a severity that no route names.
  std::span<const std::string> receivers(std::string_view severity) const;
  bool operator==(const Routes&) const = default;
};

}  // namespace slod::alert
