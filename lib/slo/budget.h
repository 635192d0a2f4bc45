#pragma once

#include <optional>
#include <string_view>

#include "lib/slo/definition.h"
#include "lib/slo/doubt_list.h"
#include "lib/slo/ledger.h"
#include "lib/time/instant.h"

namespace slod {

/// What stands for the part of the window that was not seen. `projected`: traffic as in the part
/// that was seen, and no errors. `observed`: nothing. `complete`: there is no such part.
enum class Basis { projected, observed, complete };
std::string_view to_string(Basis basis);

/// How much of an error budget is spent. Source: Google SRE Workbook, ch. 2 and 5, with the
/// projection of a young ledger (see budget()). The ratios are nullopt while the window holds no
/// event: no traffic is no evidence, and neither 0 nor NaN.
struct Budget {
  Basis basis = Basis::observed;
  double total = 0;        ///< events in the whole window; a projection if the basis is one
  double bad = 0;          ///< bad events counted, kept within 0..(events counted)
  double allowed_bad = 0;  ///< (1 - objective) * total
  std::optional<double> spent_ratio;  ///< bad / allowed_bad; 1 is all of it; may exceed 1
  /// Had all that is in doubt gone well, or badly, and all unknown time been good, or bad.
  std::optional<double> spent_least_ratio;  ///< <= spent_ratio
  std::optional<double> spent_worst_ratio;  ///< >= spent_ratio
  std::optional<double> remaining_ratio;    ///< 1 - spent_ratio; negative once overspent
  std::optional<double> coverage_ratio;     ///< measured / (measured + missing), 0..1
  double edge_blur_seconds = 0;             ///< as in Tally
};

/// The share of events that may be bad, 1 - objective, rounded to 12 digits after the point:
/// 1 - 0.999 is 0.0010000000000000009 in doubles, which is not the 0.001 that people mean by
/// 99.9 % (and would make a budget spent to exactly 100 % show as less). objective in (0, 1).
double allowed_ratio(double objective);

/// The time that a window covers at `now`: (now - length, now], or for a calendar window
/// (start of the period, now].
Interval window_at(const Window& window, Instant now);

/// Budget arithmetic for target T and window W:
///   allowed = (1 - T) * total(W), spent = bad / allowed.
/// While a rolling ledger's age (now - observed_since) is below W, cold_start `project` takes
/// total(W) = total * W / age with the basis `projected`, and `observed` takes what was counted
/// with the basis `observed`; from then on the basis is `complete`. While the next read is merely
/// not due yet, the age in W / age ends with the newest one (see Ledger::over): events and time
/// are of the same stretch.
/// A calendar window always has a rest that is still to come: `project` takes
/// total = total * period / (now - later of the period's start and observed_since), basis
/// `projected` until the period ends; `observed` takes what was counted so far, basis `observed`.
///
/// The worst case supposes that unknown time carried the mean traffic of the other time, all bad:
///   u = total / (observed - unknown) * unknown  (observed: seconds of the window that were seen)
///   spent_worst = (bad + u) / ((1 - T) * (total(W) + u)).
/// Missing time whose events were recovered later, because the counters went on, is not unknown:
/// it lowers the coverage and leaves the worst case alone.
/// The least supposes that it was all good. What is in doubt of the window's events, `doubtful`,
/// was bad in the worst case and good in the least, so far as it was events at all.
Budget budget(const Ledger& ledger, const SloDefinition& definition, Instant now,
              const DoubtfulCounts& doubtful = {});

/// How fast the budget is being spent over (now - window, now]: 1 spends exactly all of it over the
/// objective's window. burn = (bad / total) / (1 - T); with cold_start `project` and a ledger
/// younger than `window`, total is projected to the window as in budget().
/// Source: Google SRE Workbook, ch. 5. nullopt: no events in the window. window > 0.
std::optional<double> burn_rate(const Ledger& ledger, const SloDefinition& definition,
                                Duration window, Instant now);

/// The part of the whole window's budget that the last `over` spent: bad(over) / allowed_bad. With
/// a calendar window, bad events of an earlier period do not count: they spent another budget.
/// nullopt: the window holds no events. over > 0.
std::optional<double> spent_in(const Ledger& ledger, const SloDefinition& definition, Duration over,
                               Instant now);

/// When the budget spent (in the last `over`, where given) is below `threshold` again if nothing
/// bad happens from now on and traffic goes on at the window's mean rate, from what rolls out of
/// the window. `now` if it is below already; for a calendar window at the latest the start of the
/// next period. Right to the edge blur of the ledger. nullopt: no events, or threshold <= 0.
std::optional<Instant> earliest_below(const Ledger& ledger, const SloDefinition& definition,
                                      double threshold, std::optional<Duration> over, Instant now);

/// measured / (measured + missing) of a stretch of time; nullopt if nothing of it was observed.
std::optional<double> coverage_ratio(const Tally& tally);
/// The same over the SLO's window at `now`.
std::optional<double> coverage_ratio(const Ledger& ledger, const SloDefinition& definition,
                                     Instant now);

}  // namespace slod
