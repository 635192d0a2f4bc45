#include "daemon/process/systemd.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

#include "tests/daemon/process/notify_socket.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

TEST(Systemd, HearsHowSlodDoesOnASocketInAFolderOrAnAbstractOne) {
  const ScratchDirectory scratch;
  for (const std::string& address :
       {(scratch.path() / "notify").string(), fmt::format("@slod-test-{}-notify", ::getpid())}) {
    const NotifySocket socket(address);
    const Systemd systemd(address, std::nullopt);
    systemd.ready();
    systemd.alive();
    systemd.stopping();
    EXPECT_EQ(socket.next(), "READY=1") << address;
    EXPECT_EQ(socket.next(), "WATCHDOG=1");
    EXPECT_EQ(socket.next(), "STOPPING=1");
    EXPECT_EQ(socket.next(), "");
  }
}

TEST(Systemd, IsToldOfAReloadWithTheMonotonicTime) {
  const ScratchDirectory scratch;
  const std::string address = scratch.path() / "notify";
  const NotifySocket socket(address);
  const Systemd systemd(address, std::nullopt);
  const auto now = [] {
    timespec at{};
    clock_gettime(CLOCK_MONOTONIC, &at);
    return std::int64_t{at.tv_sec} * 1'000'000 + at.tv_nsec / 1000;
  };
  const std::int64_t before = now();
  systemd.reloading();
  const std::int64_t after = now();
  const std::string text = socket.next();
  const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_TRUE(text.starts_with(begin)) << text;
  std::int64_t told = 0;
  const auto [end, error] =
      std::from_chars(text.data() + begin.size(), text.data() + text.size(), told);
  EXPECT_TRUE(error == std::errc() && end == text.data() + text.size()) << text;
  EXPECT_TRUE(before <= told && told <= after) << text;
}

TEST(Systemd, ThatIsNotThereHarmsNobody) {
  for (const std::string& address :
       {std::string(), std::string("/nonexistent/notify"), std::string("vsock:2:1"),
        "/" + std::string(200, 'a'), std::string("@")}) {
    const Systemd systemd(address, std::nullopt);
    systemd.ready();
    systemd.reloading();
  }
}

/// $WATCHDOG_USEC and $WATCHDOG_PID as these texts; null: not set.
std::optional<std::chrono::microseconds> watchdog(const char* limit, const char* pid) {
  limit == nullptr ? unsetenv("WATCHDOG_USEC") : setenv("WATCHDOG_USEC", limit, 1);
  pid == nullptr ? unsetenv("WATCHDOG_PID") : setenv("WATCHDOG_PID", pid, 1);
  const auto found = Systemd::watchdog_of_environment();
  unsetenv("WATCHDOG_USEC");
  unsetenv("WATCHDOG_PID");
  return found;
}

TEST(Systemd, WatchesWhereTheEnvironmentSaysSoForThisProcess) {
  const std::string own = std::to_string(::getpid());
  EXPECT_EQ(watchdog("30000000", own.c_str()), 30s);
  EXPECT_EQ(watchdog("30000000", nullptr), 30s) << "the pid may be absent";
  EXPECT_EQ(watchdog("30000000", "1"), std::nullopt);
  for (const char* wrong : {"", "0", "x", "30s", "-1", "99999999999999999999"}) {
    EXPECT_EQ(watchdog(wrong, nullptr), std::nullopt) << wrong;
  }
  EXPECT_EQ(watchdog(nullptr, nullptr), std::nullopt);
}

}  // namespace
}  // namespace slod
