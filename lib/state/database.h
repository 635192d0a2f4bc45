#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/state/changes.h"
#include "lib/state/metric_history.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// What survives a restart. Every call may block on a disk or a network. Confined to one thread at
/// a time; after an error every call may be repeated, and the error says what was tried, on what,
/// and why it failed.
///
/// Every writing call is one transaction that is kept for good when it returns; on an error nothing
/// of it is kept. Repeating a commit that was kept although it reported an error changes nothing.
class Database {
 public:
  /// How long verdicts, resolved episodes and finished messages are kept.
  static constexpr Duration event_retention = std::chrono::days(90);
  /// How long points of the metric history are kept.
  static constexpr std::int64_t history_days_kept = 90;

  virtual ~Database() = default;

  /// Whether what is committed still lies where the next start looks for it. Error: it does not,
  /// what that means and what to do.
  virtual std::expected<void, std::string> check() { return {}; }

  /// What the engine starts from. Rows that are damaged are left out and removed, and
  /// Restored::problems says so. Rows of an SLO come sorted by time; only open episodes come.
  virtual std::expected<Restored, std::string> load() = 0;
  /// Every message that is neither delivered nor rejected, in the order in which they were stored.
  virtual std::expected<std::vector<OutboxRow>, std::string> pending_messages() = 0;

  /// Refuses numbers that are not a number. A message whose id is stored already, in whatever
  /// state, is not stored again.
  virtual std::expected<void, std::string> commit(const Changes& changes) = 0;
  /// Unknown ids are ignored.
  virtual std::expected<void, std::string> update(std::span<const OutboxUpdate> updates) = 0;
  /// Removes what is older than `event_retention`: verdicts, resolved episodes, messages that are
  /// delivered or rejected. What is open or pending stays, however old.
  virtual std::expected<void, std::string> prune(Instant now) = 0;

  /// The newest `limit` changes of freeze level, newest first.
  virtual std::expected<std::vector<VerdictChange>, std::string> recent_verdicts(
      std::size_t limit) = 0;
  /// The `limit` episodes that changed last, open or resolved, newest first.
  virtual std::expected<std::vector<EpisodeChange>, std::string> recent_episodes(
      std::size_t limit) = 0;
  /// The `limit` messages that were added last, in whatever state, and the `limit` oldest that are
  /// pending; newest first.
  virtual std::expected<std::vector<SentMessage>, std::string> recent_messages(
      std::size_t limit) = 0;

  /// Adds to the history, in a transaction of its own. Where what is stored is damaged, that of the
  /// series in question may be lost; it is an error only where the same may succeed later.
  virtual std::expected<void, std::string> append(std::span<const HistoryChange> history) = 0;
  /// Removes what is too old of series that are not appended to any longer; the others lose a day
  /// whenever they begin one.
  virtual std::expected<void, std::string> prune_history(Instant now) = 0;
  /// Removes what is after `now`, since nothing could be added before that time has come.
  virtual std::expected<void, std::string> remove_history_after(Instant now) = 0;
  /// The series of a metric, or all for the empty one, that were appended to on the day `since` or
  /// later.
  virtual std::expected<std::vector<HistorySeries>, std::string> history_series(
      std::string_view metric, std::int64_t since) = 0;
  /// Their rows from the day `first` to the day `last`, by series and day.
  virtual std::expected<std::vector<HistoryRow>, std::string> history_rows(
      std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) = 0;

 protected:
  Database() = default;
  Database(const Database&) = default;
  Database& operator=(const Database&) = default;
};

}  // namespace slod
