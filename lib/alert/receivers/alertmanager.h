#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/alert/receivers/receiver_type.h"

namespace slod::alert {

/// Prometheus's Alertmanager, API v2: one or, of a cluster, each of several.
struct Alertmanager {
  static constexpr std::string_view name = "alertmanager";
  static constexpr std::size_t batch_max = 256;  ///< as Prometheus's
  static constexpr Pace pace = {.batch_max = batch_max};
  static constexpr bool takes_access = true;
  static constexpr Duration patience = std::chrono::seconds(5);

  static constexpr std::string_view alerts_path = "/api/v2/alerts";

  std::vector<std::string> urls;  ///< without alerts_path
  Duration resend_delay = std::chrono::minutes(1);

  static constexpr auto fields() {
    return std::array{Field<Alertmanager>{.key = "url",
                                          .type = FieldType::base_url,
                                          .path = alerts_path,
                                          .values = &Alertmanager::urls},
                      Field<Alertmanager>{.key = "urls",
                                          .type = FieldType::base_urls,
                                          .path = alerts_path,
                                          .values = &Alertmanager::urls,
                                          .instead_of = "url"}};
  }
  std::size_t addresses() const { return urls.size(); }
  std::optional<ResendPolicy> resend() const {
    return ResendPolicy{.interval = resend_delay, .batch_max = batch_max, .patience = patience};
  }
  std::string secret_file() const { return ""; }
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  static DeliveryStatus meaning(int status, std::string_view) { return by_status(status); }

  bool operator==(const Alertmanager&) const = default;
};

/// The body of a POST to /api/v2/alerts. An alert is identified by its labels, which are the same
/// while firing and when resolved: alertname "SloBurnRate", service, slo, severity, or the labels
/// of a rule's alert, their names made such as every Alertmanager takes.
/// A firing alert ends at now + 4 * max(resend_delay, interval of its rule), unless it is sent
/// again before; resend_delay > 0. Source: Prometheus, rules/alerting.go.
std::string alertmanager_alerts(std::span<const Notice> notices, Instant now,
                                Duration resend_delay);

}  // namespace slod::alert
