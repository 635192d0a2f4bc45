#include "lib/freeze/messages.h"

#include <fmt/format.h>

namespace slod::freeze {
namespace {

/// What the step does, as the subject of "... above 50 %".
std::string_view effect(const Step& step) {
  const bool feature = denies(step, Change::feature);
  const bool fix = denies(step, Change::fix);
  const bool hotfix = denies(step, Change::hotfix);
  if (feature && fix && hotfix) return "everything freezes";
  if (feature && fix) return "only hotfixes";
  if (feature && !fix && !hotfix) return "features freeze";
  return step.level == Level::hotfix_only ? "hotfix_only applies" : "feature_freeze applies";
}

/// 0.5 -> "50 %", 0.999 -> "99.9 %".
std::string percent(double ratio) {
  return fmt::format("{:.6g} %", ratio * 100);
}

/// What is lacking, without what follows from it.
std::string lack(std::string_view service, const SloEvidence& slo, ReasonKind kind, Instant now) {
  switch (kind) {
    case ReasonKind::no_evidence:
      return fmt::format("no data has been read for {}/{} yet", service, slo.name);
    case ReasonKind::no_series:
      return fmt::format("no series has matched the selectors of {}/{} yet", service, slo.name);
    default: {
      const auto age =
          std::chrono::floor<std::chrono::seconds>(now - slo.evidence_at.value_or(now));
      return fmt::format("{}/{} has had no new data for {} (limit {})", service, slo.name,
                         format_duration(age), format_duration(slo.stale_after));
    }
  }
}

/// What follows, as the owner declared.
std::string consequence(const SloEvidence& slo, ReasonKind kind, Instant now) {
  switch (slo.on_missing) {
    case OnMissing::deny:
      return "on_missing is deny, so only hotfixes are allowed";
    case OnMissing::allow:
      return "on_missing is allow, so this SLO is ignored";
    case OnMissing::last_known:
      break;
  }
  if (kind != ReasonKind::evidence_missing) {
    return "on_missing is last_known, but no level is known yet, so the verdict is inconclusive";
  }
  const Instant until = slo.evidence_at.value_or(now) + slo.stale_after + last_known_counts_for;
  const std::string text = format_instant(std::chrono::floor<std::chrono::seconds>(until));
  if (now > until) {
    return fmt::format(
        "on_missing is last_known, but the last level expired at {}, so only hotfixes are allowed",
        text);
  }
  return fmt::format("on_missing is last_known, so the last level ({}) applies until {}",
                     to_string(slo.standing.level), text);
}

}  // namespace

std::string budget_message(std::string_view service, const SloEvidence& slo, const Step& step,
                           const StepEvidence& spending, ReasonKind kind, double thaw_margin) {
  const std::string whose = fmt::format("{}/{}", service, slo.name);
  std::string out;
  if (!spending.spent) {
    out = fmt::format("{} has counted no events; ", whose);
  } else {
    out = fmt::format("{:.1f} % of the {} error budget of {} ", *spending.spent * 100,
                      slo.window_text, whose);
    out += step.over ? fmt::format("was spent in the last {}; ", format_duration(*step.over))
                     : "is spent; ";
  }
  out += fmt::format("{} {} {}", effect(step), step.spent >= 1 ? "from" : "above",
                     percent(step.spent));
  if (kind == ReasonKind::budget_spent && !reached(step, spending.spent)) {
    out += fmt::format(", until below {}", percent(step.spent - thaw_margin));
  }
  return out;
}

std::string missing_message(std::string_view service, const SloEvidence& slo, ReasonKind kind,
                            Instant now) {
  std::string out = lack(service, slo, kind, now);
  if (!slo.why_missing.empty()) out += fmt::format(": {}", slo.why_missing);
  return fmt::format("{}; {}", out, consequence(slo, kind, now));
}

}  // namespace slod::freeze
