#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/state/changes.h"
#include "lib/state/metric_history.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// The file that survives a restart: SQLite, with one connection, so that nobody else can have the
/// file open. Every call blocks on the disk. Confined to one thread at a time; after an error
/// every call may be repeated.
///
/// Every writing call is one transaction that is on the disk when it returns (WAL, fsync at each
/// commit). On error (disk full, I/O) nothing of it is kept. Repeating a commit that was kept
/// although it reported an error changes nothing.
class Database {
 public:
  /// How long verdicts, resolved episodes and finished messages are kept.
  static constexpr Duration history_kept = std::chrono::days(90);

  /// Opens `file`, or creates it (0600) and its directory (0700) where absent. It refuses, with
  /// the reason and the remedy, a file that another process has open, that is not slod's, that a
  /// newer slod wrote, or that is damaged; such a file is left as it is.
  static std::expected<Database, std::string> open(const std::filesystem::path& file);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  /// What the engine starts from. Rows of an SLO come sorted by time; only open episodes come.
  std::expected<Restored, std::string> load();
  /// Every message that is neither delivered nor rejected, in the order in which they were stored.
  std::expected<std::vector<OutboxRow>, std::string> pending_messages();

  /// A message whose id is stored already, in whatever state, is not stored again.
  std::expected<void, std::string> commit(const Changes& changes);
  /// Unknown ids are ignored.
  std::expected<void, std::string> update(std::span<const OutboxUpdate> updates);
  /// Removes history older than `history_kept`: verdicts, resolved episodes, messages that are
  /// delivered or rejected. What is open or pending stays, however old.
  std::expected<void, std::string> prune(Instant now);

  /// The newest `limit` changes of freeze level, newest first.
  std::expected<std::vector<VerdictChange>, std::string> recent_verdicts(std::size_t limit);
  /// The `limit` episodes that changed last, open or resolved, newest first.
  std::expected<std::vector<EpisodeChange>, std::string> recent_episodes(std::size_t limit);

  /// The `limit` messages that were added last, in whatever state, and the `limit` oldest that are
  /// pending; newest first.
  std::expected<std::vector<SentMessage>, std::string> recent_messages(std::size_t limit);

  /// Adds to the history, in a transaction of its own. Where the file is damaged, that of the
  /// series in question is lost, with a warning in the log; it is an error only where the same may
  /// succeed later.
  std::expected<void, std::string> append(std::span<const HistoryChange> history);
  /// See HistoryTable for what these do.
  std::expected<void, std::string> prune_history(Instant now);
  std::expected<std::vector<HistorySeries>, std::string> history_series(std::string_view metric,
                                                                        std::int64_t since);
  std::expected<std::vector<HistoryRow>, std::string> history_rows(
      std::span<const std::int64_t> series, std::int64_t first, std::int64_t last);

 private:
  struct Session;
  explicit Database(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace slod
