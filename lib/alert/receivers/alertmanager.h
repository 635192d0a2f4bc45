#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/alert/receivers/receiver_type.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// Prometheus's Alertmanager, API v2.
struct Alertmanager {
  static constexpr std::string_view name = "alertmanager";
  static constexpr Duration pause{0};
  /// An alert ends there `validity` after it was last sent, so it misses a few before that; and
  /// what a dead slod last said ends by itself.
  static constexpr Duration validity = std::chrono::minutes(5);
  static constexpr std::optional<ResendPolicy> resend =
      ResendPolicy{.interval = std::chrono::minutes(1), .patience = std::chrono::seconds(5)};

  static constexpr std::string_view alerts_path = "/api/v2/alerts";

  std::string url;  ///< without alerts_path

  static constexpr auto fields() {
    return std::array{
        Field<Alertmanager>{"url", FieldType::base_url, true, &Alertmanager::url, alerts_path}};
  }
  std::string secret_file() const { return ""; }
  DeliveryRequest request(const Notice& notice, const RequestContext& context) const;
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  /// 400 and 422 are about the message. What is firing is sent again anyway, and what is not ends
  /// there by itself.
  static DeliveryStatus meaning(int status, std::string_view) { return by_status(status); }

  bool operator==(const Alertmanager&) const = default;
};

/// The body of a POST to /api/v2/alerts. An alert is identified by its labels, which are the same
/// while firing and when resolved: alertname "SloBurnRate", service, slo, severity, or the labels
/// of a rule's alert.
/// A firing alert ends at now + validity unless it is sent again before; validity > 0.
std::string alertmanager_alerts(std::span<const Notice> notices, Instant now, Duration validity);

}  // namespace slod::alert
