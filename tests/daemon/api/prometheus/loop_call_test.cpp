#include "daemon/api/prometheus/loop_call.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/api/prometheus/reply.h"

namespace slod::prometheus_api {
namespace {

TEST(LoopCall, GivesTheValueThatAnotherThreadMade) {
  std::thread loop;
  const Post post = [&loop](std::function<void()> call) { loop = std::thread(std::move(call)); };
  std::thread::id called_on;
  const auto value = on_loop(post, {}, [&called_on] {
    called_on = std::this_thread::get_id();
    return std::make_unique<int>(7);
  });
  loop.join();
  ASSERT_TRUE(value);
  EXPECT_EQ(**value, 7);
  EXPECT_NE(called_on, std::this_thread::get_id());
}

TEST(LoopCall, GivesUpWhenAStopIsRequested) {
  // A loop that calls nothing any more.
  std::vector<std::function<void()>> posted;
  std::stop_source stop;
  const Post post = [&](std::function<void()> call) {
    posted.push_back(std::move(call));
    stop.request_stop();
  };
  const auto owned = std::make_shared<int>(1);
  EXPECT_FALSE(on_loop(post, stop.get_token(), [owned] { return *owned; }));
  // What is called too late still owns what it touches.
  EXPECT_EQ(owned.use_count(), 2);
  posted.at(0)();
  posted.clear();
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Reply, OfTheServerHasPrometheussShape) {
  const Response busy = refused(503, "expected fewer \"queries\" at once");
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.body, R"({"status":"error","errorType":"timeout",)"
                       R"("error":"expected fewer \"queries\" at once"})");
  EXPECT_EQ(refused(500, "x").body, R"({"status":"error","errorType":"internal","error":"x"})");
}

}  // namespace
}  // namespace slod::prometheus_api
