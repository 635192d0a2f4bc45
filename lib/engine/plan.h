#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lib/config/config.h"
#include "lib/series/demand.h"
#include "lib/series/source_kind.h"
#include "lib/slo/slo_id.h"
#include "lib/slo/tracker.h"

namespace slod {

/// Whom a demanded series is counted for, and as what.
struct Consumer {
  SloId slo;
  Role role = Role::total;
  bool subtracted = false;  ///< its events are taken off

  bool operator==(const Consumer&) const = default;
};

/// Where the configuration has a source.
struct ConfiguredTarget {
  std::size_t job = 0;     ///< index into Config::scrape
  std::size_t target = 0;  ///< index into ScrapeJob::targets

  auto operator<=>(const ConfiguredTarget&) const = default;
};
struct ConfiguredServer {
  std::size_t server = 0;  ///< index into Config::prometheus

  auto operator<=>(const ConfiguredServer&) const = default;
};

/// One source that is read, and what for. Sources that want the same series share a demand.
struct SourcePlan {
  std::string name;  ///< unique and stable: "scrape/api/127.0.0.1:8080", "prometheus/cluster"
  std::variant<ConfiguredTarget, ConfiguredServer> configured;
  SourceOptions options;
  std::shared_ptr<const Demand> demand;
  /// By demand id; none for a demand that keeps samples only.
  std::shared_ptr<const std::vector<std::vector<Consumer>>> consumers;
  /// SLOs whose expressions read what slod says of this target itself, such as `up`.
  std::vector<SloId> reported_to = {};
};

/// Who is read for which SLO: worked out from the configuration alone.
struct Plan {
  std::vector<SloDefinition> slos;  ///< in the order of the configuration
  /// Of the ledger of each of `slos`: the shortest interval of its sources or, where slices are
  /// evaluated, as many slices as two of them take.
  std::vector<Duration> resolutions;
  std::vector<SourcePlan> sources;  ///< those from which anything is wanted
  /// SLOs whose expressions read nothing but slod's own series and those that rules record.
  std::vector<SloId> own_only;
};

/// A target can feed an SLO unless one of its labels (job, instance, those configured) contradicts
/// every selector of the SLO. A server can feed every SLO. The same holds for what
/// kept_selectors() wants; what slod says of a target itself, such as `up`, makes it be read, but
/// is not demanded of its page.
Plan make_plan(const config::Config& config);

}  // namespace slod
