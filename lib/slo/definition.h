#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/promql/selector.h"
#include "lib/slo/event_sum.h"
#include "lib/slo/expression.h"
#include "lib/time/calendar.h"
#include "lib/time/instant.h"

namespace slod {

/// The share of good events: `total` counts all, and either `good` or `bad` counts a part of them.
struct AvailabilitySli {
  EventSum total;
  std::optional<EventSum> good;
  std::optional<EventSum> bad;  ///< exactly one of good and bad is set
};

/// The same by the values of expressions, which count as events, at the end of each slice of time.
struct EvaluatedAvailabilitySli {
  Expression total;
  std::optional<Expression> good;
  std::optional<Expression> bad;  ///< exactly one of good and bad is set
  Duration slice{};
};

/// The share of bad events in each slice of time, whatever their number: each slice counts alike.
struct ErrorRatioSli {
  Expression ratio;
  Duration slice{};
};

/// The share of events that took at most `below`, from a classic histogram.
struct LatencySli {
  promql::Selector histogram;  ///< without _bucket, as written in the configuration
  double below_seconds = 0;    ///< > 0
};

/// The share of slices of time in which a quantile of a classic histogram was below a bound.
struct LatencySliceSli {
  promql::Selector histogram;
  double quantile = 0.99;    ///< in (0, 1)
  double below_seconds = 0;  ///< > 0
  Duration slice{};
};

/// The share of slices of time with at least, or at most, so many events a second.
struct ThroughputSli {
  EventSum total;
  std::optional<double> at_least_per_second;
  std::optional<double> at_most_per_second;  ///< exactly one of the two is set
  Duration slice{};
};

/// The same by the value of an expression, which is the rate, at the end of each slice.
struct EvaluatedThroughputSli {
  Expression total;
  std::optional<double> at_least_per_second;
  std::optional<double> at_most_per_second;  ///< exactly one of the two is set
  Duration slice{};
};

/// The share of slices of time at whose end an expression kept a bound.
struct ThresholdSli {
  Expression expression;
  std::optional<double> below;
  std::optional<double> above;  ///< exactly one of the two is set
  Duration slice{};
};

using Sli = std::variant<AvailabilitySli, LatencySli, LatencySliceSli, ThroughputSli, ThresholdSli,
                         EvaluatedAvailabilitySli, ErrorRatioSli, EvaluatedThroughputSli>;

/// An availability of counted events. Of a part that is the total less something (good events as
/// all but the bad), that something is counted instead.
AvailabilitySli availability(EventSum total, EventSum part, bool part_is_good);

/// The expressions that are evaluated at the end of each slice, in an order of their own; none for
/// an SLI that counts events of raw series. They live as long as `sli`.
std::vector<const Expression*> expressions(const Sli& sli);

struct RollingWindow {
  Duration length{};
  bool operator==(const RollingWindow&) const = default;
};
using Window = std::variant<RollingWindow, CalendarWindow>;

/// The length of a rolling window, the nominal length of a calendar one.
Duration nominal_length(const Window& window);
/// "30d", or "calendar month".
std::string to_text(const Window& window);

/// What the verdict is once the evidence is older than stale_after.
enum class OnMissing { deny, allow, last_known };
/// What stands for the part of the window before the SLO was first read.
enum class ColdStart { project, observed };

struct SloDefinition {
  std::string service;
  std::string name;
  std::string description;
  std::string owner;         ///< the service's
  std::string runbook;       ///< the service's; a URL
  double objective = 0.999;  ///< in (0, 1)
  Window window = RollingWindow{std::chrono::days(30)};
  OnMissing on_missing = OnMissing::last_known;
  Duration stale_after = std::chrono::minutes(5);
  ColdStart cold_start = ColdStart::project;
  Sli sli;

  /// "api/availability": the name in logs, messages and the state.
  std::string id() const { return service + "/" + name; }
  /// Equal for two definitions that count the same events in the same way, whatever their
  /// objective, window and texts: what decides whether a ledger is kept at a reload.
  std::string fingerprint() const;
  /// "availability", "latency", "throughput" or "threshold".
  std::string_view kind() const;
  /// The slice of a time-sliced SLI, or of one that is evaluated; nullopt for one that counts
  /// events as they come.
  std::optional<Duration> slice() const;
  /// Whether it is evaluated slice by slice: it has expressions().
  bool is_evaluated() const { return !expressions(sli).empty(); }
};

}  // namespace slod
