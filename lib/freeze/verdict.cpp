#include "lib/freeze/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "lib/freeze/messages.h"

namespace slod::freeze {
namespace {

/// What an SLO's evidence lacks; nullopt when it is fresh.
std::optional<ReasonKind> missing(const SloEvidence& slo, Instant now) {
  // Evidence from the future is none.
  if (!slo.evidence_at || *slo.evidence_at > now) return ReasonKind::no_evidence;
  if (!slo.series_seen) return ReasonKind::no_series;
  if (now - *slo.evidence_at > slo.stale_after) return ReasonKind::evidence_missing;
  return std::nullopt;
}

/// What the evidence of an SLO does to the verdict.
enum class EvidenceEffect {
  level_counts,  ///< the SLO's level is a part of the service's
  ignored,
  denies,  ///< all but hotfixes
  inconclusive,
};

EvidenceEffect effect_of(const SloEvidence& slo, Instant now) {
  const std::optional<ReasonKind> lack = missing(slo, now);
  if (!lack) return EvidenceEffect::level_counts;
  switch (slo.on_missing) {
    case OnMissing::deny:
      return EvidenceEffect::denies;
    case OnMissing::allow:
      return EvidenceEffect::ignored;
    case OnMissing::last_known:
      break;
  }
  if (*lack != ReasonKind::evidence_missing) return EvidenceEffect::inconclusive;
  const Instant until = slo.evidence_at.value_or(now) + slo.stale_after + last_known_counts_for;
  return now <= until ? EvidenceEffect::level_counts : EvidenceEffect::denies;
}

std::optional<Duration> evidence_age(const SloEvidence& slo, Instant now) {
  if (!slo.evidence_at || *slo.evidence_at > now) return std::nullopt;
  return now - *slo.evidence_at;
}

bool in_force(const SloEvidence& slo, const Policy& policy, std::size_t step) {
  return policy.ladder[step].level <= slo.standing.level &&
         holds(policy.ladder[step], slo.steps[step].spent, policy.thaw_margin);
}

/// The step that explains the SLO's level: of those in force the highest, and then the one that has
/// spent most.
std::optional<std::size_t> worst_step(const SloEvidence& slo, const Policy& policy) {
  std::optional<std::size_t> worst;
  for (std::size_t i = 0; i < policy.ladder.size(); ++i) {
    if (!in_force(slo, policy, i)) continue;
    const auto rank = [&](std::size_t step) {
      return std::pair(policy.ladder[step].level, slo.steps[step].spent.value_or(0));
    };
    if (!worst || rank(i) > rank(*worst)) worst = i;
  }
  return worst;
}

Reason budget_reason(std::string_view service, const SloEvidence& slo, const Policy& policy,
                     std::size_t index, ReasonKind kind, Instant now) {
  const Step& step = policy.ladder[index];
  const StepEvidence& spending = slo.steps[index];
  return {
      .slo = slo.name,
      .kind = kind,
      .spent = spending.spent,
      .spent_worst = spending.spent_worst,
      .threshold = step.spent,
      .window = step.over.value_or(slo.window),
      .good = spending.good,
      .total = spending.total,
      .bad = spending.bad,
      .allowed_bad = slo.allowed_bad,
      .coverage = slo.coverage,
      .evidence_age = evidence_age(slo, now),
      .message = budget_message(service, slo, step, spending, kind, policy.thaw_margin),
  };
}

/// Of a service where nothing is in force and nothing is missing: the SLO and the step that are
/// nearest to a freeze. nullopt where no step can ever hold.
std::optional<Reason> nearest_reason(std::string_view service, std::span<const SloEvidence> slos,
                                     const Policy& policy, Instant now) {
  const SloEvidence* nearest = nullptr;
  std::size_t nearest_step = 0;
  const auto share = [&](const SloEvidence& slo, std::size_t step) {
    return slo.steps[step].spent.value_or(0) / policy.ladder[step].spent;
  };
  for (const SloEvidence& slo : slos) {
    for (std::size_t i = 0; i < policy.ladder.size(); ++i) {
      if (nearest && share(slo, i) <= share(*nearest, nearest_step)) continue;
      nearest = &slo;
      nearest_step = i;
    }
  }
  if (!nearest) return std::nullopt;
  return budget_reason(service, *nearest, policy, nearest_step, ReasonKind::budget_left, now);
}

Reason missing_reason(std::string_view service, const SloEvidence& slo, ReasonKind kind,
                      Instant now) {
  Reason reason;
  reason.slo = slo.name;
  reason.kind = kind;
  reason.coverage = slo.coverage;
  reason.evidence_age = evidence_age(slo, now);
  reason.message = missing_message(service, slo, kind, now);
  return reason;
}

std::vector<Reason> reasons(std::string_view service, std::span<const SloEvidence> slos,
                            const Policy& policy, Instant now) {
  std::vector<Reason> out;
  for (const SloEvidence& slo : slos) {
    if (effect_of(slo, now) == EvidenceEffect::level_counts) {
      if (const auto step = worst_step(slo, policy)) {
        out.push_back(budget_reason(service, slo, policy, *step, ReasonKind::budget_spent, now));
      }
    }
    if (const auto kind = missing(slo, now)) {
      out.push_back(missing_reason(service, slo, *kind, now));
    }
  }
  if (slos.empty()) {
    Reason reason;
    reason.kind = ReasonKind::no_slos;
    reason.message = fmt::format("{} has no SLOs, so every change is allowed", service);
    out.push_back(std::move(reason));
  }
  if (out.empty()) {
    if (auto nearest = nearest_reason(service, slos, policy, now)) {
      out.push_back(std::move(*nearest));
    }
  }
  return out;
}

/// When the SLO's steps thaw: all of them, or (for a denied change) those whose level denies it.
/// The earliest possible instant where none has to; nullopt where one is not known.
std::optional<Instant> slo_thaw(const SloEvidence& slo, const Policy& policy,
                                std::optional<Change> denied) {
  const auto matters = [&](Level level) { return !denied || denies(policy, level, *denied); };
  std::optional<Instant> latest;
  for (std::size_t i = 0; i < policy.ladder.size(); ++i) {
    if (!in_force(slo, policy, i) || !matters(policy.ladder[i].level)) continue;
    const std::optional<Instant> thaw = slo.steps[i].earliest_thaw;
    if (!thaw) return std::nullopt;
    latest = std::max(latest.value_or(Instant::min()), *thaw);
  }
  if (!latest && (slo.standing.level == Level::open || !matters(slo.standing.level))) {
    return Instant::min();
  }
  return latest;
}

std::optional<Instant> earliest_thaw(const Verdict& verdict, std::span<const SloEvidence> slos,
                                     const Policy& policy) {
  const Instant now = verdict.evaluated_at;
  if (!verdict.frozen || verdict.outcome == Outcome::inconclusive) return std::nullopt;
  std::optional<Change> denied;
  if (verdict.outcome == Outcome::deny) denied = verdict.change;
  Instant latest = Instant::min();
  for (const SloEvidence& slo : slos) {
    const EvidenceEffect effect = effect_of(slo, now);
    // A denied change would still not be allowed once the budgets are back.
    const bool denies_by_itself =
        effect == EvidenceEffect::denies || effect == EvidenceEffect::inconclusive;
    if (denied && denies_by_itself) return std::nullopt;
    if (effect != EvidenceEffect::level_counts) continue;
    const std::optional<Instant> thaw = slo_thaw(slo, policy, denied);
    if (!thaw) return std::nullopt;
    latest = std::max(latest, *thaw);
  }
  if (latest == Instant::min()) return std::nullopt;
  return latest;
}

Outcome outcome(Change change, Level level, std::span<const SloEvidence> slos, const Policy& policy,
                Instant now) {
  if (denies(policy, level, change)) return Outcome::deny;
  Outcome out = Outcome::allow;
  for (const SloEvidence& slo : slos) {
    const EvidenceEffect effect = effect_of(slo, now);
    if (effect == EvidenceEffect::denies && change != Change::hotfix) return Outcome::deny;
    if (effect == EvidenceEffect::inconclusive) out = Outcome::inconclusive;
  }
  return out;
}

/// How good the evidence of the service is: its oldest, and its least covered.
void add_evidence(Verdict& verdict, std::span<const SloEvidence> slos) {
  for (const SloEvidence& slo : slos) {
    const std::optional<Duration> age = evidence_age(slo, verdict.evaluated_at);
    if (!age) {
      verdict.evidence_age = std::nullopt;
      break;
    }
    verdict.evidence_age = std::max(verdict.evidence_age.value_or(*age), *age);
  }
  for (const SloEvidence& slo : slos) {
    if (!slo.coverage) continue;
    verdict.coverage = std::min(verdict.coverage.value_or(*slo.coverage), *slo.coverage);
  }
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::allow:
      return "allow";
    case Outcome::deny:
      return "deny";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::string_view to_string(ReasonKind kind) {
  switch (kind) {
    case ReasonKind::budget_spent:
      return "budget_spent";
    case ReasonKind::budget_left:
      return "budget_left";
    case ReasonKind::evidence_missing:
      return "evidence_missing";
    case ReasonKind::no_evidence:
      return "no_evidence";
    case ReasonKind::no_series:
      return "no_series";
    case ReasonKind::no_slos:
      return "no_slos";
  }
  return "";
}

Level service_level(std::span<const SloEvidence> slos, Instant now) {
  Level level = Level::open;
  for (const SloEvidence& slo : slos) {
    if (effect_of(slo, now) != EvidenceEffect::level_counts) continue;
    level = std::max(level, slo.standing.level);
  }
  return level;
}

Verdict verdict(std::string_view service, Change change, std::span<const SloEvidence> slos,
                const Policy& policy, Instant since, Instant now) {
  assert(std::ranges::all_of(
      slos, [&](const SloEvidence& slo) { return slo.steps.size() == policy.ladder.size(); }));
  Verdict out;
  out.service = service;
  out.change = change;
  out.level = service_level(slos, now);
  out.frozen = out.level != Level::open;
  out.outcome = outcome(change, out.level, slos, policy, now);
  out.reasons = reasons(service, slos, policy, now);
  out.since = since;
  out.evaluated_at = now;
  out.earliest_thaw = earliest_thaw(out, slos, policy);
  add_evidence(out, slos);
  return out;
}

}  // namespace slod::freeze
