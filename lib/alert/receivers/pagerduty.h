#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/alert/receivers/receiver_type.h"

namespace slod::alert {

/// PagerDuty's Events API v2.
struct PagerDuty {
  static constexpr std::string_view name = "pagerduty";
  /// It takes about 120 events a minute for one key.
  static constexpr Pace pace = {.pause = std::chrono::milliseconds(500),
                                .batch_max = 500,
                                .by_incident = true,
                                .incident_grows = true};
  static constexpr bool takes_access = false;

  std::string url = "https://events.pagerduty.com/v2/enqueue";
  std::string routing_key_file;

  static constexpr auto fields() {
    return std::array{
        Field<PagerDuty>{"routing_key_file", FieldType::secret_file, true,
                         &PagerDuty::routing_key_file},
        Field<PagerDuty>{"url", FieldType::url, false, &PagerDuty::url},
    };
  }
  std::size_t addresses() const { return 1; }
  std::optional<ResendPolicy> resend() const { return std::nullopt; }
  std::string secret_file() const { return routing_key_file; }
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  /// 202 is delivered. It deduplicates, so that a 2xx that it does not document (a proxy's, say) is
  /// better sent twice than lost.
  static DeliveryStatus meaning(int status, std::string_view body);

  bool operator==(const PagerDuty&) const = default;
};

/// The body of a POST to the Events API: a trigger while firing, then a resolve, with the episode's
/// key as dedup_key. Always under 512 KB, PagerDuty's limit: long texts are cut.
std::string pagerduty_event(const Notice& notice, std::string_view routing_key);
/// Of alerts that share an incident, whose key is the dedup_key: each has a line of the details, as
/// far as they fit.
std::string pagerduty_event(std::span<const Notice> notices, std::string_view routing_key);

}  // namespace slod::alert
