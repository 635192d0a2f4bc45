#include "daemon/notify/result_log.h"

#include <bit>

#include "daemon/log/log.h"

namespace slod {
namespace {

/// The first failure, the second, the fourth, the eighth, and so on, and each for another reason.
bool is_worth_a_line(const OutboxRow& row, const OutboxUpdate& update) {
  return std::has_single_bit(static_cast<unsigned>(update.attempts)) || row.error != update.error;
}

}  // namespace

void log_result(const OutboxRow& row, alert::DeliveryStatus status, const OutboxUpdate& update) {
  const alert::Notice& notice = row.message.notice;
  const std::string about = row.unreadable.empty() ? notice.id() : "unknown";
  const log::Field receiver{"receiver", row.message.receiver};
  const log::Field message{"message", update.id};
  const log::Field alert{"alert", about};
  const log::Field severity{"severity", notice.severity};
  const log::Field state{"state", to_string(notice.kind)};
  const log::Field attempts{"attempts", update.attempts};
  const log::Field error{"error", update.error};
  if (update.state == OutboxState::delivered) {
    log::info("delivered a message", {receiver, alert, severity, state, message, attempts});
  } else if (update.state == OutboxState::rejected) {
    log::error("a message could not be delivered; giving up",
               {receiver, alert, severity, state, message, attempts, error});
  } else if (is_worth_a_line(row, update)) {
    const bool is_refused = status == alert::DeliveryStatus::rejected;
    log::warning(is_refused ? "a receiver refused a message; will retry"
                            : "cannot deliver a message; will retry",
                 {receiver,
                  alert,
                  severity,
                  state,
                  message,
                  attempts,
                  {"next_attempt", format_instant(update.next_attempt)},
                  error});
  }
}

void log_forwarded(const OutboxMessage& message, const std::string& fallback) {
  log::warning("a receiver has not taken a message; its fallback is notified",
               {{"receiver", message.receiver},
                {"fallback", fallback},
                {"alert", message.notice.id()},
                {"severity", message.notice.severity},
                {"message", message.id}});
}

}  // namespace slod
