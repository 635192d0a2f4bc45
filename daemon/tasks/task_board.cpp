#include "daemon/tasks/task_board.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/log/log.h"

namespace slod {
namespace {

constexpr std::size_t tasks_max = 100;
constexpr Duration is_failing_for = std::chrono::minutes(2);

constexpr auto by_time = [](const auto& a, const auto& b) { return a.second.at < b.second.at; };

}  // namespace

void TaskBoard::note(std::string_view kind, const std::string& name, std::string_view error,
                     Instant now) {
  log::error("a task failed; it is started again", {{"task", name}, {"error", error}});
  counted_(kind);
  FailedTask& task = failed_[name];
  task.error = error;
  task.at = now;
  ++task.failures;
  if (failed_.size() > tasks_max) failed_.erase(std::ranges::min_element(failed_, by_time));
}

std::string TaskBoard::problem(Instant now) const {
  const auto last = std::ranges::max_element(failed_, by_time);
  if (last == failed_.end() || now - last->second.at >= is_failing_for) return {};
  return fmt::format("a task failed: {}: {}", last->first, last->second.error);
}

}  // namespace slod
