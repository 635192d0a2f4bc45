#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/alert/burn_rate_rule.h"
#include "lib/alert/episode.h"
#include "lib/freeze/policy.h"
#include "lib/freeze/verdict.h"
#include "lib/rules/status.h"
#include "lib/slo/budget.h"
#include "lib/slo/definition.h"
#include "lib/slo/tracker.h"
#include "lib/time/instant.h"

namespace slod {

/// How fast the budget burns over one window; no value without events.
struct WindowBurn {
  Duration window{};
  std::optional<double> value;
};

/// Everything known of one SLO at one time.
struct SloSnapshot {
  std::shared_ptr<const SloDefinition> definition;
  Reading reading;  ///< over the SLO's window
  Budget budget;
  std::vector<WindowBurn> burn_rates;      ///< of the alert rules' windows, ascending
  std::vector<alert::BurnRateRule> rules;  ///< for its alerts, scaled to its window
  std::vector<alert::Episode> episodes;    ///< pending and firing
  std::optional<Instant> observed_since;   ///< the first read
  std::optional<Instant>
      exhausted_at;     ///< since when the budget has been spent; nullopt: it is not
  Events lifetime;      ///< counted since the ledger began; never falls
  std::string finding;  ///< what is wrong with what it counts, as a sentence; empty: nothing
  freeze::SloEvidence evidence;
};

/// One service: where its SLOs are, and what a verdict needs.
struct ServiceSnapshot {
  std::string name;
  std::string owner;
  std::size_t first_slo = 0;  ///< its SLOs are slos[first_slo] up to first_slo + evidence.size()
  std::vector<freeze::SloEvidence> evidence;
  freeze::Level level = freeze::Level::open;
  Instant since;  ///< of the level
};

/// What the engine knew at one time. Immutable once published; readers share it.
struct Snapshot {
  Instant at;
  freeze::Policy policy;
  std::vector<SloSnapshot> slos;          ///< grouped by service, in the order of the configuration
  std::vector<ServiceSnapshot> services;  ///< all that are configured, also those without SLOs
  std::vector<std::shared_ptr<const rules::GroupStatus>> rule_groups;  ///< as configured

  /// Null where there is none of that name.
  const ServiceSnapshot* service(std::string_view name) const;
  const SloSnapshot* slo(std::string_view service, std::string_view name) const;
};

}  // namespace slod
