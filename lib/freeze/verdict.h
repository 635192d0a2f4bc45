#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/freeze/policy.h"
#include "lib/freeze/standing.h"
#include "lib/slo/definition.h"
#include "lib/time/instant.h"

namespace slod::freeze {

/// How long the last known level counts after its evidence became stale; then it is as `deny`.
inline constexpr Duration last_known_counts_for = std::chrono::hours(1);

/// What one SLO spent over the time that one step of the ladder looks at: the SLO's window, or the
/// step's `over`. Everything without a value had no events, or is not known.
struct StepEvidence {
  std::optional<double> spent;        ///< ratio of the whole budget: bad / allowed_bad
  std::optional<double> spent_worst;  ///< the same, were all missing time bad
  double good = 0;
  double total = 0;
  double bad = 0;
  std::optional<Instant> earliest_thaw;  ///< spent < threshold - margin, if nothing bad happens
};

/// What is known of one SLO at the time of the question.
struct SloEvidence {
  std::string name;  ///< within its service: "availability"
  Standing standing;
  std::vector<StepEvidence> steps;     ///< one for each step of the policy's ladder, in its order
  Duration window{};                   ///< nominal length
  std::string window_text;             ///< "30d", "calendar month"
  std::optional<double> allowed_bad;   ///< events, over the whole window
  std::optional<double> coverage;      ///< ratio of the window that was read, 0 to 1
  std::optional<Instant> evidence_at;  ///< the newest successful read; nullopt: never one
  std::optional<Instant> observed_since;  ///< the first read
  bool series_seen = false;               ///< whether a series ever matched its selectors
  OnMissing on_missing = OnMissing::last_known;
  Duration stale_after = std::chrono::minutes(5);
  std::string why_missing;  ///< "scrape of 127.0.0.1:8080 failed: connection refused"; may be empty
};

enum class Outcome { allow, deny, inconclusive };
std::string_view to_string(Outcome outcome);

enum class ReasonKind {
  budget_spent,      ///< a step of the ladder is in force
  budget_left,       ///< none is, and nothing is missing: what is nearest to it
  evidence_missing,  ///< the newest read is older than stale_after
  no_evidence,       ///< nothing was read since the SLO was created
  no_series,         ///< reads succeed, but no series ever matched
  no_slos,           ///< the service has none
};
std::string_view to_string(ReasonKind kind);

/// One thing that explains the level or the outcome. Numbers that do not exist are nullopt.
struct Reason {
  std::optional<std::string> slo;  ///< nullopt for a reason that concerns the service
  ReasonKind kind = ReasonKind::budget_spent;
  std::optional<double> spent;
  std::optional<double> spent_worst;
  std::optional<double> threshold;
  std::optional<Duration> window;  ///< what good, total and bad were counted over
  std::optional<double> good;
  std::optional<double> total;
  std::optional<double> bad;
  std::optional<double> allowed_bad;
  std::optional<double> coverage;
  std::optional<Duration> evidence_age;
  std::string message;  ///< one sentence without a full stop
};

/// Whether a change may be deployed, and why.
struct Verdict {
  std::string service;
  Change change = Change::feature;
  Outcome outcome = Outcome::allow;
  Level level = Level::open;
  bool frozen = false;  ///< level != open
  std::vector<Reason> reasons;
  Instant since;  ///< of the level
  /// When this change would be allowed or, where it is, the level open: the latest over the frozen
  /// SLOs, if nothing bad happens. nullopt: not frozen, not known, or it is evidence that is
  /// missing.
  std::optional<Instant> earliest_thaw;
  Instant evaluated_at;
  std::optional<Duration> evidence_age;  ///< the oldest of its SLOs; nullopt: one was never read
  std::optional<double> coverage;        ///< the lowest of its SLOs; nullopt: none is known
};

/// The level of a service: the highest level of its SLOs whose evidence is usable at `now`, that
/// is fresh, or stale under `last_known` for no more than last_known_counts_for.
Level service_level(std::span<const SloEvidence> slos, Instant now);

/// Answers whether `change` may be deployed to `service`. `since` is when service_level became what
/// it is. Precondition: each SloEvidence has as many steps as the policy's ladder.
///
/// The level denies what the policy says. An SLO without fresh evidence does what its owner
/// declared:
///
/// | on_missing | stale                                   | never any evidence or series |
/// |------------|-----------------------------------------|------------------------------|
/// | deny       | denies features and fixes               | denies features and fixes    |
/// | allow      | is ignored                              | is ignored                   |
/// | last_known | its level counts for 1 h, then deny     | makes the answer inconclusive|
///
/// `deny` lets hotfixes pass: a hotfix may be what brings the evidence back. A denial by one SLO
/// overrides inconclusive, and inconclusive overrides allow. A service without SLOs allows all.
/// Reasons explain the level and all missing evidence, also where the change is allowed. Where
/// there is nothing of the kind, one says what is nearest to a freeze.
Verdict verdict(std::string_view service, Change change, std::span<const SloEvidence> slos,
                const Policy& policy, Instant since, Instant now);

}  // namespace slod::freeze
