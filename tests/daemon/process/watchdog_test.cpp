#include "daemon/process/watchdog.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/process/systemd.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Watchdog::Limits quick{.hang = 200ms, .shutdown = 200ms, .look = 10ms};

/// A watchdog that notes what it would end the process for.
class WatchdogTest : public testing::Test {
 protected:
  /// Waits, for a time that only a failure takes, until it has ended the process.
  std::vector<Watchdog::Reason> ended() {
    std::unique_lock lock(mutex_);
    has_ended_.wait_for(lock, 20s, [this] { return !ends_.empty(); });
    return ends_;
  }
  void end(Watchdog::Reason reason, const std::string& words) {
    const std::scoped_lock lock(mutex_);
    ends_.push_back(reason);
    words_ = words;
    has_ended_.notify_all();
  }

  Systemd systemd_{"", std::nullopt};
  std::mutex mutex_;
  std::condition_variable has_ended_;
  std::vector<Watchdog::Reason> ends_;
  std::string words_;
};

TEST_F(WatchdogTest, EndsAProcessWhoseLoopHangs) {
  Watchdog watchdog(systemd_, quick,
                    [this](auto reason, const auto& words) { end(reason, words); });
  watchdog.watch();
  watchdog.beat();
  ASSERT_FALSE(ended().empty());
  EXPECT_EQ(ends_.front(), Watchdog::Reason::hang);
  EXPECT_EQ(words_,
            "its loop has done nothing for 0.2 s, so it ends, to be started again from its state; "
            "please report this");
}

TEST_F(WatchdogTest, EndsAProcessThatDoesNotEndThoughItsLoopRuns) {
  Watchdog watchdog(systemd_, quick,
                    [this](auto reason, const auto& words) { end(reason, words); });
  watchdog.watch();
  watchdog.expect_end();
  ASSERT_FALSE(ended().empty());
  EXPECT_EQ(ends_.front(), Watchdog::Reason::shutdown);
  EXPECT_EQ(words_,
            "it did not shut down within 0.2 s, so it ends now; what was not stored is lost");
}

void handler_of_the_loop(int) {}

TEST_F(WatchdogTest, CountsFromASignalThatAHangingLoopDoesNotHandle) {
  std::signal(SIGTERM, handler_of_the_loop);
  Watchdog watchdog(systemd_, {.hang = 1h, .shutdown = 200ms, .look = 10ms},
                    [this](auto reason, const auto& words) { end(reason, words); });
  watchdog.watch();
  std::raise(SIGTERM);
  ASSERT_FALSE(ended().empty());
  EXPECT_EQ(ends_.front(), Watchdog::Reason::shutdown);
  std::signal(SIGTERM, SIG_DFL);
}

/// How a process ends that does `work` under a watchdog with short limits.
int status_of(const std::function<void(Watchdog&)>& work) {
  const pid_t child = fork();
  if (child == 0) {
    const Systemd systemd("", std::nullopt);
    Watchdog watchdog(systemd, {.hang = 300ms, .shutdown = 300ms, .look = 10ms});
    watchdog.watch();
    work(watchdog);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(WatchdogProcess, AbortsWhereTheLoopHangs) {
  const int status = status_of([](Watchdog&) { pause(); });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

TEST(WatchdogProcess, ExitsWith1WhereTheShutdownTakesTooLong) {
  const int status = status_of([](Watchdog& watchdog) {
    watchdog.expect_end();
    pause();
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
}

/// Lets so much time pass.
void pass(std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, time, [] { return false; });
}

TEST(WatchdogProcess, TakesAProcessThatIsStoppedForNoHang) {
  const pid_t child = fork();
  if (child == 0) {
    const Systemd systemd("", std::nullopt);
    Watchdog watchdog(systemd, {.hang = 400ms, .shutdown = 1h, .look = 20ms});
    watchdog.watch();
    for (int i = 0; i < 150; ++i) {
      watchdog.beat();
      pass(10ms);
    }
    _exit(0);
  }
  for (int i = 0; i < 3; ++i) {  // each stop takes longer than the limit
    pass(100ms);
    kill(child, SIGSTOP);
    pass(600ms);
    kill(child, SIGCONT);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(WatchdogLimits, AreThreeQuartersOfWhatAManagerGivesIfThatIsLess) {
  const auto limits = [](std::optional<std::chrono::microseconds> given) {
    return Watchdog::limits_for(Systemd("", given));
  };
  EXPECT_EQ(limits(std::nullopt).hang, 60s);
  EXPECT_EQ(limits(120s).hang, 60s);
  EXPECT_EQ(limits(60s).hang, 45s);
  EXPECT_EQ(limits(60s).look, 1s);
  EXPECT_EQ(limits(2s).hang, 1500ms);
  EXPECT_EQ(limits(2s).look, 375ms);
  EXPECT_EQ(limits(2s).shutdown, 30s);
}

}  // namespace
}  // namespace slod
