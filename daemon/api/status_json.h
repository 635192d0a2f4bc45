#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "daemon/api/prometheus/targets.h"
#include "lib/engine/engine.h"
#include "lib/time/instant.h"

namespace slod {

/// How the daemon is, beyond what the engine knows.
struct DaemonStatus {
  std::string not_ready;      ///< why, as a sentence; empty: it is ready
  std::string store_problem;  ///< why the state cannot be stored; empty: it can
  bool store_hangs = false;   ///< a transaction does not end
  double late_ratio = 0;      ///< of the last minute, by how much the engine's steps came late
  std::map<std::string, std::size_t> outbox_pending;  ///< by receiver
  std::pair<bool, Instant> last_reload;               ///< whether it was taken up, and when
  Instant started;
};

/// What /api/v1/status shows. `last_reads` are by the source's name; a source without one was not
/// tried yet.
boost::json::object status_json(const DaemonStatus& status, const Engine& engine,
                                const prometheus_api::LastReads& last_reads, Instant now);

}  // namespace slod
