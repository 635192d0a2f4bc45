#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>

#include "daemon/memory/memory_budget.h"
#include "daemon/net/message.h"

namespace slod::prometheus_api {

/// What an answer may take while it is made.
struct AnswerMemory {
  std::shared_ptr<MemoryBudget> all;  ///< of all answers together
  std::size_t one_bytes_max = 0;
};

using Run = std::move_only_function<Response(std::stop_token)>;

/// `run`, with all that it allocates counted (MemoryMeter). Where it exceeds its memory it ends
/// with an error, and its memory is given back to the system; what its response takes is counted
/// until that is sent.
Run metered(AnswerMemory memory, Run run);

}  // namespace slod::prometheus_api
