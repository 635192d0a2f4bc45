#include "daemon/net/resolver.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/use_future.hpp>
#include <functional>
#include <future>
#include <latch>
#include <memory>
#include <vector>

namespace slod {
namespace {

namespace asio = boost::asio;
using Answer = std::expected<Resolver::Addresses, std::string>;
using Clock = std::chrono::steady_clock;

Resolver::Addresses address(const std::string& text) {
  return {asio::ip::make_address(text)};
}

/// A lookup whose answers a test sets. Names that start with "hang" hang until it is let go.
struct Names {
  std::shared_ptr<std::latch> let_go = std::make_shared<std::latch>(1);
  std::shared_ptr<std::atomic<int>> lookups = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::atomic<bool>> all_hang = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<std::atomic<bool>> all_fail = std::make_shared<std::atomic<bool>>(false);

  Resolver::Lookup lookup() const {
    return [names = *this](const std::string& name) -> Answer {
      ++*names.lookups;
      if (name.starts_with("hang") || *names.all_hang) names.let_go->wait();
      if (name.starts_with("none") || *names.all_fail) {
        return std::unexpected(fmt::format("cannot look up {}: no such name", name));
      }
      if (name.starts_with("empty")) return Resolver::Addresses{};
      return address(fmt::format("192.0.2.{}", name.size()));
    };
  }
};

std::future<Answer> ask(asio::io_context& loop, Resolver& resolver, const std::string& name,
                        Duration limit = Duration(5'000)) {
  return asio::co_spawn(loop, resolver.resolve(name, Clock::now() + limit), asio::use_future);
}

/// Runs the loop until nothing waits any more, and takes the answer.
Answer answer(asio::io_context& loop, Resolver& resolver, const std::string& name,
              Duration limit = Duration(5'000)) {
  auto future = ask(loop, resolver, name, limit);
  loop.restart();
  loop.run();
  return future.get();
}

TEST(Resolver, TakesAnAddressAsItIs) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {}, names.lookup());
  EXPECT_EQ(answer(loop, resolver, "127.0.0.1"), address("127.0.0.1"));
  EXPECT_EQ(answer(loop, resolver, "::1"), address("::1"));
  EXPECT_EQ(*names.lookups, 0);
}

TEST(Resolver, AsksOnceForManyAndKeepsTheAnswer) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {}, names.lookup());
  std::vector<std::future<Answer>> futures;
  for (int i = 0; i < 10; ++i) futures.push_back(ask(loop, resolver, "abc"));
  loop.run();
  for (auto& future : futures) EXPECT_EQ(future.get(), address("192.0.2.3"));
  EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  EXPECT_EQ(*names.lookups, 1);
}

TEST(Resolver, AsksAgainWhenTheAnswerIsOld) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {.fresh_for = Duration(0)}, names.lookup());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  EXPECT_EQ(*names.lookups, 3);
}

TEST(Resolver, SaysWhatIsWrong) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {}, names.lookup());
  EXPECT_EQ(answer(loop, resolver, "none").error(), "cannot look up none: no such name");
  EXPECT_EQ(answer(loop, resolver, "empty").error(), "the name empty has no address");
  EXPECT_EQ(answer(loop, resolver, "hang", Duration(30)).error(),
            "no answer for the name hang in time");
  names.let_go->count_down();
}

TEST(Resolver, AHangingNameDelaysNoOther) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {}, names.lookup());
  auto hanging = ask(loop, resolver, "hang", Duration(30'000));
  auto other = ask(loop, resolver, "abc");
  while (other.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop.run_one();
  EXPECT_EQ(other.get(), address("192.0.2.3"));
  EXPECT_NE(hanging.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  names.let_go->count_down();
  loop.run();
  EXPECT_EQ(hanging.get(), address("192.0.2.4"));
}

TEST(Resolver, UsesTheLastAnswerWhenAskingFailsOrHangs) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {.fresh_for = Duration(0), .patience = Duration(300)}, names.lookup());
  EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  *names.all_fail = true;
  EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  *names.all_hang = true;
  EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  // It hangs already: now its patience is spent, and nobody waits at all.
  const auto begin = Clock::now();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(answer(loop, resolver, "abc"), address("192.0.2.3"));
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(1));
  EXPECT_EQ(*names.lookups, 3);
  names.let_go->count_down();
}

TEST(Resolver, BoundsItsThreadsAndServesTheQueue) {
  asio::io_context loop(1);
  const Names names;
  Resolver resolver(loop, {.lookups_max = 2}, names.lookup());
  std::vector<std::future<Answer>> futures;
  for (int i = 0; i < 10; ++i) futures.push_back(ask(loop, resolver, fmt::format("hang{}", i)));
  while (*names.lookups < 2) loop.poll();
  loop.poll();
  EXPECT_EQ(*names.lookups, 2);
  names.let_go->count_down();
  loop.run();
  for (auto& future : futures) EXPECT_EQ(future.get(), address("192.0.2.5"));
}

TEST(Resolver, ALookupMayOutliveIt) {
  const Names names;
  std::future<Answer> future;
  {
    asio::io_context loop(1);
    {
      Resolver resolver(loop, {}, names.lookup());
      future = ask(loop, resolver, "hang");
      while (*names.lookups < 1) loop.poll();
    }
  }
  names.let_go->count_down();
  EXPECT_THROW(future.get(), std::future_error);  // its caller went with the loop
}

TEST(Resolver, TheSystemKnowsLocalhost) {
  const Answer found = system_lookup("localhost");
  ASSERT_TRUE(found) << found.error();
  for (const auto& one : *found) EXPECT_TRUE(one.is_loopback());
  const std::string no_name(300, 'a');  // too long, so that nobody is asked
  EXPECT_TRUE(system_lookup(no_name).error().starts_with("cannot look up aaa"));
}

}  // namespace
}  // namespace slod
