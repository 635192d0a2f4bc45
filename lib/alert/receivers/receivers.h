#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "lib/alert/receivers/alertmanager.h"
#include "lib/alert/receivers/msteams.h"
#include "lib/alert/receivers/opsgenie.h"
#include "lib/alert/receivers/pagerduty.h"
#include "lib/alert/receivers/receiver_type.h"
#include "lib/alert/receivers/slack.h"
#include "lib/alert/receivers/webhook.h"

namespace slod::alert {

template <class... Kinds>
struct ReceiverList {
  static_assert((ReceiverType<Kinds> && ...), "a kind of receiver leaves a question open");
  using Endpoint = std::variant<Kinds...>;
};

/// Every kind of receiver there is, in the order in which messages name them.
using Endpoint = ReceiverList<PagerDuty,     //
                              Slack,         //
                              Opsgenie,      //
                              MsTeams,       //
                              Alertmanager,  //
                              Webhook        //
                              >::Endpoint;

/// Calls `visit` with a value of each kind: visit(PagerDuty{}), and so on.
template <class Visit>
void for_each_kind(Visit visit) {
  [&]<class... Kinds>(std::type_identity<std::variant<Kinds...>>) {
    (visit(Kinds{}), ...);
  }(std::type_identity<Endpoint>{});
}

/// Who is notified as well of what a receiver has not taken for some time.
struct Fallback {
  std::string receiver;  ///< its name
  Duration after{};

  bool operator==(const Fallback&) const = default;
};

/// Somebody who is notified.
struct Receiver {
  std::string name;
  Endpoint endpoint;
  std::optional<Fallback> fallback = std::nullopt;

  std::string_view kind() const;    ///< "pagerduty"
  std::string secret_file() const;  ///< empty: it needs no secret
  Pace pace() const;
  std::optional<ResendPolicy> resend() const;
  std::size_t addresses() const;  ///< each is notified; at least one

  /// The request for one or more notices, to one of the addresses. `secret` is the content of
  /// secret_file(). Shows no secret but in what it is made of.
  DeliveryRequest request(std::span<const Notice> notices, const std::string& secret, Instant now,
                          std::size_t address = 0) const;
  /// What an answer means. No answer is always a retry.
  DeliveryResult result(const ReceiverAnswer& answer) const;

  bool operator==(const Receiver&) const = default;
};

/// Which receivers are notified of which severity.
struct Routes {
  std::map<std::string, std::vector<std::string>, std::less<>> by_severity;  ///< receiver names
  std::vector<std::string> otherwise;  ///< of what no other route takes

  /// Those of a severity that no route names are `otherwise`.
  std::span<const std::string> receivers(std::string_view severity) const;
  bool operator==(const Routes&) const = default;
};

}  // namespace slod::alert
