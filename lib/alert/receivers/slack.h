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

/// An incoming webhook of Slack, or of a chat that takes the same.
struct Slack {
  static constexpr std::string_view name = "slack";
  /// It takes one message a second (api.slack.com/apis/rate-limits).
  static constexpr Pace pace = {.pause = std::chrono::seconds(1), .batch_max = 200};
  static constexpr bool takes_access = false;

  std::string webhook_url_file;  ///< the URL is the secret

  static constexpr auto fields() {
    return std::array{Field<Slack>{"webhook_url_file", FieldType::secret_url_file, true,
                                   &Slack::webhook_url_file}};
  }
  std::size_t addresses() const { return 1; }
  std::optional<ResendPolicy> resend() const { return std::nullopt; }
  std::string secret_file() const { return webhook_url_file; }
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  /// 200 with the body "ok" is delivered: Slack reports failures with 200 too.
  static DeliveryStatus meaning(int status, std::string_view body);

  bool operator==(const Slack&) const = default;
};

/// The body of a POST to the webhook. Nothing in the notice's texts mentions anyone or becomes a
/// link: `&`, `<` and `>` are escaped.
std::string slack_message(const Notice& notice);
/// Of several: each has a line.
std::string slack_message(std::span<const Notice> notices);

}  // namespace slod::alert
