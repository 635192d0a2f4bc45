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
/// | receiver     | delivered        | retry           | rejected          |
/// |--------------|------------------|-----------------|-------------------|
/// | PagerDuty    | 202              | other 2xx, 429, 5xx | everything else |
/// | Slack        | 200 and body ok  | 429, 5xx        | everything else   |
/// | Alertmanager | 2xx              | everything else | 400               |
/// | webhook      | 2xx              | 429, 5xx        | everything else   |
///
/// PagerDuty deduplicates, so that a 2xx it does not document (a proxy's, say) is better sent twice
/// than lost. Slack reports failures with 200 too.
Classified classify(ReceiverKind receiver, const Answer& answer);

/// When to try again after `attempts` >= 1 failed ones: 1 s doubling up to 5 min, of which `jitter`
/// in [0, 1] takes half to all, so that receivers are not hit in step. `retry_after`, where the
/// receiver gave one, is the least; nothing waits longer than 1 h.
Instant next_attempt(int attempts, std::optional<Duration> retry_after, Instant now, double jitter);

}  // namespace slod::alert
