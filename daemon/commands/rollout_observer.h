#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/slod_client.h"
#include "lib/freeze/gate.h"
#include "lib/time/instant.h"

namespace slod {

/// Looks at one service through a running slod while a rollout of it goes on.
class RolloutObserver {
 public:
  RolloutObserver(SlodClient client, std::string service, const std::string& change);

  /// What the service has, without counts. Error: why not, or that `terms` do not fit.
  std::expected<freeze::GateReading, std::string> begin(const freeze::GateTerms& terms);

  /// What happened in the last `elapsed`.
  std::expected<freeze::GateReading, std::string> look(Duration elapsed);

 private:
  std::vector<std::string> slo_paths(Duration window) const;
  std::optional<std::string> read_verdict(const Answer& answer, freeze::GateReading& reading) const;
  std::optional<std::string> read_slos(const Answer& answer, freeze::GateReading& reading) const;

  SlodClient client_;
  std::string service_;
  std::string change_;
  std::string verdict_path_;
  std::vector<freeze::GateSlo> slos_;  ///< as they were last seen
};

}  // namespace slod
