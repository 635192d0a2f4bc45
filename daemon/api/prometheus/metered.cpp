#include "daemon/api/prometheus/metered.h"

#include <string>
#include <utility>

#include "daemon/api/prometheus/reply.h"
#include "daemon/memory/memory_meter.h"

namespace slod::prometheus_api {
namespace {

/// The response, and how much was held at the most while it was made.
std::pair<Response, std::size_t> answer(const AnswerMemory& memory, Run run,
                                        const std::stop_token& stop) {
  const MemoryMeter meter(memory.all, memory.one_bytes_max);
  try {
    Response response = run(stop);
    run = nullptr;
    return {std::move(response), meter.peak_bytes()};
  } catch (const MemoryExceeded&) {
    return {failed({ErrorType::execution, MemoryMeter::why()}), meter.peak_bytes()};
  }
}

}  // namespace

Run metered(AnswerMemory memory, Run run) {
  return [memory = std::move(memory), run = std::move(run)](const std::stop_token& stop) mutable {
    auto [response, peak_bytes] = answer(memory, std::move(run), stop);
    response.kept = MemoryBudget::keep(memory.all, response.body.capacity());
    give_back_memory(peak_bytes);
    return std::move(response);
  };
}

}  // namespace slod::prometheus_api
