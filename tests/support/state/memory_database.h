#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lib/series/sample_chunk.h"
#include "lib/state/database.h"

namespace slod {

/// A database in maps: the naive oracle of every other one, and what stands in for it in tests.
/// What it holds may be looked at.
class MemoryDatabase : public Database {
 public:
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
  std::expected<void, std::string> prune_history(Instant now) override;
  std::expected<void, std::string> remove_history_after(Instant now) override;
  std::expected<std::vector<HistorySeries>, std::string> history_series(
      std::string_view metric, std::int64_t since) override;
  std::expected<std::vector<HistoryRow>, std::string> history_rows(
      std::span<const std::int64_t> series, std::int64_t first, std::int64_t last) override;

  /// Every message stored, in whatever state, oldest first.
  std::vector<std::string> message_ids() const;

  struct Slo {
    SloChange last;  ///< without rows
    std::map<Instant, LedgerRow> ledger;
    std::map<Instant, BucketRow> buckets;
  };

  std::map<std::string, Slo> slos;                ///< by id
  std::map<std::string, SourceChange> sources;    ///< by name
  std::map<std::string, EpisodeChange> episodes;  ///< by key; open and resolved
  std::vector<SentMessage> outbox;                ///< messages in whatever state, oldest first
  std::map<std::string, int>
      messages;  ///< by id: how often it was committed; more than once: twice sent
  std::vector<VerdictChange> verdicts;                    ///< in the order of their commits
  std::map<std::string, SloStanding> standings;           ///< by SLO
  std::map<std::string, freeze::Standing> levels;         ///< by service
  std::map<std::string, std::vector<OpenGap>> open_gaps;  ///< by source
  std::map<std::string, Instant> removals;                ///< by SLO
  std::map<std::string, Instant> rule_marks;              ///< by rule group
  std::map<std::string, std::string> incidents;           ///< by receiver and alert
  std::map<std::string, std::string> forwarded;           ///< by receiver and alert

 private:
  struct Series {
    std::int64_t id = 0;
    std::int64_t last_day = 0;
    std::map<std::int64_t, std::unique_ptr<SampleChunk>> days;
  };

  void put(const SloChange& change);
  void put(const SourceChange& change);
  void put(const OutboxMessage& message);
  void put(const VerdictChange& change);

  std::map<std::string, Series> history_;  ///< by series_key
  std::int64_t last_series_ = 0;
};

}  // namespace slod
