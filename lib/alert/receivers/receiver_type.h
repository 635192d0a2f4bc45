#pragma once

#include <concepts>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

#include "lib/alert/notice.h"
#include "lib/alert/receivers/delivery.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// What the text of a receiver's field is in the configuration.
enum class FieldType {
  url,              ///< http or https
  private_url,      ///< the same, of which no answer shows more than scheme and host
  base_url,         ///< the same, which paths are appended to: its reader drops slashes at its end
  secret_file,      ///< the path of a file that holds a secret
  secret_url_file,  ///< the same, of a URL
};

/// A field of a kind of receiver: how the configuration calls it, what it is, and where it goes.
template <class Kind>
struct Field {
  std::string_view key;
  FieldType type = FieldType::url;
  bool is_required = true;
  std::string Kind::* value = nullptr;
  std::string_view path = {};  ///< of a base_url: what the kind appends, so it must not have it
};

/// Of a kind that forgets what is firing, unless it is sent again from time to time.
struct ResendPolicy {
  Duration interval;  ///< between two times
  /// How long something new waits for its own message, which is on its way to the disk. After a
  /// restart, or when the disk hangs, there is none.
  Duration patience;
};

/// What a request is made of, besides the notice and the receiver's fields.
struct RequestContext {
  std::string receiver;  ///< its name in the configuration
  std::string secret;    ///< the content of its secret_file(); empty where it has none
  Instant now;
};

/// One that is sent again all that is firing, in one request.
template <class Kind>
concept ResentReceiver =
    requires(const Kind& kind, std::span<const Notice> notices, const RequestContext& context) {
      { kind.request(notices, context) } -> std::same_as<DeliveryRequest>;
    };

/// All that is asked of a kind of receiver. Each kind is a struct of its configuration in a file
/// pair of its own, and one line in receivers.h; one that leaves a question open does not compile.
template <class Kind>
concept ReceiverType = std::regular<Kind> && requires(const Kind& kind, const Notice& notice,
                                                      const RequestContext& context, int status,
                                                      std::string_view body) {
  /// The key that chooses it in the configuration, and its name in messages.
  { Kind::name } -> std::convertible_to<std::string_view>;
  /// Its configuration.
  { Kind::fields() } -> std::ranges::range;
  requires std::same_as<std::ranges::range_value_t<decltype(Kind::fields())>, Field<Kind>>;
  /// The file with the secret that the request needs; empty: it needs none.
  { kind.secret_file() } -> std::convertible_to<std::string>;
  /// The request that notifies it.
  { kind.request(notice, context) } -> std::same_as<DeliveryRequest>;
  /// What its answer means.
  { Kind::meaning(status, body) } -> std::same_as<DeliveryStatus>;
  /// From the beginning of one attempt to that of the next, so that it does not refuse that.
  { Kind::pause } -> std::convertible_to<Duration>;
  /// Whether what is firing must be sent again.
  { Kind::resend } -> std::convertible_to<std::optional<ResendPolicy>>;
  requires !Kind::resend.has_value() || ResentReceiver<Kind>;
};

}  // namespace slod::alert
