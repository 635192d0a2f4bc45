#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lib/alert/episode.h"
#include "lib/alert/notice.h"
#include "lib/alert/receivers/receivers.h"
#include "lib/config/config.h"
#include "lib/delivery/incidents.h"
#include "lib/engine/slo_state.h"
#include "lib/engine/stored_pieces.h"
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

  /// Whether any receiver is sent again what is firing.
  bool resends() const;
  /// For each such receiver of its route, what is said now of one that is pending or firing, as it
  /// was seen at `evaluated`.
  void add_active(const SloDefinition& slo, const alert::Episode& episode, Instant now,
                  std::vector<alert::ActiveNotice>& active) const;
  void add_active(const rules::StoredAlert& alert, Instant evaluated, Instant now,
                  std::vector<alert::ActiveNotice>& active) const;

  /// The fallback of a message's receiver is notified as well that it fires, unless it was.
  void forward(const OutboxMessage& message, Instant now);

  void restore(const Remembered& remembered);
  /// Whether there is a message that was not taken yet.
  bool has_messages() const { return !outbox_.empty(); }
  void take_into(Changes& changes);

 private:
  /// What is asked of a receiver, by its name.
  struct Receiver {
    alert::Pace pace;
    bool is_resent = false;
    std::string fallback;  ///< empty: none
  };

  void send(const alert::Notice& notice, Instant now);
  void send(const alert::Notice& notice, const std::string& receiver, Instant now);
  const Receiver* receiver(const std::string& name) const;
  bool has_resent(std::string_view severity) const;
  void address(const alert::Notice& notice, Instant evaluated, bool is_pending,
               std::vector<alert::ActiveNotice>& active) const;

  std::string external_url_;
  alert::Routes routes_;
  std::map<std::string, Receiver> receivers_;
  Incidents incidents_;
  StoredPieces<std::string> stored_incidents_;
  std::map<std::string, std::string> forwarded_;  ///< see Remembered::forwarded
  StoredPieces<std::string> stored_forwarded_;
  std::vector<EpisodeChange> episodes_;
  std::vector<OutboxMessage> outbox_;
};

}  // namespace slod
