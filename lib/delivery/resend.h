#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/alert/notice.h"
#include "lib/alert/receivers/delivery.h"
#include "lib/alert/receivers/receiver_type.h"
#include "lib/time/instant.h"

namespace slod {

/// What one receiver that forgets is sent again: all that is firing, every interval, and what is
/// over for as long as over_for. Source: Prometheus, rules/alerting.go.
///
/// An alert of a rule is sent again after an evaluation of the rule, so at the first one that is an
/// interval or more after the one that was sent. What the receiver does not take is tried again by
/// halves, until what it finds fault with is alone, and keeps no other from it.
///
/// Does no input or output; not thread-safe.
class Resend {
 public:
  /// How long it is repeated that an alert is over.
  static constexpr Duration over_for = std::chrono::minutes(15);

  /// The longest that Retry-After holds it: what is firing must not end meanwhile.
  static constexpr Duration wait_max = std::chrono::minutes(1);

  explicit Resend(alert::ResendPolicy policy) : policy_(policy) {}

  /// All that is pending or firing now.
  void set(std::vector<alert::ActiveNotice> active, Instant now);
  /// A message said it, so it need not be sent for an interval.
  void sent(const alert::Notice& notice, Instant now);

  /// When the next request may begin; nullopt: nothing is to be sent, or one is on its way.
  std::optional<Instant> due(Instant now) const;
  /// The next request goes on its way: notices, none if nothing is due. end() must follow.
  std::vector<alert::Notice> begin(Instant now);
  /// What became of it.
  void end(const alert::DeliveryResult& result, std::optional<Duration> retry_after, Instant now);

  std::size_t size() const { return alerts_.size(); }

 private:
  struct Alert {
    alert::Notice notice;
    Instant evaluated;            ///< when it was last seen to be so
    std::optional<Instant> said;  ///< of the evaluation that was sent last
    Instant not_before = Instant::min();
    int failures = 0;
    std::size_t company_max = std::size_t(-1);
    bool is_on_its_way = false;

    bool is_firing() const { return notice.kind == alert::Notice::Kind::firing; }
  };

  std::optional<Instant> due_of(const Alert& alert) const;
  void delivered(Alert& alert, Instant now);
  void failed(Alert& alert, const alert::DeliveryResult& result, Instant now);

  alert::ResendPolicy policy_;
  std::map<std::string, Alert, std::less<>> alerts_;  ///< by Notice::identity
  std::size_t company_ = 0;  ///< notices in the request that is on its way; 0: there is none
  Instant held_until_ = Instant::min();
};

}  // namespace slod
