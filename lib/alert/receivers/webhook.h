#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/alert/receivers/receiver_type.h"

namespace slod::alert {

/// Whoever takes what Alertmanager sends to its webhooks.
struct Webhook {
  static constexpr std::string_view name = "webhook";
  static constexpr Pace pace = {.batch_max = 100};
  static constexpr bool takes_access = true;

  std::string url;       ///< a secret: many who take such messages have their key in it
  std::string url_file;  ///< instead: of a file that holds it

  static constexpr auto fields() {
    return std::array{Field<Webhook>{"url", FieldType::private_url, true, &Webhook::url},
                      Field<Webhook>{.key = "url_file",
                                     .type = FieldType::secret_url_file,
                                     .value = &Webhook::url_file,
                                     .instead_of = "url"}};
  }
  std::size_t addresses() const { return 1; }
  std::optional<ResendPolicy> resend() const { return std::nullopt; }
  std::string secret_file() const { return url_file; }
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  static DeliveryStatus meaning(int status, std::string_view) { return by_status(status); }

  bool operator==(const Webhook&) const = default;
};

/// Alertmanager's webhook payload, version 4: what existing receivers read. The group of one alert
/// are its own labels, that of several is all. `receiver` is its name in the configuration.
std::string webhook_payload(std::span<const Notice> notices, std::string_view receiver);

}  // namespace slod::alert
