#include "daemon/api/prometheus/ending.h"

#include <fmt/format.h>

#include "daemon/memory/memory_meter.h"

namespace slod::prometheus_api {

std::optional<Failure> ending(const std::stop_token& stop, std::string_view where) {
  if (MemoryMeter::left() == 0) return Failure{ErrorType::execution, MemoryMeter::why()};
  if (!stop.stop_requested()) return std::nullopt;
  return Failure{ErrorType::canceled, fmt::format("the request was canceled in {}", where)};
}

bool has_to_end(const std::stop_token& stop) {
  return MemoryMeter::left() == 0 || stop.stop_requested();
}

}  // namespace slod::prometheus_api
