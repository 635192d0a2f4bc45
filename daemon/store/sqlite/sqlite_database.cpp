#include "daemon/store/sqlite/sqlite_database.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/store/sqlite/connection.h"
#include "daemon/store/sqlite/episode_table.h"
#include "daemon/store/sqlite/history_table.h"
#include "daemon/store/sqlite/ledger_table.h"
#include "daemon/store/sqlite/named_table.h"
#include "daemon/store/sqlite/outbox_table.h"
#include "daemon/store/sqlite/schema.h"
#include "daemon/store/sqlite/source_table.h"
#include "daemon/store/sqlite/state_file.h"
#include "daemon/store/sqlite/statement.h"
#include "daemon/store/sqlite/verdict_table.h"

namespace slod {
namespace {

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(std::filesystem::path file, Connection connection)
      : file_(std::move(file)), place_(file_), connection_(std::move(connection)) {}

  /// False: the file lacks a table, or a column of one.
  bool prepare();

  std::expected<void, std::string> check() override;
  std::expected<Restored, std::string> load() override;
  std::expected<std::vector<OutboxRow>, std::string> pending_messages() override;
  std::expected<void, std::string> commit(const Changes& changes) override;
  std::expected<void, std::string> update(std::span<const OutboxUpdate> updates) override;
  std::expected<void, std::string> prune(Instant now) override;
  std::expected<std::vector<VerdictChange>, std::string> recent_verdicts(
      std::size_t limit) override;
  std::expected<std::vector<EpisodeChange>, std::string> recent_episodes(
      std::size_t limit) override;
  std::expected<std::vector<SentMessage>, std::string> recent_messages(std::size_t limit) override;
  std::expected<void, std::string> append(std::span<const HistoryChange> history) override;
  std::expected<void, std::string> remove_history_after(Instant now) override;
  std::expected<void, std::string> prune_history(Instant now) override;
  std::expected<std::vector<HistorySeries>, std::string> history_series(
      std::string_view metric, std::int64_t since) override;
  std::expected<std::vector<HistoryRow>, std::string> history_rows(
      std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) override;

 private:
  bool write(const Changes& changes);

  std::unexpected<std::string> failed(std::string_view tried) const {
    return std::unexpected(failure(connection_.get(), tried, file_));
  }

  /// What `read`, given a place to put it, reads from a table.
  template <typename T, typename Read>
  std::expected<T, std::string> read_with(Read read) {
    T found;
    if (!read(found)) return failed("read");
    return found;
  }

  /// All that `change` writes is kept, or nothing.
  template <typename Change>
  std::expected<void, std::string> transaction(std::string_view tried, Change change) {
    // An earlier rollback may itself have failed.
    if (sqlite3_get_autocommit(connection_.get()) == 0) rollback_.run();
    if (auto there = check(); !there) return there;
    if (begin_.run() && change() && commit_.run()) return {};
    auto error = failed(tried);
    if (sqlite3_get_autocommit(connection_.get()) == 0) rollback_.run();
    return error;
  }

  std::filesystem::path file_;
  FilePlace place_;
  Connection connection_;  ///< before the statements, which it must outlive
  Statement begin_, commit_, rollback_;
  LedgerTable slos_;
  SourceTable sources_;
  EpisodeTable episodes_;
  OutboxTable outbox_;
  VerdictTable verdicts_;
  NamedTable named_;
  HistoryTable history_;
};

bool SqliteDatabase::prepare() {
  sqlite3* connection = connection_.get();
  return prepare_all(
             connection,
             {{&begin_, "BEGIN IMMEDIATE"}, {&commit_, "COMMIT"}, {&rollback_, "ROLLBACK"}}) &&
         slos_.prepare(connection) && sources_.prepare(connection) &&
         episodes_.prepare(connection) && outbox_.prepare(connection) &&
         verdicts_.prepare(connection) && named_.prepare(connection) &&
         history_.prepare(connection);
}

std::expected<void, std::string> SqliteDatabase::check() {
  if (auto there = place_.check(); !there) return there;
  if (place_.log_is_there()) return {};
  // All that is in the log that SQLite has open goes to the file, and then to a log that can be
  // found again after a crash.
  log::warning("the log of the state was removed while slod runs; it makes a new one",
               {{"file", file_.string() + "-wal"}});
  place_.expect_new_log();
  if (!execute(connection_.get(),
               "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE; "
               "PRAGMA journal_mode=WAL")) {
    return failed("make a new log of");
  }
  return {};
}

std::expected<Restored, std::string> SqliteDatabase::load() {
  Restored restored;
  std::optional<std::string> wrong;
  const auto loaded = transaction("read", [&] {
    return slos_.load(restored, wrong) && sources_.load(restored) &&
           episodes_.load_open(restored) && outbox_.settle_damaged(restored.problems) &&
           verdicts_.drop_damaged(restored.problems) && named_.load(restored) && !wrong;
  });
  if (wrong) return std::unexpected(damaged(file_, *wrong));
  if (!loaded) return std::unexpected(loaded.error());
  return restored;
}

bool SqliteDatabase::write(const Changes& changes) {
  const auto all = [](const auto& items, auto put) { return std::ranges::all_of(items, put); };
  return all(changes.slos_forgotten, [&](const auto& slo) { return slos_.forget(slo); }) &&
         all(changes.slos, [&](const auto& change) { return slos_.put(change); }) &&
         all(changes.sources_forgotten, [&](const auto& name) { return sources_.forget(name); }) &&
         all(changes.sources, [&](const auto& change) { return sources_.put(change); }) &&
         all(changes.episodes, [&](const auto& change) { return episodes_.put(change); }) &&
         all(changes.outbox, [&](const auto& message) { return outbox_.put(message); }) &&
         all(changes.verdicts, [&](const auto& change) { return verdicts_.put(change); }) &&
         named_.put(changes.remembered);
}

std::expected<void, std::string> SqliteDatabase::commit(const Changes& changes) {
  return transaction("commit to", [&] { return write(changes); });
}

std::expected<void, std::string> SqliteDatabase::update(std::span<const OutboxUpdate> updates) {
  return transaction("commit to", [&] {
    return std::ranges::all_of(updates, [&](const auto& each) { return outbox_.update(each); });
  });
}

std::expected<void, std::string> SqliteDatabase::prune(Instant now) {
  const Instant oldest = now - event_retention;
  return transaction("remove old rows from", [&] {
    return outbox_.prune(oldest) && episodes_.prune(oldest) && verdicts_.prune(oldest);
  });
}

std::expected<std::vector<OutboxRow>, std::string> SqliteDatabase::pending_messages() {
  return read_with<std::vector<OutboxRow>>([&](auto& rows) { return outbox_.load_pending(rows); });
}

std::expected<std::vector<VerdictChange>, std::string> SqliteDatabase::recent_verdicts(
    std::size_t limit) {
  return read_with<std::vector<VerdictChange>>(
      [&](auto& verdicts) { return verdicts_.newest(limit, verdicts); });
}

std::expected<std::vector<EpisodeChange>, std::string> SqliteDatabase::recent_episodes(
    std::size_t limit) {
  return read_with<std::vector<EpisodeChange>>(
      [&](auto& episodes) { return episodes_.newest(limit, episodes); });
}

std::expected<std::vector<SentMessage>, std::string> SqliteDatabase::recent_messages(
    std::size_t limit) {
  return read_with<std::vector<SentMessage>>(
      [&](auto& messages) { return outbox_.newest(limit, messages); });
}

std::expected<void, std::string> SqliteDatabase::append(std::span<const HistoryChange> history) {
  const auto all = transaction("add to the history in", [&] { return history_.append(history); });
  if (all || !history_.is_corrupt()) return all;
  // A damaged page spoils the transaction that comes upon it, so each series gets one of its own.
  for (const HistoryChange& change : history) {
    const auto one = transaction("add to the history in",
                                 [&] { return history_.append(std::span(&change, 1)); });
    if (!one && !history_.is_corrupt()) return one;
    if (!one) log::warning("the history of a series is lost", {{"error", one.error()}});
  }
  return {};
}

std::expected<void, std::string> SqliteDatabase::remove_history_after(Instant now) {
  return transaction("remove history from the future from",
                     [&] { return history_.remove_after(now); });
}

std::expected<void, std::string> SqliteDatabase::prune_history(Instant now) {
  return transaction("remove old history from", [&] { return history_.prune(now); });
}

std::expected<std::vector<HistorySeries>, std::string> SqliteDatabase::history_series(
    std::string_view metric, std::int64_t since) {
  return read_with<std::vector<HistorySeries>>(
      [&](auto& series) { return history_.series(metric, since, series); });
}

std::expected<std::vector<HistoryRow>, std::string> SqliteDatabase::history_rows(
    std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) {
  return read_with<std::vector<HistoryRow>>(
      [&](auto& rows) { return history_.rows(series, first, last, rows); });
}

}  // namespace

std::expected<std::unique_ptr<Database>, std::string> open_sqlite(
    const std::filesystem::path& file) {
  auto connection = open_connection(file);
  if (!connection) return std::unexpected(connection.error());
  sqlite3* raw = connection->get();
  auto database = std::make_unique<SqliteDatabase>(file, std::move(*connection));
  if (!database->prepare()) return std::unexpected(damaged(file, sqlite3_errmsg(raw)));
  return database;
}

}  // namespace slod
