#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/slo/rows.h"
#include "lib/time/instant.h"

namespace slod {

/// What one SLO adds to the stored state. Rows replace rows of the same time.
struct SloChange {
  std::string slo;          ///< "service/name"
  std::string fingerprint;  ///< SloDefinition::fingerprint
  bool replaced = false;    ///< all earlier rows of this SLO go first: it counts anew
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

/// A message that a receiver must get. `id` says the same for every retry and every restart.
struct OutboxMessage {
  std::string id;        ///< dedup key, transition and receiver
  std::string receiver;  ///< its name in the configuration
  std::string notice;    ///< JSON of alert::Notice; holds no secret
  Instant created;
};

struct VerdictChange {
  Instant at;
  std::string service;
  std::string from;    ///< the level before
  std::string to;      ///< the level since
  std::string reason;  ///< one sentence
};

/// Small pieces of state with a name of their own, such as a service's freeze level.
struct NamedState {
  std::string name;
  std::string state;  ///< JSON or a time; empty: there is nothing to remember any more
};

/// A sample for the history of one of slod's own series.
struct HistoryPoint {
  Instant at;
  double value = 0;

  bool operator==(const HistoryPoint&) const = default;
};

/// What the history of one series gains. Points that are not after those stored are ignored. It is
/// no part of Changes, since what only charts need must not keep anything else from being stored.
struct HistoryChange {
  std::string series;                ///< its series_key
  std::vector<HistoryPoint> points;  ///< ascending in time
};

/// Everything that changed since the last commit. It is one transaction.
struct Changes {
  std::vector<SloChange> slos;
  std::vector<std::string> slos_forgotten;  ///< long since removed from the configuration
  std::vector<SourceChange> sources;
  std::vector<std::string> sources_forgotten;  ///< removed from the configuration
  std::vector<EpisodeChange> episodes;
  std::vector<OutboxMessage> outbox;
  std::vector<VerdictChange> verdicts;
  std::vector<NamedState> named;

  bool empty() const;
};

/// The stored state as read at start. Rows come sorted by time; episodes are the open ones.
struct Restored {
  std::vector<SloChange> slos;
  std::vector<SourceChange> sources;
  std::vector<EpisodeChange> episodes;
  std::vector<NamedState> named;
};

}  // namespace slod
