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

/// A webhook of a Workflow (Power Automate) that posts cards to a chat or channel of Microsoft
/// Teams.
struct MsTeams {
  static constexpr std::string_view name = "msteams";
  /// Teams takes four messages a second.
  static constexpr Pace pace = {.pause = std::chrono::milliseconds(500), .batch_max = 60};
  static constexpr bool takes_access = false;

  std::string webhook_url_file;  ///< the URL is the secret

  static constexpr auto fields() {
    return std::array{Field<MsTeams>{"webhook_url_file", FieldType::secret_url_file, true,
                                     &MsTeams::webhook_url_file}};
  }
  std::size_t addresses() const { return 1; }
  std::optional<ResendPolicy> resend() const { return std::nullopt; }
  std::string secret_file() const { return webhook_url_file; }
  DeliveryRequest request(std::span<const Notice> notices, const RequestContext& context) const;
  /// A 2xx, as a rule 202, is delivered: the workflow has the message, and whether it posts it is
  /// not said. A 200 may report what Teams answered to it ("returned HTTP error 429"), which counts
  /// then.
  static DeliveryStatus meaning(int status, std::string_view body);

  bool operator==(const MsTeams&) const = default;
};

/// The body of a POST to the webhook: a message with one Adaptive Card. Texts are cut, so that it
/// stays far below the 28 KB that Teams takes: the workflow makes it longer when it posts it.
/// Nothing in the texts becomes Markdown.
std::string msteams_message(const Notice& notice);
/// Of several: each has a line.
std::string msteams_message(std::span<const Notice> notices);

}  // namespace slod::alert
