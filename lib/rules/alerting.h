#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/query/evaluate.h"
#include "lib/rules/group.h"
#include "lib/rules/status.h"
#include "lib/time/instant.h"

namespace slod::rules {

/// A pending alert resumes its wait after a restart where `for` is at least this long; shorter
/// waits start over. Source: Prometheus, --rules.alert.for-grace-period.
inline constexpr Duration restored_wait_least = std::chrono::minutes(10);
/// After a longer outage all waits start over. Source: Prometheus,
/// --rules.alert.for-outage-tolerance.
inline constexpr Duration outage_most = std::chrono::hours(1);

/// The alerts that a rule's expression asks for at `at`: pending, active since `at`. `group` is the
/// id of its group. Error: as Prometheus's, where two series have the same labels once those of the
/// rule are set.
std::expected<std::vector<AlertStatus>, std::string> asked_alerts(const Rule& rule,
                                                                  std::string_view group,
                                                                  const query::Result& result,
                                                                  Instant at,
                                                                  const std::string& external_url);

/// An alert that changed its state, or since when it is active. What is over, whether it had fired
/// or not, is inactive.
struct AlertChange {
  AlertStatus alert;
  AlertState from = AlertState::inactive;
  std::size_t rule = 0;  ///< its place in the group, where that is known
};

/// Moves a rule's alerts on, as Prometheus does; `alerts` are those pending and firing.
///
/// | state   | asked for                             | not asked for                          |
/// |---------|---------------------------------------|----------------------------------------|
/// | none    | new: pending, firing if `for` is 0    |                                        |
/// | pending | firing after `for`                    | over                                   |
/// | firing  | stays                                 | over after keep_firing_for             |
///
/// An alert that is held stays as it is while it is not asked for. Errors end nothing, so that an
/// evaluation that failed must not come here.
std::vector<AlertChange> step(const Rule& rule, std::vector<AlertStatus>& alerts,
                              std::vector<AlertStatus> asked, Instant at);

/// Ends all alerts of a rule.
std::vector<AlertChange> end_all(std::vector<AlertStatus>& alerts, Instant at);

/// Resumes the wait of alerts that were pending when slod ended, at `down_at`, in the first
/// evaluation after it, as Prometheus does: the outage does not count, and what had almost waited
/// long enough waits for restored_wait_least. Alerts whose wait starts over are ended.
std::vector<AlertChange> restore_waits(const Rule& rule, std::vector<AlertStatus>& alerts,
                                       Instant down_at, Instant at);

/// What ALERTS says of it.
std::string_view to_string(AlertState state);

}  // namespace slod::rules
