#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/rules/group.h"
#include "lib/series/labels.h"
#include "lib/time/instant.h"

namespace slod::rules {

enum class AlertState : std::uint8_t { inactive, pending, firing };
enum class Health : std::uint8_t { unknown, ok, error };

/// One alert of a rule: a series that the rule's expression yields, for as long as it does.
struct AlertStatus {
  Labels labels;       ///< with alertname; no two alerts of a rule have the same
  Labels annotations;  ///< expanded
  AlertState state = AlertState::pending;
  Instant active_at;  ///< since when the condition holds
  std::optional<Instant> keep_firing_since;
  double value = 0;                      ///< of the expression, when it was last seen
  std::string key = {};                  ///< what receivers recognise it by, firing and resolved
  std::optional<Instant> fired_at{};     ///< set once firing
  std::optional<Instant> resolved_at{};  ///< set once it was firing and is inactive
  /// Until when an alert from before a restart does not end, since too few samples are known.
  std::optional<Instant> held_until{};
};

/// The state of one rule, beside Group::rules.
struct RuleStatus {
  Health health = Health::unknown;
  std::string error;  ///< of the last evaluation; empty: none
  double evaluation_seconds = 0;
  std::optional<Instant> last_evaluation;
  std::vector<AlertStatus> alerts;  ///< pending and firing

  /// The worst of its alerts.
  AlertState state() const {
    AlertState worst = AlertState::inactive;
    for (const AlertStatus& alert : alerts) worst = alert.state > worst ? alert.state : worst;
    return worst;
  }
};

/// A group as of its last evaluation. Immutable once published.
struct GroupStatus {
  std::shared_ptr<const Group> group;
  double evaluation_seconds = 0;
  std::optional<Instant> last_evaluation;
  std::vector<RuleStatus> rules;  ///< as in group->rules
};

}  // namespace slod::rules
