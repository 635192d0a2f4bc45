#include "lib/slo/budget.h"

#include <algorithm>
#include <cmath>

namespace slod {
namespace {

/// What the whole window is supposed to hold, from the part of it that was seen.
struct Outlook {
  Tally seen;
  Basis basis = Basis::observed;
  double scale = 1;  ///< events in the whole window / events seen
};

double scale_for(Duration whole, Duration part) {
  return part > Duration::zero() && part < whole ? seconds(whole) / seconds(part) : 1;
}

/// How long the ledger has existed; zero before it began.
Duration age_at(const Ledger& ledger, Instant now) {
  const auto since = ledger.observed_since();
  return since && *since < now ? now - *since : Duration::zero();
}

Outlook outlook(const Ledger& ledger, const SloDefinition& definition, Instant now) {
  const Interval window = window_at(definition.window, now);
  Outlook outlook{.seen = ledger.over(window)};
  Duration whole = nominal_length(definition.window);
  if (const auto* calendar = std::get_if<CalendarWindow>(&definition.window)) {
    whole = calendar_period(*calendar, now).length();
  }
  const Duration part = std::min(window.length(), age_at(ledger, now));
  if (part >= whole) {
    outlook.basis = Basis::complete;
  } else if (definition.cold_start == ColdStart::project) {
    outlook.basis = Basis::projected;
    outlook.scale = scale_for(whole, outlook.seen.counted.length());
  }
  return outlook;
}

/// What the budget is at `now` without the ratios that no events give.
Budget counted_budget(const Outlook& outlook, double objective) {
  Budget budget;
  budget.basis = outlook.basis;
  budget.total = std::max(0.0, outlook.seen.total * outlook.scale);
  budget.bad = outlook.seen.bad_within_total();
  budget.allowed_bad = allowed_ratio(objective) * budget.total;
  budget.coverage_ratio = coverage_ratio(outlook.seen);
  budget.edge_blur_seconds = outlook.seen.edge_blur_seconds;
  return budget;
}

/// The spending of a budget in a future in which nothing bad happens and traffic stays as it is.
class QuietFuture {
 public:
  QuietFuture(const Ledger& ledger, const SloDefinition& definition, std::optional<Duration> over,
              Instant now)
      : ledger_(ledger), definition_(definition), over_(over), now_(now) {
    const Outlook today = outlook(ledger, definition, now);
    const double elapsed = seconds(today.seen.counted.length());
    per_second_ = elapsed > 0 ? std::max(0.0, today.seen.total) / elapsed : 0;
  }

  bool has_traffic() const { return per_second_ > 0; }

  /// bad(t) / allowed_bad(t); 0 where nothing is allowed, for then nothing is left that was seen.
  double spent_at(Instant t) const {
    const Interval window = window_at(definition_.window, t);
    const double bad = seen_in({over_ ? std::max(t - *over_, window.begin) : window.begin, now_})
                           .bad_within_total();
    const double total = total_at(window, t);
    return total > 0 ? bad / (allowed_ratio(definition_.objective) * total) : 0;
  }

 private:
  Tally seen_in(Interval window) const {
    return window.begin < window.end ? ledger_.over(window) : Tally{};
  }

  double total_at(const Interval& window, Instant t) const {
    const Tally seen = seen_in({window.begin, now_});
    const Duration to_come = t - std::max(now_, window.begin);
    const double total = std::max(0.0, seen.total) + per_second_ * seconds(to_come);
    if (definition_.cold_start == ColdStart::observed) return total;
    Duration whole = nominal_length(definition_.window);
    if (const auto* calendar = std::get_if<CalendarWindow>(&definition_.window)) {
      whole = calendar_period(*calendar, t).length();
    }
    if (std::min(window.length(), age_at(ledger_, t)) >= whole) return total;
    return total * scale_for(whole, seen.counted.length() + to_come);
  }

  const Ledger& ledger_;
  const SloDefinition& definition_;
  std::optional<Duration> over_;
  Instant now_;
  double per_second_ = 0;
};

/// By when everything that was bad until now has left the window, or the part of it looked at.
Instant all_forgotten(const SloDefinition& definition, std::optional<Duration> over, Instant now) {
  Instant last = Instant::max();
  if (const auto* calendar = std::get_if<CalendarWindow>(&definition.window)) {
    last = calendar_period(*calendar, now).end;
  } else {
    last = now + nominal_length(definition.window);
  }
  return over ? std::min(last, now + *over) : last;
}

}  // namespace

std::string_view to_string(Basis basis) {
  switch (basis) {
    case Basis::projected:
      return "projected";
    case Basis::observed:
      return "observed";
    case Basis::complete:
      return "complete";
  }
  return "observed";
}

double allowed_ratio(double objective) {
  const double rounded = std::round((1 - objective) * 1e12) / 1e12;
  return rounded > 0 ? rounded : 1 - objective;
}

Interval window_at(const Window& window, Instant now) {
  if (const auto* calendar = std::get_if<CalendarWindow>(&window)) {
    return {calendar_period(*calendar, now).begin, now};
  }
  return {now - nominal_length(window), now};
}

Budget budget(const Ledger& ledger, const SloDefinition& definition, Instant now,
              const DoubtfulCounts& doubtful) {
  const Outlook today = outlook(ledger, definition, now);
  Budget budget = counted_budget(today, definition.objective);
  const double allowed = allowed_ratio(definition.objective);
  if (!(budget.total > 0)) {
    const double maybe_bad = doubtful.left_out_bad + doubtful.good_maybe_bad;
    if (maybe_bad + doubtful.left_out_good > 0) {
      budget.spent_least_ratio = 0;
      budget.spent_worst_ratio = maybe_bad > 0 ? 1 / allowed : 0;
    }
    return budget;
  }
  budget.spent_ratio = budget.bad / budget.allowed_bad;
  budget.remaining_ratio = 1 - *budget.spent_ratio;

  const double unknown = today.seen.unknown_seconds;
  const double known = seconds(today.seen.counted.length()) - unknown;
  const double lost = known > 0 ? today.seen.total / known * unknown : 0;
  // bad and total, each changed by so much.
  const auto spent_if = [&](double bad, double total) {
    const double changed = std::max(0.0, budget.bad + bad);
    const double whole = std::max(changed, budget.total + total * today.scale);
    return whole > 0 ? changed / (allowed * whole) : 0;
  };
  const double left_out = doubtful.left_out_bad;
  const double counted = doubtful.counted_bad;
  budget.spent_worst_ratio = std::max(
      *budget.spent_ratio, spent_if(left_out + doubtful.good_maybe_bad + lost,
                                    left_out - doubtful.counted_good + lost / today.scale));
  budget.spent_least_ratio = std::min(
      *budget.spent_ratio, spent_if(-counted - doubtful.bad_maybe_good,
                                    doubtful.left_out_good - counted + lost / today.scale));
  return budget;
}

std::optional<double> burn_rate(const Ledger& ledger, const SloDefinition& definition,
                                Duration window, Instant now) {
  const Tally tally = ledger.over({now - window, now});
  const bool project = definition.cold_start == ColdStart::project && age_at(ledger, now) < window;
  const double scale = project ? scale_for(window, tally.counted.length()) : 1;
  if (!(tally.total > 0)) return std::nullopt;
  return tally.bad_within_total() / (tally.total * scale) / allowed_ratio(definition.objective);
}

std::optional<double> spent_in(const Ledger& ledger, const SloDefinition& definition, Duration over,
                               Instant now) {
  const Budget whole = counted_budget(outlook(ledger, definition, now), definition.objective);
  if (!(whole.total > 0)) return std::nullopt;
  const Instant begin = std::max(now - over, window_at(definition.window, now).begin);
  return ledger.over({begin, now}).bad_within_total() / whole.allowed_bad;
}

std::optional<Instant> earliest_below(const Ledger& ledger, const SloDefinition& definition,
                                      double threshold, std::optional<Duration> over, Instant now) {
  const QuietFuture future(ledger, definition, over, now);
  if (!future.has_traffic() || !(threshold > 0)) return std::nullopt;
  if (future.spent_at(now) < threshold) return now;

  // Spending need not fall steadily, since good events roll out of the window too. So look for the
  // first part of the way in which the threshold is crossed, and bisect that.
  constexpr int parts = 256;
  const Instant last = all_forgotten(definition, over, now);
  Instant above = now;
  Instant below = last;
  for (int part = 1; part < parts; ++part) {
    const Instant between = now + (last - now) * part / parts;
    if (future.spent_at(between) < threshold) {
      below = between;
      break;
    }
    above = between;
  }
  while (below - above > std::chrono::seconds(1)) {
    const Instant middle = above + (below - above) / 2;
    (future.spent_at(middle) < threshold ? below : above) = middle;
  }
  return below;
}

std::optional<double> coverage_ratio(const Tally& tally) {
  const double observed = tally.measured_seconds + tally.missing_seconds;
  if (!(observed > 0)) return std::nullopt;
  return tally.measured_seconds / observed;
}

std::optional<double> coverage_ratio(const Ledger& ledger, const SloDefinition& definition,
                                     Instant now) {
  return coverage_ratio(ledger.over(window_at(definition.window, now)));
}

}  // namespace slod
