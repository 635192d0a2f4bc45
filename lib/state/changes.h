#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/slo/rows.h"
#include "lib/state/outbox.h"
#include "lib/state/remembered.h"
#include "lib/time/instant.h"

namespace slod {

/// What one SLO adds to the stored state. Rows replace rows of the same time.
struct SloChange {
  std::string slo;          ///< "service/name"
  std::string fingerprint;  ///< SloDefinition::fingerprint
  bool replaced = false;    ///< all earlier rows of this SLO go first: its counts start over
  Duration resolution{};    ///< of its ledger
  std::string state;        ///< JSON: what else it must remember (observed since, open slices)
  std::vector<LedgerRow> ledger;
  std::vector<Instant> ledger_removed;
  std::vector<BucketRow> buckets;
  std::vector<Instant> buckets_removed;
};

/// Where one source's counters stand, so that a restart is a gap and not a loss.
struct SourceChange {
  std::string source;                 ///< its stable name
  std::optional<std::string> series;  ///< opaque bytes; set only when the set of series changed
  std::string values;                 ///< opaque bytes
};

struct EpisodeChange {
  std::string key;      ///< the dedup key
  std::string episode;  ///< JSON; a resolved episode is kept for the history
  bool open = true;     ///< false once resolved
  Instant at;           ///< of this transition
};

struct VerdictChange {
  Instant at;
  std::string service;
  std::string from;    ///< the level before
  std::string to;      ///< the level since
  std::string reason;  ///< one sentence
};

/// Everything that changed since the last commit. It is one transaction.
struct Changes {
  std::vector<SloChange> slos;
  std::vector<std::string> slos_forgotten;  ///< removed from the configuration long ago
  std::vector<SourceChange> sources;
  std::vector<std::string> sources_forgotten;  ///< removed from the configuration
  std::vector<EpisodeChange> episodes;
  std::vector<OutboxMessage> outbox;
  std::vector<VerdictChange> verdicts;
  Remembered remembered;

  bool empty() const;
};

/// Adds `later` to `changes`, which is then one transaction that does what the two do one after the
/// other. It is no larger than what it changes: later rows take the place of earlier ones.
void absorb(Changes& changes, Changes later);

/// The stored state as read at start. Rows come sorted by time; episodes are the open ones.
struct Restored {
  std::vector<SloChange> slos;
  std::vector<SourceChange> sources;
  std::vector<EpisodeChange> episodes;
  Remembered remembered;
  std::vector<std::string> problems;  ///< a sentence for each piece that could not be read
};

}  // namespace slod
