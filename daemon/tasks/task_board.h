#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// A task of slod that failed since the start.
struct FailedTask {
  std::string error;  ///< of the last time
  Instant at;         ///< of the last time
  std::uint64_t failures = 0;
};

/// What of slod itself failed: a task that threw, and was started again. To be used on the loop's
/// thread.
class TaskBoard {
 public:
  /// Called with the kind of each task that fails: "read", "step".
  using Counted = std::function<void(std::string_view kind)>;

  explicit TaskBoard(Counted counted) : counted_(std::move(counted)) {}

  /// A task of this kind failed; `name` says which, such as "read scrape/api/10.0.0.1:80". Logged.
  void note(std::string_view kind, const std::string& name, std::string_view error, Instant now);

  /// By name; of more than a hundred those that failed last.
  const std::map<std::string, FailedTask>& failed() const { return failed_; }
  /// A sentence about a task that failed within the last two minutes; empty: there is none.
  std::string problem(Instant now) const;

 private:
  Counted counted_;
  std::map<std::string, FailedTask> failed_;
};

}  // namespace slod
