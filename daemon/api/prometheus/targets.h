#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/ingest/scrape_board.h"
#include "daemon/net/message.h"
#include "lib/config/config.h"
#include "lib/engine/plan.h"
#include "lib/series/labels.h"
#include "lib/time/instant.h"

namespace slod::prometheus_api {

/// One source in Prometheus's terms. A server that is asked for series is a target, too.
struct Target {
  std::string pool;
  Labels discovered;
  Labels labels;
  std::string url;
  Duration interval{};
  Duration timeout{};
  std::optional<LastScrape> last_scrape;
  bool is_dropped = false;  ///< no SLO or rule can want a series of it, so it is not read
};

std::vector<Target> targets_of(const config::Config& config, const Plan& plan,
                               const LastScrapes& last_scrapes);

/// /api/v1/targets. `state` is active, dropped or any; `pool` may be empty: all.
Response targets_response(const std::vector<Target>& targets, std::string_view state,
                          std::string_view pool);

/// /api/v1/scrape_pools.
Response scrape_pools_response(const std::vector<Target>& targets);

}  // namespace slod::prometheus_api
