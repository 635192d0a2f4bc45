#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/clock/clock.h"
#include "daemon/memory/memory_budget.h"
#include "daemon/net/pool.h"
#include "lib/engine/engine.h"

namespace slod {

/// Runs the jobs of the engine on a pool, and hands the results back to it. To be used on
/// the loop's thread; the references must outlive it, and it must outlive the loop's run.
class BackgroundJobs {
 public:
  /// Called with a sentence when a job threw, which those of the engine do not: its result is lost.
  using Report = std::function<void(std::string_view sentence)>;

  /// `memory` is what the jobs may take together, and each of them.
  BackgroundJobs(boost::asio::io_context& loop, Pool& pool, std::shared_ptr<MemoryBudget> memory,
                 Engine& engine, Clock& clock, Report report);
  BackgroundJobs(const BackgroundJobs&) = delete;
  BackgroundJobs& operator=(const BackgroundJobs&) = delete;

  /// Starts what is due for the engine.
  void start();
  void start(Job job);
  std::size_t running() const { return running_; }

  /// Starts no more, and waits until all have ended, for `limit` at the most; then asks those that
  /// are left to stop and waits as long again. What still runs after that is no longer heard.
  boost::asio::awaitable<void> finish(Duration limit);

 private:
  boost::asio::awaitable<void> run(Job job);
  boost::asio::awaitable<void> wait(Duration limit);

  boost::asio::io_context& loop_;
  Pool& pool_;
  std::shared_ptr<MemoryBudget> memory_;
  Engine& engine_;
  Clock& clock_;
  Report report_;
  boost::asio::steady_timer changed_;
  std::size_t running_ = 0;
  bool finished_ = false;
  bool is_heard_ = true;  ///< results are applied
};

}  // namespace slod
