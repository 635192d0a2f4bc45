#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace slod {

/// A few threads for pure jobs that would hold up the loop for more than a millisecond.
/// `run` is called on the loop's thread only. The pool must be destroyed before the loop, on the
/// loop's thread; a job that runs then is waited for, one that waits is dropped with its caller.
class Pool {
 public:
  /// Of a thread of low priority, the system runs others first: it takes the time that is left.
  enum class Priority : bool { usual, low };
  /// What a job sees where there is no memory: the end of the process, or std::bad_alloc where it
  /// harms nobody but who asked for it.
  enum class OutOfMemory : bool { ends_process, throws };

  explicit Pool(std::size_t threads, Priority priority = Priority::usual,
                OutOfMemory out_of_memory = OutOfMemory::ends_process);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Adds threads until there are `threads`.
  void grow_to(std::size_t threads);

  /// Runs `job` on a thread of the pool and returns its value on the loop; what it throws is
  /// thrown there. `job` owns all that it touches: it may go on after its caller was destroyed.
  /// It cannot be cancelled, so it must end by itself.
  template <class Job>
  boost::asio::awaitable<std::invoke_result_t<Job&>> run(Job job) {
    auto value = std::make_shared<std::optional<std::invoke_result_t<Job&>>>();
    co_await submit([value, job = std::move(job)]() mutable { value->emplace(job()); });
    co_return std::move(**value);
  }

 private:
  struct State;
  boost::asio::awaitable<void> submit(std::move_only_function<void()> job);

  std::unique_ptr<State> state_;
};

}  // namespace slod
