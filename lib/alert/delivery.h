#pragma once

#include <optional>
#include <string>

#include "lib/alert/receiver.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// What came back for one request to a receiver.
struct Answer {
  std::optional<int> status;  ///< HTTP; nullopt: no answer came
  std::string text;           ///< the body, or without an answer what went wrong
};

enum class Delivery {
  delivered,
  retry,     ///< send the same again later
  rejected,  ///< sending the same again cannot help
};

struct Classified {
  Delivery delivery = Delivery::retry;
  std::string reason;  ///< one line for the log and the status page; empty when delivered
};

/// What an answer means. No answer is always a retry. Else:
///
/// | receiver     | delivered        | retry                               | rejected        |
/// |--------------|------------------|-------------------------------------|-----------------|
/// | PagerDuty    | 202              | other 2xx, 408, 425, 429, 5xx       | everything else |
/// | Slack        | 200 and body ok  | 408, 425, 429, 5xx                  | everything else |
/// | Alertmanager | 2xx              | 408, 425, 429, 5xx                  | everything else |
/// | webhook      | 2xx              | 408, 425, 429, 5xx                  | everything else |
///
/// 408, 425 and 429 say themselves that the same may be sent again (RFC 9110, 15.5.9; RFC
/// 8470, 5.2; RFC 6585, 4). Any other 4xx is about the message (Alertmanager's 400 and 422), the
/// key or the address, and stays until somebody changes one of them; so does a redirect, which is
/// not followed. What is firing Alertmanager is told every minute anyway, and what is not ends
/// there by itself. PagerDuty deduplicates, so that a 2xx it does not document (a proxy's, say) is
/// better sent twice than lost. Slack reports failures with 200 too.
Classified classify(ReceiverKind receiver, const Answer& answer);

/// When to try again after `attempts` >= 1 failed ones: 1 s doubling up to 5 min, of which `jitter`
/// in [0, 1] takes half to all, so that receivers are not hit in step. `retry_after`, where the
/// receiver gave one, is the least; nothing waits longer than 1 h.
Instant next_attempt(int attempts, std::optional<Duration> retry_after, Instant now, double jitter);

}  // namespace slod::alert
