#pragma once

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "daemon/store/database.h"
#include "lib/state/changes.h"

namespace slod {

/// What a database must hold after the same calls: the naive oracle, in memory.
class Mirror {
 public:
  void commit(const Changes& changes);
  void update(const OutboxUpdate& update);
  void prune(Instant oldest);

  // As the calls of Database.
  Restored load() const;
  std::vector<OutboxRow> pending_messages() const;
  std::vector<VerdictChange> recent_verdicts(std::size_t limit) const;
  std::vector<EpisodeChange> recent_episodes(std::size_t limit) const;
  std::vector<SentMessage> recent_messages(std::size_t limit) const;

  /// Every message stored, in whatever state, oldest first.
  std::vector<std::string> message_ids() const;

 private:
  struct Slo {
    SloChange last;  ///< without rows
    std::map<Instant, LedgerRow> ledger;
    std::map<Instant, BucketRow> buckets;
  };
  struct Message {
    OutboxRow row;
    OutboxState state = OutboxState::pending;
  };

  std::map<std::string, Slo> slos_;
  std::map<std::string, SourceChange> sources_;
  std::map<std::string, EpisodeChange> episodes_;
  std::vector<Message> messages_;
  std::map<std::pair<Instant, std::string>, VerdictChange> verdicts_;
  std::map<std::string, SloStanding> standings_;
  std::map<std::string, freeze::Standing> levels_;
  std::map<std::string, std::vector<OpenGap>> open_gaps_;
  std::map<std::string, Instant> removals_;
  std::map<std::string, Instant> rule_marks_;
};

/// Every field, one item a line, for comparing.
std::string text_of(const Restored& restored);
std::string text_of(const std::vector<OutboxRow>& rows);
std::string text_of(const std::vector<SentMessage>& messages);
std::string text_of(const std::vector<VerdictChange>& verdicts);
std::string text_of(const std::vector<EpisodeChange>& episodes);

/// Changes of every kind, over few names and times, so that they meet each other's rows. Times are
/// whole days.
Changes random_changes(std::mt19937& random);
OutboxUpdate random_update(std::mt19937& random, const std::vector<std::string>& ids);

}  // namespace slod
