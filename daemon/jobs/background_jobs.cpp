#include "daemon/jobs/background_jobs.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <string>
#include <utility>

#include "daemon/memory/memory_meter.h"

namespace slod {
namespace asio = boost::asio;
namespace {

/// What the job returns, with all that it allocates counted meanwhile.
Job::Apply metered(Job job, std::shared_ptr<MemoryBudget> memory) {
  const std::size_t bytes_max = memory->bytes_max();
  std::size_t peak_bytes = 0;
  Job::Apply apply;
  {
    const MemoryMeter meter(std::move(memory), bytes_max);
    apply = job.run();
    job.run = nullptr;
    peak_bytes = meter.peak_bytes();
  }
  give_back_memory(peak_bytes);
  return apply;
}

}  // namespace

BackgroundJobs::BackgroundJobs(asio::io_context& loop, Pool& pool,
                               std::shared_ptr<MemoryBudget> memory, Engine& engine, Clock& clock,
                               Report report)
    : loop_(loop),
      pool_(pool),
      memory_(std::move(memory)),
      engine_(engine),
      clock_(clock),
      report_(std::move(report)),
      changed_(loop) {}

void BackgroundJobs::start() {
  if (finished_) return;
  for (Job& job : engine_.take_jobs(clock_.now())) start(std::move(job));
}

void BackgroundJobs::start(Job job) {
  ++running_;
  asio::co_spawn(loop_, run(std::move(job)), [this](const std::exception_ptr& problem) {
    --running_;
    changed_.cancel();
    if (!problem) return;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      report_(std::string("a job threw, and its result is lost: ") + error.what());
    }
  });
}

asio::awaitable<void> BackgroundJobs::run(Job job) {
  Job::Apply apply = co_await pool_.run([its = std::move(job), memory = memory_]() mutable {
    return metered(std::move(its), memory);
  });
  if (is_heard_) apply(engine_, clock_.now());
}

asio::awaitable<void> BackgroundJobs::finish(Duration limit) {
  finished_ = true;
  co_await wait(limit);
  engine_.stop_jobs();
  co_await wait(limit);
  is_heard_ = false;
}

asio::awaitable<void> BackgroundJobs::wait(Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (running_ > 0 && std::chrono::steady_clock::now() < deadline) {
    changed_.expires_at(deadline);
    boost::system::error_code ended;
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }
}

}  // namespace slod
