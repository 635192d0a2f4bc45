#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/promql/selector.h"
#include "lib/time/calendar.h"
#include "lib/time/instant.h"

namespace slod {

/// The share of good events: `total` counts all, and either `good` or `bad` counts a part of them.
struct AvailabilitySli {
  promql::Selector total;
  std::optional<promql::Selector> good;
  std::optional<promql::Selector> bad;  ///< exactly one of good and bad is set
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
  promql::Selector total;
  std::optional<double> at_least_per_second;
  std::optional<double> at_most_per_second;  ///< exactly one of the two is set
  Duration slice{};
};

/// The share of slices of time in which an expression kept a bound. Read and checked for its shape;
/// not evaluated in this version, so an SLO of this kind is not kept.
struct ThresholdSli {
  std::string expression;
  std::optional<double> below;
  std::optional<double> above;
  Duration slice{};
};

using Sli = std::variant<AvailabilitySli, LatencySli, LatencySliceSli, ThroughputSli, ThresholdSli>;

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
  /// The slice of a time-sliced SLI; nullopt for one that counts events.
  std::optional<Duration> slice() const;
};

}  // namespace slod
