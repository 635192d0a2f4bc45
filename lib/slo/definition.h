#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/slo/sli/sli.h"
#include "lib/slo/slo_id.h"
#include "lib/slo/window.h"
#include "lib/time/instant.h"

namespace slod {

/// What the verdict is once the evidence is older than stale_after.
enum class OnMissing { deny, allow, last_known };
/// What stands for the part of the window before the SLO was first read.
enum class ColdStart { project, observed };

struct SloDefinition {
  std::string service;
  std::string name;
  Labels labels;  ///< of a group of an SLO; none for an SLO that is configured
  std::string description;
  std::string owner;         ///< the service's
  std::string runbook;       ///< the service's; a URL
  double objective = 0.999;  ///< in (0, 1)
  Window window = RollingWindow{std::chrono::days(30)};
  OnMissing on_missing = OnMissing::last_known;
  Duration stale_after = std::chrono::minutes(5);
  ColdStart cold_start = ColdStart::project;
  Sli sli;

  SloId id() const { return {service, name, labels}; }
  /// Equal for two definitions that count the same events in the same way, whatever their
  /// objective, window and texts: what decides whether a ledger is kept at a reload.
  std::string fingerprint() const { return slod::fingerprint(sli); }
  std::string_view kind() const { return kind_of(sli); }
  std::optional<Duration> slice() const { return slice_of(sli); }
  /// Whether it is evaluated slice by slice: it has expressions().
  bool is_evaluated() const { return judging_of(sli) == SliJudging::expressions; }
};

}  // namespace slod
