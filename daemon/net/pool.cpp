#include "daemon/net/pool.h"

#include <sys/resource.h>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "daemon/process/out_of_memory.h"

namespace slod {
namespace {

namespace asio = boost::asio;

constexpr int low_niceness = 3;

/// A job, what to call when it is done, and what keeps the loop running until then.
template <class Done, class Executor>
struct Task {
  std::move_only_function<void()> job;
  Done done;
  Executor loop;

  void operator()() {
    std::exception_ptr thrown;
    try {
      job();
    } catch (...) {
      thrown = std::current_exception();
    }
    job = nullptr;
    asio::post(loop, [call = std::move(done), thrown]() mutable { std::move(call)(thrown); });
  }
};

}  // namespace

struct Pool::State {
  void serve() {
    // Of this thread alone, on Linux. Where it cannot be set, it stays as it is.
    if (priority == Priority::low) setpriority(PRIO_PROCESS, 0, low_niceness);
    std::optional<OutOfMemoryThrows> throws;
    if (out_of_memory == OutOfMemory::throws) throws.emplace();
    for (;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !tasks.empty(); });
      if (stopping) return;
      auto task = std::move(tasks.front());
      tasks.pop_front();
      lock.unlock();
      task();
    }
  }

  void add(std::move_only_function<void()> task) {
    {
      const std::lock_guard lock(mutex);
      tasks.push_back(std::move(task));
    }
    changed.notify_one();
  }

  Priority priority = Priority::usual;
  OutOfMemory out_of_memory = OutOfMemory::ends_process;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::move_only_function<void()>> tasks;
  bool stopping = false;
  std::vector<std::jthread> threads;
};

Pool::Pool(std::size_t threads, Priority priority, OutOfMemory out_of_memory)
    : state_(std::make_unique<State>()) {
  state_->priority = priority;
  state_->out_of_memory = out_of_memory;
  grow_to(threads);
}

void Pool::grow_to(std::size_t threads) {
  while (state_->threads.size() < threads) {
    state_->threads.emplace_back([state = state_.get()] { state->serve(); });
  }
}

Pool::~Pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->threads.clear();  // joins
}

asio::awaitable<void> Pool::submit(std::move_only_function<void()> job) {
  auto loop = asio::prefer(asio::any_io_executor(co_await asio::this_coro::executor),
                           asio::execution::outstanding_work.tracked);
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(std::exception_ptr)>(
      [](auto done, State* state, std::move_only_function<void()> its_job,
         asio::any_io_executor its_loop) {
        state->add(Task<decltype(done), asio::any_io_executor>{std::move(its_job), std::move(done),
                                                               std::move(its_loop)});
      },
      asio::use_awaitable, state_.get(), std::move(job), std::move(loop));
}

}  // namespace slod
