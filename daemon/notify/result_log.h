#pragma once

#include <string>

#include "lib/alert/receivers/delivery.h"
#include "lib/state/outbox.h"

namespace slod {

/// Logs what became of an attempt to deliver a message. Of repetitions that fail, only some are
/// logged, fewer and fewer.
void log_result(const OutboxRow& row, alert::DeliveryStatus status, const OutboxUpdate& update);

/// Logs that a message goes to a fallback as well.
void log_forwarded(const OutboxMessage& message, const std::string& fallback);

}  // namespace slod
