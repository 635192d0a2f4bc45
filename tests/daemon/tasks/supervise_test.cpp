#include "daemon/tasks/supervise.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace slod {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// A task that throws so often, and what was said of it.
class Supervised : public testing::Test {
 protected:
  asio::awaitable<void> fail_first(int times) {
    ++runs_;
    if (runs_ <= times) throw std::runtime_error("failure " + std::to_string(runs_));
    co_return;
  }
  asio::awaitable<void> wait_for_ever() {
    asio::steady_timer timer(loop_, 1h);
    co_await timer.async_wait(asio::use_awaitable);
  }
  void start(std::function<asio::awaitable<void>()> make) {
    asio::co_spawn(
        loop_,
        supervise({.make = std::move(make),
                   .failed = [this](const std::string& error) { errors_.push_back(error); },
                   .is_over = [this] { return is_over_; },
                   .first_wait = 10ms}),
        asio::bind_cancellation_slot(cancel_.slot(), [this](const std::exception_ptr& thrown) {
          has_ended_ = true;
          has_thrown_ = thrown != nullptr;
        }));
  }

  asio::io_context loop_{1};
  asio::cancellation_signal cancel_;
  int runs_ = 0;
  std::vector<std::string> errors_;
  bool is_over_ = false;
  bool has_ended_ = false;
  bool has_thrown_ = false;
};

TEST_F(Supervised, IsStartedAgainUntilItReturnsLaterEachTime) {
  const auto begin = std::chrono::steady_clock::now();
  start([this] { return fail_first(4); });
  loop_.run();
  EXPECT_EQ(runs_, 5);
  EXPECT_EQ(errors_,
            (std::vector<std::string>{"failure 1", "failure 2", "failure 3", "failure 4"}));
  EXPECT_TRUE(has_ended_);
  EXPECT_FALSE(has_thrown_);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 10ms + 20ms + 40ms + 80ms);
}

TEST_F(Supervised, EndsWhenItIsCancelled) {
  start([this] { return wait_for_ever(); });
  loop_.poll();
  is_over_ = true;
  cancel_.emit(asio::cancellation_type::terminal);
  loop_.run();
  EXPECT_TRUE(has_ended_);
  EXPECT_TRUE(errors_.empty());
}

TEST_F(Supervised, EndsWhenItIsCancelledWhileItWaitsToBeStartedAgain) {
  start([this] { return fail_first(1000); });
  loop_.poll();
  EXPECT_EQ(errors_.size(), 1U);
  is_over_ = true;
  cancel_.emit(asio::cancellation_type::terminal);
  loop_.run();
  EXPECT_TRUE(has_ended_);
}

}  // namespace
}  // namespace slod
