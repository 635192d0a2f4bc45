#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/alert/receivers/receiver_type.h"

namespace slod::alert {

/// PagerDuty's Events API v2.
struct PagerDuty {
  static constexpr std::string_view name = "pagerduty";
  /// It takes about 120 events a minute for one key.
  static constexpr Duration pause = std::chrono::milliseconds(500);
  static constexpr std::optional<ResendPolicy> resend = std::nullopt;

  std::string url = "https://events.pagerduty.com/v2/enqueue";
  std::string routing_key_file;

  static constexpr auto fields() {
    return std::array{
        Field<PagerDuty>{"routing_key_file", FieldType::secret_file, true,
                         &PagerDuty::routing_key_file},
        Field<PagerDuty>{"url", FieldType::url, false, &PagerDuty::url},
    };
  }
  std::string secret_file() const { return routing_key_file; }
  DeliveryRequest request(const Notice& notice, const RequestContext& context) const;
  /// 202 is delivered. It deduplicates, so that a 2xx that it does not document (a proxy's, say) is
  /// better sent twice than lost.
  static DeliveryStatus meaning(int status, std::string_view body);

  bool operator==(const PagerDuty&) const = default;
};

/// The body of a POST to the Events API: a trigger while firing, then a resolve, with the episode's
/// key as dedup_key. Always under 512 KB, PagerDuty's limit: long texts are cut.
std::string pagerduty_event(const Notice& notice, std::string_view routing_key);

}  // namespace slod::alert
