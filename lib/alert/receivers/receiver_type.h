#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/alert/receivers/delivery.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// What the text of a receiver's field is in the configuration.
enum class FieldType {
  url,              ///< http or https
  private_url,      ///< the same, of which no answer shows more than scheme and host
  base_url,         ///< the same, which paths are appended to: its reader drops slashes at its end
  base_urls,        ///< a list of these, none of them twice
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
  std::vector<std::string> Kind::* values = nullptr;  ///< instead of `value`: where URLs go
  std::string_view instead_of = {};  ///< the key of another field: exactly one of both is given
};

/// How many messages a kind takes, and how many alerts in one.
struct Pace {
  Duration pause{};           ///< from the beginning of one request to that of the next
  std::size_t batch_max = 1;  ///< alerts in one request
  /// Each alert is something of its own there, an incident, unless it shares one with others: only
  /// these go in one request.
  bool by_incident = false;
  bool incident_grows = false;  ///< it shows what is added to an incident that it has already
};

/// Of a kind that forgets what is firing, unless it is sent again from time to time.
struct ResendPolicy {
  Duration interval;          ///< between two times
  std::size_t batch_max = 1;  ///< alerts in one request
  /// How long something new waits for its own message, which is on its way to the disk. After a
  /// restart, or when the disk hangs, there is none.
  Duration patience;
};

/// What a request is made of, besides the notice and the receiver's fields.
struct RequestContext {
  std::string receiver;  ///< its name in the configuration
  std::string secret;    ///< the content of its secret_file(); empty where it has none
  Instant now;
  std::size_t address = 0;  ///< of those that it has
};

/// All that is asked of a kind of receiver. Each kind is a struct of its configuration in a file
/// pair of its own, and one line in receivers.h; one that leaves a question open does not compile.
template <class Kind>
concept ReceiverType =
    std::regular<Kind> &&
    requires(const Kind& kind, std::span<const Notice> notices, const RequestContext& context,
             int status, std::string_view body) {
      /// The key that chooses it in the configuration, and its name in messages.
      { Kind::name } -> std::convertible_to<std::string_view>;
      /// Its configuration.
      { Kind::fields() } -> std::ranges::range;
      requires std::same_as<std::ranges::range_value_t<decltype(Kind::fields())>, Field<Kind>>;
      /// The file with the secret that the request needs; empty: it needs none.
      { kind.secret_file() } -> std::convertible_to<std::string>;
      /// The request that notifies it: of one or more, at most Pace::batch_max, all of them firing
      /// or all resolved, unless it is sent again.
      { kind.request(notices, context) } -> std::same_as<DeliveryRequest>;
      /// What its answer means.
      { Kind::meaning(status, body) } -> std::same_as<DeliveryStatus>;
      /// How much it takes, so that it refuses none.
      { Kind::pace } -> std::convertible_to<Pace>;
      /// Whether what is firing must be sent again.
      { kind.resend() } -> std::convertible_to<std::optional<ResendPolicy>>;
      /// Whether its configuration says how it lets requests in, and through which proxy.
      { Kind::takes_access } -> std::convertible_to<bool>;
      /// How many addresses it has, of which each is notified; at least one.
      { kind.addresses() } -> std::convertible_to<std::size_t>;
    };

}  // namespace slod::alert
