#pragma once

#include <optional>
#include <stop_token>
#include <string_view>

#include "daemon/api/prometheus/reply.h"

namespace slod::prometheus_api {

/// Why an answer that is being made is not to be finished: it takes too much memory (MemoryMeter),
/// or a stop was requested while it was in `where`. Nullopt: it goes on.
std::optional<Failure> ending(const std::stop_token& stop, std::string_view where);

/// Whether `ending` says so, to be asked often.
bool has_to_end(const std::stop_token& stop);

}  // namespace slod::prometheus_api
