#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/engine/snapshot.h"
#include "lib/freeze/standing.h"
#include "lib/state/changes.h"
#include "lib/time/instant.h"

namespace slod {

/// The freeze level of each service, and since when: what its SLOs' evidence said last. Not
/// thread-safe.
class FreezeLevels {
 public:
  /// A new service is open since `now`.
  void reconfigure(const std::vector<config::Service>& services, Instant now);
  void restore(const std::vector<Keyed<freeze::Standing>>& levels);

  /// Of a service that is configured.
  const freeze::Standing& of(const std::string& service) const;
  /// Moves the levels to what the evidence of `snapshot` says at its time, and those in it.
  void move(Snapshot& snapshot);
  void take_into(Changes& changes);

 private:
  struct Known {
    freeze::Standing standing;
    bool changed = true;  ///< since it was stored
  };

  std::map<std::string, Known> levels_;  ///< by service
  std::vector<VerdictChange> verdicts_;  ///< not taken yet
};

}  // namespace slod
