#include "daemon/net/pool.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace slod {
namespace {

namespace asio = boost::asio;

asio::awaitable<std::thread::id> thread_of_work(Pool& pool) {
  co_return co_await pool.run([] { return std::this_thread::get_id(); });
}

asio::awaitable<std::thread::id> thread_after_work(Pool& pool) {
  co_await pool.run([] { return 0; });
  co_return std::this_thread::get_id();
}

asio::awaitable<std::size_t> lengths(Pool& pool, std::string text) {
  // A value that only moves, as the compressed body of a page does.
  auto owned = std::make_unique<std::string>(std::move(text));
  co_return co_await pool.run([owned = std::move(owned)] { return owned->size(); });
}

asio::awaitable<int> failing(Pool& pool) {
  co_return co_await pool.run([]() -> int { throw std::runtime_error("it broke"); });
}

asio::awaitable<int> waiting(Pool& pool, std::shared_ptr<std::latch> latch) {
  co_return co_await pool.run([latch] {
    latch->wait();
    return 1;
  });
}

TEST(Pool, WorksElsewhereAndComesBack) {
  asio::io_context loop(1);
  Pool pool(2);
  auto there = asio::co_spawn(loop, thread_of_work(pool), asio::use_future);
  auto back = asio::co_spawn(loop, thread_after_work(pool), asio::use_future);
  auto size = asio::co_spawn(loop, lengths(pool, std::string(1000, 'x')), asio::use_future);
  loop.run();  // runs until the work is back, though nothing else keeps it
  EXPECT_NE(there.get(), std::this_thread::get_id());
  EXPECT_EQ(back.get(), std::this_thread::get_id());
  EXPECT_EQ(size.get(), 1000U);
}

TEST(Pool, ThrowsOnTheLoopWhatTheWorkThrows) {
  asio::io_context loop(1);
  Pool pool(1);
  auto result = asio::co_spawn(loop, failing(pool), asio::use_future);
  loop.run();
  EXPECT_THROW(result.get(), std::runtime_error);
}

TEST(Pool, DoesManyThings) {
  asio::io_context loop(1);
  Pool pool(2);
  std::vector<std::future<std::size_t>> sizes;
  for (std::size_t i = 0; i < 1000; ++i) {
    sizes.push_back(asio::co_spawn(loop, lengths(pool, std::string(i, 'x')), asio::use_future));
  }
  loop.run();
  for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_EQ(sizes[i].get(), i);
}

TEST(Pool, EndsWithWorkRunningAndWorkWaiting) {
  auto latch = std::make_shared<std::latch>(1);
  asio::io_context loop(1);
  std::future<int> running;
  std::future<int> dropped;
  {
    Pool pool(1);
    running = asio::co_spawn(loop, waiting(pool, latch), asio::use_future);
    dropped = asio::co_spawn(loop, waiting(pool, latch), asio::use_future);
    loop.poll();
    latch->count_down();
  }
  loop.poll();
  // The second was either run or dropped with its caller; in no case is anybody left waiting.
  EXPECT_EQ(running.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  EXPECT_EQ(dropped.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

}  // namespace
}  // namespace slod
