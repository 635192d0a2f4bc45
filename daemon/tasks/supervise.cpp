#include "daemon/tasks/supervise.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <optional>

#include "daemon/log/log.h"

namespace slod {
namespace {

namespace asio = boost::asio;

constexpr Duration longest_wait = std::chrono::minutes(1);

void report(const SupervisedTask& task, const std::string& error) {
  try {
    task.failed(error);
  } catch (const std::exception& again) {
    log::error("what a failed task left cannot be dealt with",
               {{"task_error", error}, {"error", again.what()}});
  }
}

}  // namespace

asio::awaitable<void> supervise(SupervisedTask task) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  Duration wait = task.first_wait;
  for (;;) {
    // NOLINTNEXTLINE(clang-analyzer-deadcode.DeadStores): it is read after the suspension
    const auto began = std::chrono::steady_clock::now();
    std::string error;
    try {
      co_await task.make();
      co_return;
    } catch (const std::exception& thrown) {
      if (task.is_over()) throw;
      error = thrown.what();
    }
    report(task, error);
    if (std::chrono::steady_clock::now() - began >= longest_wait) wait = task.first_wait;
    pause.expires_after(wait);
    co_await pause.async_wait(asio::use_awaitable);
    wait = std::min(2 * wait, longest_wait);
  }
}

}  // namespace slod
