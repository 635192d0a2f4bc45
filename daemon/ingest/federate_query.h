#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/engine/plan.h"

namespace slod {

/// Parameters of /federate, "match%5B%5D=...", that one answer should have together, because an SLO
/// counts by all of them.
using MatchGroup = std::vector<std::string>;

/// What a server is asked for, in the order of its demand.
std::vector<MatchGroup> match_groups(const SourcePlan& source);

/// The same as queries of at most `bytes_max` each, as few as in this order can be. A group is
/// split only where it is longer alone, and a match never is.
std::vector<std::string> federate_queries(const std::vector<MatchGroup>& groups,
                                          std::size_t bytes_max);

/// How long a query may be at first: proxies take request lines of 8 KiB.
inline constexpr std::size_t query_bytes_first = 7'500;

/// Appends what a part of a read brought to what came before.
void append_page(std::string& page, std::string part);

}  // namespace slod
