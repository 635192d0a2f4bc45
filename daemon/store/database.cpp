#include "daemon/store/database.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/json/parse.hpp>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/store/connection.h"
#include "daemon/store/history_table.h"
#include "daemon/store/named_rows.h"
#include "daemon/store/statement.h"
#include "lib/json/text.h"

namespace slod {
namespace {

static_assert(std::endian::native == std::endian::little, "bucket counts are stored as they lie");

Blob as_blob(const std::vector<double>& counts) {
  return {{reinterpret_cast<const char*>(counts.data()), counts.size() * sizeof(double)}};
}

/// nullopt where the bytes are no row of doubles.
std::optional<std::vector<double>> as_counts(std::string_view bytes) {
  if (bytes.size() % sizeof(double) != 0) return std::nullopt;
  std::vector<double> counts(bytes.size() / sizeof(double));
  if (!counts.empty()) std::memcpy(counts.data(), bytes.data(), bytes.size());
  return counts;
}

/// Keeps the low 32 bits, where a row's wrapping times live.
std::uint32_t as_centiseconds(std::int64_t value) {
  return static_cast<std::uint32_t>(value);
}

int as_attempts(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>(value, 0, std::numeric_limits<int>::max()));
}

std::int64_t as_limit(std::size_t limit) {
  return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000));
}

std::string as_text(const alert::Notice& notice) {
  return json_text(alert::to_json(notice));
}

std::expected<alert::Notice, std::string> as_notice(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error) return std::unexpected(fmt::format("it is not JSON: {}", error.message()));
  return alert::notice_from_json(value);
}

OutboxRow as_message(const Row& row) {
  OutboxRow out{.message = {.id = row.bytes(0),
                            .receiver = row.bytes(1),
                            .notice = {},
                            .created = row.instant(3)},
                .attempts = as_attempts(row.integer(4)),
                .next_attempt = row.instant(5),
                .error = row.bytes(6)};
  auto notice = as_notice(row.bytes(2));
  if (notice) {
    out.message.notice = std::move(*notice);
  } else {
    out.unreadable = "the stored message cannot be read: " + notice.error();
  }
  return out;
}

OutboxState as_state(std::string_view text) {
  if (text == to_string(OutboxState::delivered)) return OutboxState::delivered;
  if (text == to_string(OutboxState::rejected)) return OutboxState::rejected;
  return OutboxState::pending;
}

EpisodeChange as_episode(const Row& row) {
  return {.key = row.bytes(0),
          .episode = row.bytes(1),
          .open = row.integer(2) != 0,
          .at = row.instant(3)};
}

}  // namespace

struct Database::Session {
  std::filesystem::path file;
  Connection connection;

  Statement begin, commit, rollback;
  Statement put_slo, remove_slo, slo_id, all_slos;
  Statement put_ledger, remove_ledger, clear_ledger, all_ledger;
  Statement put_buckets, remove_buckets, clear_buckets, all_buckets;
  Statement put_source, remove_source, all_sources;
  Statement put_episode, open_episodes, last_episodes;
  Statement put_message, update_message, pending_messages, last_messages;
  Statement put_verdict, last_verdicts;
  Statement put_named, remove_named, all_named;
  Statement prune_messages, prune_episodes, prune_verdicts;
  HistoryTable history;

  bool prepare();
  bool write(const Changes& changes);
  bool write(const SloChange& change);
  bool forget(const std::string& slo);
  std::expected<void, std::string> append_history(std::span<const HistoryChange> changes);
  bool load(Restored& restored, std::optional<std::string>& wrong);
  bool load_rows(std::unordered_map<std::int64_t, SloChange>& slos,
                 std::optional<std::string>& wrong);

  std::unexpected<std::string> failed(std::string_view tried) const {
    return std::unexpected(failure(connection.get(), tried, file));
  }

  /// All that `work` writes is kept, or nothing.
  template <typename Work>
  std::expected<void, std::string> transaction(std::string_view tried, Work work) {
    // An earlier rollback may itself have failed.
    if (sqlite3_get_autocommit(connection.get()) == 0) rollback.run();
    if (begin.run() && work() && commit.run()) return {};
    auto error = failed(tried);
    if (sqlite3_get_autocommit(connection.get()) == 0) rollback.run();
    return error;
  }
};

bool Database::Session::prepare() {
  const std::initializer_list<std::pair<Statement*, const char*>> statements{
      {&begin, "BEGIN IMMEDIATE"},
      {&commit, "COMMIT"},
      {&rollback, "ROLLBACK"},
      {&put_slo,
       "INSERT INTO slo(name, fingerprint, resolution_ms, state) VALUES(?1, ?2, ?3, ?4)"
       " ON CONFLICT(name) DO UPDATE SET fingerprint = ?2, resolution_ms = ?3, state = ?4"},
      {&remove_slo, "DELETE FROM slo WHERE id = ?1"},
      {&slo_id, "SELECT id FROM slo WHERE name = ?1"},
      {&all_slos, "SELECT id, name, fingerprint, resolution_ms, state FROM slo ORDER BY name"},
      {&put_ledger,
       "INSERT OR REPLACE INTO ledger(at, slo, total, bad, measured_cs, unknown_cs)"
       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"},
      {&remove_ledger, "DELETE FROM ledger WHERE at = ?1 AND slo = ?2"},
      {&clear_ledger, "DELETE FROM ledger WHERE slo = ?1"},
      {&all_ledger,
       "SELECT at, slo, total, bad, measured_cs, unknown_cs FROM ledger"
       " ORDER BY at, slo"},
      {&put_buckets, "INSERT OR REPLACE INTO buckets(at, slo, counts) VALUES(?1, ?2, ?3)"},
      {&remove_buckets, "DELETE FROM buckets WHERE at = ?1 AND slo = ?2"},
      {&clear_buckets, "DELETE FROM buckets WHERE slo = ?1"},
      {&all_buckets, "SELECT at, slo, counts FROM buckets ORDER BY at, slo"},
      {&put_source,
       "INSERT INTO source(name, series, counters) VALUES(?1, coalesce(?2, x''), ?3)"
       " ON CONFLICT(name) DO UPDATE SET series = coalesce(?2, series), counters = ?3"},
      {&remove_source, "DELETE FROM source WHERE name = ?1"},
      {&all_sources, "SELECT name, series, counters FROM source ORDER BY name"},
      {&put_episode,
       "INSERT OR REPLACE INTO episode(key, episode, open, at)"
       " VALUES(?1, ?2, ?3, ?4)"},
      {&open_episodes, "SELECT key, episode, open, at FROM episode WHERE open ORDER BY at, key"},
      {&last_episodes, "SELECT key, episode, open, at FROM episode ORDER BY at DESC, key LIMIT ?1"},
      {&put_message,
       "INSERT INTO outbox(id, receiver, notice, created, state, attempts,"
       " next_attempt, error) VALUES(?1, ?2, ?3, ?4, 'pending', 0, ?4, '')"
       " ON CONFLICT(id) DO NOTHING"},
      {&update_message,
       "UPDATE outbox SET state = ?2, attempts = ?3, next_attempt = ?4, error = ?5"
       " WHERE id = ?1"},
      {&pending_messages,
       "SELECT id, receiver, notice, created, attempts, next_attempt, error"
       " FROM outbox WHERE state = 'pending' ORDER BY sequence"},
      {&last_messages,
       "SELECT id, receiver, notice, created, attempts, next_attempt, error, state FROM outbox"
       " WHERE sequence IN (SELECT sequence FROM"
       " (SELECT sequence FROM outbox WHERE state = 'pending' ORDER BY sequence LIMIT ?1)"
       " UNION SELECT sequence FROM"
       " (SELECT sequence FROM outbox ORDER BY sequence DESC LIMIT ?1))"
       " ORDER BY sequence DESC"},
      {&put_verdict,
       "INSERT OR REPLACE INTO verdict(at, service, from_level, to_level, reason)"
       " VALUES(?1, ?2, ?3, ?4, ?5)"},
      {&last_verdicts,
       "SELECT at, service, from_level, to_level, reason FROM verdict"
       " ORDER BY at DESC, service LIMIT ?1"},
      {&put_named, "INSERT OR REPLACE INTO named(name, state) VALUES(?1, ?2)"},
      {&remove_named, "DELETE FROM named WHERE name = ?1"},
      {&all_named, "SELECT name, state FROM named ORDER BY name"},
      {&prune_messages, "DELETE FROM outbox WHERE state <> 'pending' AND created < ?1"},
      {&prune_episodes, "DELETE FROM episode WHERE NOT open AND at < ?1"},
      {&prune_verdicts, "DELETE FROM verdict WHERE at < ?1"},
  };
  return std::ranges::all_of(statements,
                             [&](const auto& statement) {
                               return statement.first->prepare(connection.get(), statement.second);
                             }) &&
         history.prepare(connection.get());
}

bool Database::Session::forget(const std::string& slo) {
  std::optional<std::int64_t> id;
  if (!slo_id.for_each([&](const Row& row) { id = row.integer(0); }, slo)) return false;
  return !id || (clear_ledger.run(*id) && clear_buckets.run(*id) && remove_slo.run(*id));
}

bool Database::Session::write(const SloChange& change) {
  if (change.replaced && !forget(change.slo)) return false;
  std::int64_t id = 0;
  const auto read_id = [&](const Row& row) { id = row.integer(0); };
  if (!put_slo.run(change.slo, change.fingerprint, change.resolution.count(), change.state) ||
      !slo_id.for_each(read_id, change.slo)) {
    return false;
  }
  const auto remove_from = [&](Statement& statement) {
    return [&statement, id](Instant at) { return statement.run(at, id); };
  };
  return std::ranges::all_of(change.ledger_removed, remove_from(remove_ledger)) &&
         std::ranges::all_of(change.buckets_removed, remove_from(remove_buckets)) &&
         std::ranges::all_of(change.ledger,
                             [&](const LedgerRow& row) {
                               return put_ledger.run(row.at, id, row.total, row.bad,
                                                     row.measured_cs, row.unknown_cs);
                             }) &&
         std::ranges::all_of(change.buckets, [&](const BucketRow& row) {
           return put_buckets.run(row.at, id, as_blob(row.counts));
         });
}

bool Database::Session::write(const Changes& changes) {
  const auto all = [](const auto& items, auto put) { return std::ranges::all_of(items, put); };
  return all(changes.slos_forgotten, [&](const std::string& slo) { return forget(slo); }) &&
         all(changes.slos, [&](const SloChange& change) { return write(change); }) &&
         all(changes.sources_forgotten,
             [&](const std::string& name) { return remove_source.run(name); }) &&
         all(changes.sources,
             [&](const SourceChange& change) {
               const auto series =
                   change.series.transform([](const std::string& bytes) { return Blob{bytes}; });
               return put_source.run(change.source, series, Blob{change.values});
             }) &&
         all(changes.episodes,
             [&](const EpisodeChange& change) {
               return put_episode.run(change.key, change.episode, change.open, change.at);
             }) &&
         all(changes.outbox,
             [&](const OutboxMessage& message) {
               return put_message.run(message.id, message.receiver, as_text(message.notice),
                                      message.created);
             }) &&
         all(changes.verdicts,
             [&](const VerdictChange& change) {
               return put_verdict.run(change.at, change.service, change.from, change.to,
                                      change.reason);
             }) &&
         all(named_rows(changes.remembered), [&](const NamedRow& row) {
           return row.state.empty() ? remove_named.run(row.name)
                                    : put_named.run(row.name, row.state);
         });
}

std::expected<void, std::string> Database::Session::append_history(
    std::span<const HistoryChange> changes) {
  const auto all = transaction("add to the history in", [&] { return history.append(changes); });
  if (all || !history.is_corrupt()) return all;
  // A damaged page spoils the transaction that comes upon it, so each series gets one of its own.
  for (const HistoryChange& change : changes) {
    const auto one =
        transaction("add to the history in", [&] { return history.append(std::span(&change, 1)); });
    if (!one && !history.is_corrupt()) return one;
    if (!one) log::warning("the history of a series is lost", {{"error", one.error()}});
  }
  return {};
}

/// False on an error of SQLite; `wrong` where what was read makes no sense.
bool Database::Session::load_rows(std::unordered_map<std::int64_t, SloChange>& slos,
                                  std::optional<std::string>& wrong) {
  const auto owner = [&](const Row& row) -> SloChange* {
    const auto found = slos.find(row.integer(1));
    if (found != slos.end()) return &found->second;
    wrong = fmt::format("a row belongs to the SLO number {}, which is not there", row.integer(1));
    return nullptr;
  };
  const auto add_ledger = [&](const Row& row) {
    if (SloChange* slo = owner(row)) {
      slo->ledger.push_back({.at = row.instant(0),
                             .total = row.real(2),
                             .bad = row.real(3),
                             .measured_cs = as_centiseconds(row.integer(4)),
                             .unknown_cs = as_centiseconds(row.integer(5))});
    }
  };
  const auto add_buckets = [&](const Row& row) {
    SloChange* slo = owner(row);
    auto counts = as_counts(row.bytes(2));
    if (!counts) {
      wrong = "the bucket counts of a row are no whole number of values";
    } else if (slo != nullptr) {
      slo->buckets.push_back({.at = row.instant(0), .counts = std::move(*counts)});
    }
  };
  return all_ledger.for_each(add_ledger) && all_buckets.for_each(add_buckets);
}

bool Database::Session::load(Restored& restored, std::optional<std::string>& wrong) {
  std::unordered_map<std::int64_t, SloChange> slos;
  std::vector<std::int64_t> ids;  // in the order of their names
  const auto add_slo = [&](const Row& row) {
    ids.push_back(row.integer(0));
    SloChange& slo = slos[ids.back()];
    slo.slo = row.bytes(1);
    slo.fingerprint = row.bytes(2);
    slo.resolution = Duration(row.integer(3));
    slo.state = row.bytes(4);
  };
  if (!all_slos.for_each(add_slo) || !load_rows(slos, wrong)) return false;
  for (const std::int64_t id : ids) restored.slos.push_back(std::move(slos[id]));
  return all_sources.for_each([&](const Row& row) {
    restored.sources.push_back(
        {.source = row.bytes(0), .series = row.bytes(1), .values = row.bytes(2)});
  }) && open_episodes.for_each([&](const Row& row) {
    restored.episodes.push_back(as_episode(row));
  }) && all_named.for_each([&](const Row& row) {
    const NamedRow named{.name = row.bytes(0), .state = row.bytes(1)};
    if (const auto read = read_named_row(named, restored.remembered); !read) {
      restored.problems.push_back(read.error());
    }
  });
}

Database::Database(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

std::expected<Database, std::string> Database::open(const std::filesystem::path& file) {
  auto connection = open_connection(file);
  if (!connection) return std::unexpected(connection.error());
  auto session = std::make_unique<Session>();
  session->file = file;
  session->connection = std::move(*connection);
  if (!session->prepare()) {
    return std::unexpected(damaged(file, sqlite3_errmsg(session->connection.get())));
  }
  return Database(std::move(session));
}

std::expected<Restored, std::string> Database::load() {
  Restored restored;
  std::optional<std::string> wrong;
  if (!session_->load(restored, wrong)) return session_->failed("read");
  if (wrong) return std::unexpected(damaged(session_->file, *wrong));
  return restored;
}

std::expected<std::vector<OutboxRow>, std::string> Database::pending_messages() {
  std::vector<OutboxRow> rows;
  const auto add = [&](const Row& row) { rows.push_back(as_message(row)); };
  if (!session_->pending_messages.for_each(add)) return session_->failed("read");
  return rows;
}

std::expected<void, std::string> Database::commit(const Changes& changes) {
  return session_->transaction("commit to", [&] { return session_->write(changes); });
}

std::expected<void, std::string> Database::update(std::span<const OutboxUpdate> updates) {
  return session_->transaction("commit to", [&] {
    return std::ranges::all_of(updates, [&](const OutboxUpdate& update) {
      return session_->update_message.run(update.id, to_string(update.state), update.attempts,
                                          update.next_attempt, update.error);
    });
  });
}

std::expected<void, std::string> Database::prune(Instant now) {
  const Instant oldest = now - history_kept;
  return session_->transaction("remove old rows from", [&] {
    return session_->prune_messages.run(oldest) && session_->prune_episodes.run(oldest) &&
           session_->prune_verdicts.run(oldest);
  });
}

std::expected<void, std::string> Database::prune_history(Instant now) {
  return session_->transaction("remove old history from",
                               [&] { return session_->history.prune(now); });
}

std::expected<void, std::string> Database::append(std::span<const HistoryChange> history) {
  return session_->append_history(history);
}

std::expected<std::vector<HistorySeries>, std::string> Database::history_series(
    std::string_view metric, std::int64_t since) {
  std::vector<HistorySeries> series;
  if (!session_->history.series(metric, since, series)) return session_->failed("read");
  return series;
}

std::expected<std::vector<HistoryRow>, std::string> Database::history_rows(
    std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) {
  std::vector<HistoryRow> rows;
  if (!session_->history.rows(series, first, last, rows)) return session_->failed("read");
  return rows;
}

std::expected<std::vector<VerdictChange>, std::string> Database::recent_verdicts(
    std::size_t limit) {
  std::vector<VerdictChange> verdicts;
  const auto add = [&](const Row& row) {
    verdicts.push_back({.at = row.instant(0),
                        .service = row.bytes(1),
                        .from = row.bytes(2),
                        .to = row.bytes(3),
                        .reason = row.bytes(4)});
  };
  if (!session_->last_verdicts.for_each(add, as_limit(limit))) return session_->failed("read");
  return verdicts;
}

std::expected<std::vector<SentMessage>, std::string> Database::recent_messages(std::size_t limit) {
  std::vector<SentMessage> messages;
  const auto add = [&](const Row& row) {
    messages.push_back({.row = as_message(row), .state = as_state(row.bytes(7))});
  };
  if (!session_->last_messages.for_each(add, as_limit(limit))) return session_->failed("read");
  return messages;
}

std::expected<std::vector<EpisodeChange>, std::string> Database::recent_episodes(
    std::size_t limit) {
  std::vector<EpisodeChange> episodes;
  const auto add = [&](const Row& row) { episodes.push_back(as_episode(row)); };
  if (!session_->last_episodes.for_each(add, as_limit(limit))) return session_->failed("read");
  return episodes;
}

}  // namespace slod
