#include "daemon/jobs/background_jobs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

class Jobs : public testing::Test {
 protected:
  /// A job that appends `name` where it is applied, once `released` is.
  Job job(const std::string& name, std::shared_future<void> released = {}) {
    return {[this, name, released]() -> Job::Apply {
      if (released.valid()) released.wait();
      return [this, name, here = std::this_thread::get_id()](Engine& engine, Instant) {
        EXPECT_EQ(&engine, &engine_);
        EXPECT_NE(std::this_thread::get_id(), here) << "it is applied on the loop";
        applied_.push_back(name);
      };
    }};
  }

  /// Returns whether the end came within its limits, twice `limit`, and a margin.
  bool finish(Duration limit) {
    const auto began = std::chrono::steady_clock::now();
    bool is_over = false;
    asio::co_spawn(loop_, jobs_.finish(limit), [&](const std::exception_ptr& thrown) {
      EXPECT_FALSE(thrown);
      is_over = true;
      loop_.stop();
    });
    loop_.restart();
    loop_.run();
    EXPECT_TRUE(is_over);
    return std::chrono::steady_clock::now() - began < 2 * limit + 30s;
  }

  asio::io_context loop_{1};
  Pool pool_{2};
  Engine engine_{config::Config{}, Restored{}, Instant(std::chrono::days(20'000))};
  Clock clock_;
  std::vector<std::string> reports_;
  std::vector<std::string> applied_;
  BackgroundJobs jobs_{
      loop_,   pool_,  std::make_shared<MemoryBudget>(std::size_t{64} << 20),
      engine_, clock_, [this](std::string_view sentence) { reports_.emplace_back(sentence); }};
};

TEST_F(Jobs, AreAppliedOnTheLoop) {
  jobs_.start(job("a"));
  jobs_.start(job("b"));
  EXPECT_EQ(jobs_.running(), 2U);
  loop_.run();
  EXPECT_EQ(jobs_.running(), 0U);
  std::ranges::sort(applied_);
  EXPECT_EQ(applied_, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(reports_.empty());
}

TEST_F(Jobs, ThatThrowAreReportedAndDoNotEndTheOthers) {
  jobs_.start({[]() -> Job::Apply { throw std::runtime_error("out of luck"); }});
  jobs_.start({[]() -> Job::Apply {
    return [](Engine&, Instant) { throw std::runtime_error("out of place"); };
  }});
  jobs_.start(job("a"));
  loop_.run();
  std::ranges::sort(reports_);
  EXPECT_EQ(reports_,
            (std::vector<std::string>{"a job threw, and its result is lost: out of luck",
                                      "a job threw, and its result is lost: out of place"}));
  EXPECT_EQ(applied_, std::vector<std::string>{"a"});
  EXPECT_EQ(jobs_.running(), 0U);
}

TEST_F(Jobs, ThatRunAtTheEndAreWaitedFor) {
  std::promise<void> release;
  jobs_.start(job("a", release.get_future().share()));
  asio::post(loop_, [&] { release.set_value(); });
  EXPECT_TRUE(finish(60s));
  EXPECT_EQ(applied_, std::vector<std::string>{"a"});
  jobs_.start();
  EXPECT_EQ(jobs_.running(), 0U) << "none is started after the end";
}

TEST_F(Jobs, ThatDoNotEndAreGivenUp) {
  std::promise<void> release;
  jobs_.start(job("a", release.get_future().share()));
  EXPECT_TRUE(finish(20ms));
  EXPECT_EQ(jobs_.running(), 1U);
  EXPECT_TRUE(applied_.empty());
  release.set_value();
}

}  // namespace
}  // namespace slod
