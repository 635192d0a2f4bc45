#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "lib/alert/receivers/receiver_type.h"

namespace slod::alert {

/// Whoever takes what Alertmanager sends to its webhooks.
struct Webhook {
  static constexpr std::string_view name = "webhook";
  static constexpr Duration pause{0};
  static constexpr std::optional<ResendPolicy> resend = std::nullopt;

  std::string url;

  static constexpr auto fields() {
    return std::array{Field<Webhook>{"url", FieldType::private_url, true, &Webhook::url}};
  }
  std::string secret_file() const { return ""; }
  DeliveryRequest request(const Notice& notice, const RequestContext& context) const;
  static DeliveryStatus meaning(int status, std::string_view) { return by_status(status); }

  bool operator==(const Webhook&) const = default;
};

/// Alertmanager's webhook payload, version 4, with one alert: what existing receivers read.
/// `receiver` is its name in the configuration.
std::string webhook_payload(const Notice& notice, std::string_view receiver);

}  // namespace slod::alert
