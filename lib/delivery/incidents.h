#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/alert/receivers/receiver_type.h"
#include "lib/state/outbox.h"
#include "lib/state/remembered.h"
#include "lib/time/instant.h"

namespace slod {

/// Under which key it is remembered of an alert what became of it at a receiver: see Remembered.
std::string place_of(const std::string& receiver, const alert::Notice& notice);

/// Which alerts share an incident, at receivers where each alert is an incident of its own: when
/// more than a few of one service, or of one rule, begin to fire within a minute, those after the
/// few share one; when more than scopes_max services and rules do, all of them share one. Pages
/// share none with others.
///
/// A message has its incident from its birth, is stored with it, and keeps it, so that a restart
/// changes nothing. The incident ends with the last of its alerts. Does no input or output; not
/// thread-safe.
class Incidents {
 public:
  static constexpr std::size_t few = 3;
  static constexpr std::size_t scopes_max = 20;
  static constexpr Duration window = std::chrono::minutes(1);

  /// What a receiver takes.
  using PaceOf = std::function<alert::Pace(const std::string& receiver)>;

  /// Gives new messages, which are all of one transaction, their incidents.
  void assign(std::vector<OutboxMessage>& messages, const PaceOf& pace_of, Instant now);

  /// Which incident each alert that is firing is part of, by receiver and key: what is stored.
  const std::map<std::string, std::string>& current() const { return incident_of_; }
  void restore(const std::vector<Keyed<std::string>>& pieces);

 private:
  /// Alerts of one scope that began to fire one after the other.
  struct Burst {
    Instant since;
    std::size_t alerts = 0;
    std::string incident = {};  ///< empty: they are few
  };
  using Firing = std::map<std::string, std::vector<OutboxMessage*>>;  ///< by scope

  void assign(const std::string& whom, const Firing& firing, bool grows, Instant now);
  void begin(const OutboxMessage& message);
  void end(OutboxMessage& message);

  std::map<std::string, std::map<std::string, Burst>> bursts_;  ///< by whom, and by scope
  std::map<std::string, std::string> incident_of_;
  std::map<std::string, std::size_t> alerts_in_;  ///< that are firing, by incident
};

}  // namespace slod
