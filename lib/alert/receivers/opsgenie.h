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

/// Opsgenie's Alert API v2, which Jira Service Management has too.
struct Opsgenie {
  static constexpr std::string_view name = "opsgenie";
  /// How many it takes goes by the account; most take two a second, and a 429 is retried.
  static constexpr Pace pace = {
      .pause = std::chrono::milliseconds(500), .batch_max = 100, .by_incident = true};
  static constexpr bool takes_access = false;

  static constexpr std::string_view alerts_path = "/v2/alerts";

  std::string url = "https://api.opsgenie.com";  ///< without alerts_path
  std::string api_key_file;

  static constexpr auto fields() {
    return std::array{
        Field<Opsgenie>{"api_key_file", FieldType::secret_file, true, &Opsgenie::api_key_file},
        Field<Opsgenie>{"url", FieldType::base_url, false, &Opsgenie::url, alerts_path},
    };
  }
  std::size_t addresses() const { return 1; }
  std::optional<ResendPolicy> resend() const { return std::nullopt; }
  std::string secret_file() const { return api_key_file; }
  /// Creates an alert with the episode's key as its alias while firing, then closes it by that
  /// alias. Both are idempotent there: another alert of an alias that is open only counts up.
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  /// 202 is delivered; whether it closed or created anything is decided later, and not said. As the
  /// alias deduplicates, a 2xx that it does not document (a proxy's, say) is better sent twice than
  /// lost.
  static DeliveryStatus meaning(int status, std::string_view body);

  bool operator==(const Opsgenie&) const = default;
};

/// The body of a POST that creates an alert. Texts are cut to Opsgenie's limits, since it refuses
/// what is longer.
std::string opsgenie_alert(const Notice& notice);
/// Of alerts that share an incident, whose key is the alias.
std::string opsgenie_alert(std::span<const Notice> notices);

}  // namespace slod::alert
