#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/api/prometheus/reply.h"
#include "daemon/net/message.h"
#include "lib/engine/snapshot.h"
#include "lib/rules/status.h"

namespace slod::prometheus_api {

/// Which rules a client of /api/v1/rules wants. An empty set is no condition.
struct RulesRequest {
  bool alerting = true;
  bool recording = true;
  std::set<std::string, std::less<>> names;
  std::set<std::string, std::less<>> groups;
  std::set<std::string, std::less<>> files;
  std::vector<std::string> matches;  ///< texts of selectors on a rule's labels
  bool with_alerts = true;
  std::optional<std::size_t> group_limit;  ///< > 0
  std::string group_next_token;            ///< of the first group; empty: from the start
};

std::expected<RulesRequest, Failure> rules_request(const Request& request);

/// The snapshot's groups and those of the burn rates, ordered by file and name.
std::vector<std::shared_ptr<const rules::GroupStatus>> all_groups(const Snapshot& snapshot,
                                                                  std::string_view external_url);

// On a thread of the pool.
Response run_rules(const RulesRequest& request,
                   const std::vector<std::shared_ptr<const rules::GroupStatus>>& groups);
Response run_alerts(const std::vector<std::shared_ptr<const rules::GroupStatus>>& groups);

}  // namespace slod::prometheus_api
