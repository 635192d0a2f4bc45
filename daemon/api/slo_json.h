#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <vector>

#include "lib/engine/slo_book.h"
#include "lib/engine/snapshot.h"
#include "lib/slo/timeline.h"
#include "lib/time/instant.h"

namespace slod {

/// One SLO as /api/v1/slos shows it, over its own window. What does not exist is null.
boost::json::object to_json(const SloSnapshot& slo, Instant now);

/// The same over another window: its events, its budget as if it were the SLO's window.
boost::json::object to_json(const SloSnapshot& slo, const WindowAnswer& answer, Duration window,
                            Instant now);

/// Its alerts, pending and firing.
boost::json::array alerts_json(const SloSnapshot& slo);

/// Adds what only the answer for one SLO says: its runbook, and the rules of its alerts.
void add_details(const SloSnapshot& slo, boost::json::object& answer);

/// What an SLO counted, slice by slice.
boost::json::object timeline_json(const std::vector<TimelineSlice>& timeline);

}  // namespace slod
