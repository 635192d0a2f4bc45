#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/freeze/verdict.h"
#include "lib/time/instant.h"

namespace slod::freeze {

/// What a rollout must keep to while it is watched.
struct GateTerms {
  Duration length{};                 ///< of the watch; above zero
  std::optional<double> errors_max;  ///< ratio, 0 to 1, for each SLO of the kind availability
  std::optional<Duration> p99_max;   ///< for each latency SLO that knows its 99th percentile
  double events_min = 10;            ///< requests below which an error ratio proves nothing
};

/// What one SLO of the service counted since the watch began. Values that do not exist, because
/// nothing was read or nothing happened, are nullopt.
struct GateSlo {
  std::string name;                ///< within its service
  std::string kind;                ///< "availability", "latency", "throughput"
  std::optional<double> total;     ///< events
  std::optional<double> bad;       ///< events
  std::optional<double> quantile;  ///< that `quantile_seconds` is of
  std::optional<double> quantile_seconds;
  std::optional<double> coverage;  ///< how much of the watch was read, 0 to 1
  bool pages = false;              ///< an alert of the severity `page` is firing
};

/// One look at a service during the watch.
struct GateReading {
  Outcome verdict = Outcome::allow;  ///< of /freeze for the change
  std::string why;                   ///< what explains the verdict; may be empty
  std::vector<GateSlo> slos;
};

struct GateDecision {
  std::optional<Outcome> outcome;  ///< nullopt: not certain yet, go on watching
  std::string message;             ///< one line without a full stop
};

/// Whether the service has the SLOs that the terms are about. Error: what was expected.
std::expected<void, std::string> check(const GateTerms& terms, std::string_view service,
                                       const std::vector<GateSlo>& slos);

/// Watches a rollout of one service and says how it went, as soon as that is certain:
///
/// | what is seen                                             | decision                       |
/// |----------------------------------------------------------|--------------------------------|
/// | the verdict denies the change                            | deny, at once                  |
/// | a page begins that did not fire when the watch began     | deny, at once                  |
/// | errors beyond what the whole watch may have              | deny, at once                  |
/// | errors above the limit, which the rest may still correct | deny at the end                |
/// | the p99 of the watch above its limit                     | deny at the end                |
/// | the verdict is inconclusive                              | inconclusive at the end        |
/// | less than half of the watch was read, or too few events  | inconclusive at the end        |
/// | anything else                                            | allow at the end               |
///
/// What the whole watch may have: errors_max of the requests that it will have seen at its end if
/// traffic goes on as it did so far. A denial overrides inconclusive.
class Gate {
 public:
  explicit Gate(GateTerms terms);

  /// Takes what was seen `elapsed` after the watch began. The watch ends once that is its length.
  GateDecision take(std::string_view service, const GateReading& reading, Duration elapsed);

 private:
  std::optional<std::string> new_page(const std::vector<GateSlo>& slos);
  std::optional<std::string> broken_limit(const GateSlo& slo, Duration elapsed) const;
  std::optional<std::string> unproven(const std::vector<GateSlo>& slos) const;
  std::string progress(const std::vector<GateSlo>& slos) const;

  GateTerms terms_;
  /// SLOs that have been paging since the watch began: that is not the rollout's doing.
  std::optional<std::vector<std::string>> paging_before_;
};

}  // namespace slod::freeze
