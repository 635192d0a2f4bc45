#include "daemon/store/sqlite/outbox_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/store/notice_text.h"
#include "lib/text/utf8.h"

namespace slod {
namespace {

int as_attempts(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<int>::max()));
}

OutboxRow as_message(const Row& row) {
  OutboxRow message{.message = {.id = row.bytes(0),
                                .receiver = row.bytes(1),
                                .notice = {},
                                .created = row.instant(3)},
                    .attempts = as_attempts(row.integer(4)),
                    .next_attempt = row.instant(5),
                    .error = row.bytes(6)};
  if (auto notice = notice_of(row.bytes(2))) {
    message.message.notice = std::move(*notice);
  } else {
    message.unreadable = "the stored message cannot be read: " + notice.error();
  }
  return message;
}

OutboxState as_state(std::string_view text) {
  if (text == to_string(OutboxState::delivered)) return OutboxState::delivered;
  if (text == to_string(OutboxState::rejected)) return OutboxState::rejected;
  return OutboxState::pending;
}

}  // namespace

const char* const OutboxTable::schema = R"(
  CREATE TABLE outbox(
    sequence INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL,
    notice TEXT NOT NULL, created INTEGER NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('pending', 'delivered', 'rejected')),
    attempts INTEGER NOT NULL, next_attempt INTEGER NOT NULL, error TEXT NOT NULL,
    checksum INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE INDEX outbox_pending ON outbox(sequence) WHERE state = 'pending';
)";

bool OutboxTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_,
        "INSERT INTO outbox(id, receiver, notice, created, state, attempts,"
        " next_attempt, error, checksum) VALUES(?1, ?2, ?3, ?4, 'pending', 0, ?4, '',"
        " row_sum(?1, ?2, ?3, ?4, 'pending', 0, ?4, ''))"
        " ON CONFLICT(id) DO NOTHING"},
       {&update_,
        "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt = ?4, error = ?5,"
        " checksum = row_sum(id, receiver, notice, created, ?2, ?3, ?4, ?5) WHERE id = ?1"},
       {&damaged_,
        "SELECT sequence, id, receiver, state FROM outbox WHERE checksum NOT IN (0, row_sum("
        "id, receiver, notice, created, state, attempts, next_attempt, error))"},
       {&remove_, "DELETE FROM outbox WHERE sequence = ?1"},
       {&keep_,
        "UPDATE outbox SET state = 'pending', checksum = row_sum("
        "id, receiver, notice, created, 'pending', attempts, next_attempt, error)"
        " WHERE sequence = ?1"},
       {&pending_,
        "SELECT id, receiver, notice, created, attempts, next_attempt, error"
        " FROM outbox WHERE state = 'pending' ORDER BY sequence"},
       {&newest_,
        "SELECT id, receiver, notice, created, attempts, next_attempt, error, state FROM outbox"
        " WHERE sequence IN (SELECT sequence FROM"
        " (SELECT sequence FROM outbox WHERE state = 'pending' ORDER BY sequence LIMIT ?1)"
        " UNION SELECT sequence FROM"
        " (SELECT sequence FROM outbox ORDER BY sequence DESC LIMIT ?1))"
        " ORDER BY sequence DESC"},
       {&prune_, "DELETE FROM outbox WHERE state <> 'pending' AND created < ?1"}});
}

bool OutboxTable::put(const OutboxMessage& message) {
  return put_.run(message.id, message.receiver, text_of(message.notice), message.created);
}

bool OutboxTable::update(const OutboxUpdate& update) {
  return update_.run(update.id, to_string(update.state), update.attempts, update.next_attempt,
                     update.error);
}

bool OutboxTable::settle_damaged(std::vector<std::string>& problems) {
  struct Damaged {
    std::int64_t sequence;
    std::string id, receiver;
    bool is_finished;
  };
  std::vector<Damaged> damaged;
  const auto add = [&](const Row& row) {
    const std::string state = row.bytes(3);
    const bool is_finished =
        state == to_string(OutboxState::delivered) || state == to_string(OutboxState::rejected);
    damaged.push_back({row.integer(0), row.bytes(1), row.bytes(2), is_finished});
  };
  if (!damaged_.for_each(add)) return false;
  for (const Damaged& row : damaged) {
    problems.push_back(fmt::format(
        "the stored message {} for {} is damaged: {}", valid_utf8(row.id), valid_utf8(row.receiver),
        row.is_finished ? "it is gone from the history"
                        : "it is sent with what can be read of it, if it can be read at all"));
    if (!(row.is_finished ? remove_ : keep_).run(row.sequence)) return false;
  }
  return true;
}

bool OutboxTable::load_pending(std::vector<OutboxRow>& rows) {
  return pending_.for_each([&](const Row& row) { rows.push_back(as_message(row)); });
}

bool OutboxTable::newest(std::size_t limit, std::vector<SentMessage>& messages) {
  const auto add = [&](const Row& row) {
    messages.push_back({.row = as_message(row), .state = as_state(row.bytes(7))});
  };
  return newest_.for_each(add, as_limit(limit));
}

bool OutboxTable::prune(Instant oldest) {
  return prune_.run(oldest);
}

}  // namespace slod
