#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <thread>

namespace slod {

/// Runs a loop on a thread of its own, so that a test can use blocking sockets on its own thread.
/// Make it after what lives on the loop, so that it stops first.
class LoopThread {
 public:
  explicit LoopThread(boost::asio::io_context& loop)
      : loop_(loop), work_(loop.get_executor()), thread_([&loop] { loop.run(); }) {}
  ~LoopThread() {
    loop_.stop();
    thread_.join();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  /// Does `step` on the loop's thread, and waits for it.
  void run(const std::function<void()>& step) {
    std::promise<void> done;
    boost::asio::post(loop_, [&] {
      step();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  boost::asio::io_context& loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::jthread thread_;
};

}  // namespace slod
