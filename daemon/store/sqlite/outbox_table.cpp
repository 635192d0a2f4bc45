#include "daemon/store/sqlite/outbox_table.h"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "daemon/store/notice_text.h"

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
    attempts INTEGER NOT NULL, next_attempt INTEGER NOT NULL, error TEXT NOT NULL) STRICT;
  CREATE INDEX outbox_pending ON outbox(sequence) WHERE state = 'pending';
)";

bool OutboxTable::prepare(sqlite3* connection) {
  return prepare_all(
      connection,
      {{&put_,
        "INSERT INTO outbox(id, receiver, notice, created, state, attempts,"
        " next_attempt, error) VALUES(?1, ?2, ?3, ?4, 'pending', 0, ?4, '')"
        " ON CONFLICT(id) DO NOTHING"},
       {&update_,
        "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt = ?4, error = ?5"
        " WHERE id = ?1"},
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
