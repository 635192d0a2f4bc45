#pragma once

#include <optional>
#include <string>

#include "lib/alert/notice.h"
#include "lib/alert/rule_alert.h"
#include "lib/time/instant.h"

namespace slod::alert {

/// What is told of a rule's alert. Whom it is about and how bad it is its labels say: `service`
/// (else `job`), `severity`, `owner` (else `team`); what to do about it the annotation
/// `runbook_url` (else `runbook`). What they do not say stays empty. `key` is the same while firing
/// and when resolved; `ends_at` is set when resolved; `external_url` is where people reach slod.
Notice rule_notice(Notice::Kind kind, std::string key, RuleAlert alert, std::string external_url,
                   Instant starts_at, std::optional<Instant> ends_at, Instant sent_at);

}  // namespace slod::alert
