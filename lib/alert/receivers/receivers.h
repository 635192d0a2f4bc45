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

/// Somebody who is notified.
struct Receiver {
  std::string name;
  Endpoint endpoint;

  std::string_view kind() const;    ///< "pagerduty"
  std::string secret_file() const;  ///< empty: it needs no secret
  Duration pause() const;           ///< between the beginnings of two attempts
  std::optional<ResendPolicy> resend() const;

  /// The request for one notice. `secret` is the content of secret_file(). Shows no secret but in
  /// what it is made of.
  DeliveryRequest request(const Notice& notice, const std::string& secret, Instant now) const;
  /// For all that is firing at once; only where resend() has a value.
  DeliveryRequest request(std::span<const Notice> firing, const std::string& secret,
                          Instant now) const;
  /// What an answer means. No answer is always a retry.
  DeliveryResult result(const ReceiverAnswer& answer) const;

  bool operator==(const Receiver&) const = default;
};

/// Which receivers are notified of which severity.
struct Routes {
  std::map<std::string, std::vector<std::string>, std::less<>> by_severity;  ///< receiver names

  /// None for a severity that no route names.
  std::span<const std::string> receivers(std::string_view severity) const;
  bool operator==(const Routes&) const = default;
};

}  // namespace slod::alert
