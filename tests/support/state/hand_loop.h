#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>

namespace slod {

/// A loop that runs what is posted to it, from any thread, when the test says so.
class HandLoop {
 public:
  void post(std::function<void()> call) {
    const std::scoped_lock lock(mutex_);
    posted_.push_back(std::move(call));
    changed_.notify_all();
  }

  /// Waits for the next call, and runs it.
  void run_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !posted_.empty(); });
    const std::function<void()> call = std::move(posted_.front());
    posted_.pop_front();
    lock.unlock();
    call();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> posted_;
};

}  // namespace slod
