#pragma once

#include <string>
#include <vector>

#include "lib/alert/episode.h"
#include "lib/alert/notice.h"
#include "lib/alert/receivers/receivers.h"
#include "lib/config/config.h"
#include "lib/engine/slo_state.h"
#include "lib/rules/stored_alert.h"
#include "lib/slo/definition.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// Turns what becomes of episodes, of SLOs and of rules alike, into rows to store and a message for
/// each receiver of their route, and gathers both. Not thread-safe.
class Notices {
 public:
  /// The routes, and the URL that links begin with, from now on.
  void reconfigure(const config::Config& config);

  /// An episode changed: it is stored, and sent if it began or ended to fire.
  void note(const SloDefinition& slo, const EpisodeStep& step, Instant now);
  void note(const rules::StoredAlert& alert, rules::AlertState from, Instant now);
  /// The SLO of an open episode has another name now: that is stored, and nothing is sent.
  void rename(const alert::Episode& episode);
  /// No rule follows an episode any longer: it is resolved if it was open.
  void abandon(const SloDefinition& slo, alert::Episode episode, Instant now);
  void abandon(rules::StoredAlert alert, Instant now);

  /// For each receiver of its route, what is said now of one that is firing.
  void add_firing(const SloDefinition& slo, const alert::Episode& episode, Instant now,
                  std::vector<alert::FiringNotice>& firing) const;
  void add_firing(const rules::StoredAlert& alert, Instant now,
                  std::vector<alert::FiringNotice>& firing) const;

  /// Whether there is a message that was not taken yet.
  bool has_messages() const { return !outbox_.empty(); }
  void take_into(Changes& changes);

 private:
  void send(const alert::Notice& notice, Instant now);
  void address(const alert::Notice& notice, std::vector<alert::FiringNotice>& firing) const;

  std::string external_url_;
  alert::Routes routes_;
  std::vector<EpisodeChange> episodes_;
  std::vector<OutboxMessage> outbox_;
};

}  // namespace slod
