// The daemon as a whole in this process: it starts, serves, reloads, ends and goes on.

#include "daemon/app.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/files/configuration.h"
#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/support/raw_socket.h"
#include "tests/support/scratch.h"
#include "tests/support/scripted_server.h"
#include "tests/support/state/scripted_database.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

/// An app on a port of the system's choice, and the thread that it runs on.
class Running {
 public:
  Running(const std::filesystem::path& config, std::unique_ptr<Database> database) {
    Restored restored = database->load().value();
    std::vector<OutboxRow> pending = database->pending_messages().value();
    app_ = std::make_unique<App>(
        RunOptions{.config_paths = {config.string()}, .listen = {}, .state = {}},
        load_configuration({config.string()}).config.value(), std::move(database),
        std::move(restored), std::move(pending));
    port_ = app_->start().value();
    thread_ = std::thread([this] { app_->run(); });
  }
  ~Running() {
    if (thread_.joinable()) stop();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  /// As SIGTERM does, which it is. Returns after all that is to be stored is.
  void stop() {
    kill(getpid(), SIGTERM);
    thread_.join();
    app_.reset();
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  RawResponse ask(const std::string& method, const std::string& path) const {
    RawSocket socket = connect_raw(port_);
    socket.send(
        fmt::format("{} {} HTTP/1.1\r\nHost: slod\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n",
                    method, path));
    return read_response(socket);
  }
  boost::json::value get(const std::string& path) const {
    return boost::json::parse(ask("GET", path).body);
  }

 private:
  std::unique_ptr<App> app_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

/// Asks until it is so, for a time that only a failure takes.
bool eventually(const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < deadline) {
    if (is_so()) return true;
  }
  return false;
}

class AppTest : public testing::Test {
 protected:
  AppTest() { configure("availability"); }

  /// A configuration with one SLO of this name.
  void configure(const std::string& slo, const std::string& listen = "127.0.0.1:0") {
    write_bytes(config_, fmt::format(R"(listen: {}
scrape:
  - job: api
    targets: ["127.0.0.1:{}"]
    interval: 200ms
services:
  - name: api
    slos:
      - name: {}
        objective: 90%
        window: 1h
        availability: {{total: requests, bad: 'requests{{code="500"}}'}}
)",
                                     listen, target_.port(), slo));
  }

  static bool is_ready(const Running& slod) { return slod.ask("GET", "/readyz").status == 200; }

  ScratchDirectory scratch_;
  std::filesystem::path config_ = scratch_.path() / "slod.yaml";
  ScriptedServer target_{
      reply_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 46\r\n\r\n"
                 "requests{code=\"200\"} 9\nrequests{code=\"500\"} 1\n")};
};

TEST_F(AppTest, ServesWhatItScrapes) {
  Running slod(config_, std::make_unique<MemoryDatabase>());
  EXPECT_EQ(slod.ask("GET", "/healthz").status, 200);
  EXPECT_TRUE(eventually([&] { return is_ready(slod); }));
  EXPECT_EQ(slod.get("/freeze/api").at("service"), "api");
  EXPECT_EQ(slod.ask("GET", "/nowhere").status, 404);
}

TEST_F(AppTest, ReloadsAGoodConfigurationAndKeepsTheOneBeforeABadOne) {
  Running slod(config_, std::make_unique<MemoryDatabase>());
  configure("latency");
  EXPECT_EQ(slod.ask("POST", "/-/reload").status, 200);
  EXPECT_EQ(slod.ask("GET", "/api/v1/slos/api/latency").status, 200);
  EXPECT_EQ(slod.ask("GET", "/api/v1/slos/api/availability").status, 404);
  write_bytes(config_, "services: [{name: api, slos: 7}]\n");
  const RawResponse refused = slod.ask("POST", "/-/reload");
  EXPECT_GE(refused.status, 400);
  EXPECT_NE(refused.body.find("reload rejected; keeping the previous configuration: "),
            std::string::npos)
      << refused.body;
  EXPECT_EQ(slod.ask("GET", "/api/v1/slos/api/latency").status, 200);
  EXPECT_FALSE(slod.get("/api/v1/status").at("reload").at("succeeded").as_bool());
}

TEST_F(AppTest, LinksToWhereItListensAlsoAfterAReloadWithAnotherAddress) {
  testing::internal::CaptureStderr();
  {
    Running slod(config_, std::make_unique<MemoryDatabase>());
    const auto link = [&slod] {
      return std::string(
          slod.get("/api/v1/status/flags").at("data").at("web.external-url").as_string());
    };
    EXPECT_EQ(link(), slod.url());
    for (const char* listen : {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:0"}) {
      configure("availability", listen);
      EXPECT_EQ(slod.ask("POST", "/-/reload").status, 200);
      EXPECT_EQ(link(), slod.url()) << listen;
    }
  }
  const std::string log = testing::internal::GetCapturedStderr();
  std::size_t warnings = 0;
  for (std::size_t at = log.find("take effect only"); at != std::string::npos;
       at = log.find("take effect only", at + 1)) {
    ++warnings;
  }
  EXPECT_EQ(warnings, 2U) << "one a reload, while the address differs: " << log;
}

TEST_F(AppTest, GoesOnAfterARestartWhereItEnded) {
  std::string since;
  {
    Running slod(config_, open_sqlite(scratch_.state_file()).value());
    EXPECT_TRUE(eventually([&] { return is_ready(slod); }));
    EXPECT_TRUE(eventually([&] {
      const auto slo = slod.get("/api/v1/slos/api/availability");
      const boost::json::value& observed = slo.at("observed_since");
      if (observed.is_string()) since = observed.get_string();
      return !since.empty();
    }));
    slod.stop();
  }
  auto database = open_sqlite(scratch_.state_file()).value();
  const Restored stored = database->load().value();
  ASSERT_EQ(stored.slos.size(), 1U);
  EXPECT_EQ(stored.slos[0].slo, "api/availability");
  ASSERT_EQ(stored.sources.size(), 1U);
  EXPECT_FALSE(stored.sources[0].values.empty());
  EXPECT_EQ(stored.remembered.levels.size(), 1U);
  EXPECT_TRUE(stored.problems.empty());
  Running slod(config_, std::move(database));
  EXPECT_EQ(slod.get("/api/v1/slos/api/availability").at("observed_since").as_string(), since);
}

TEST_F(AppTest, SaysThatTheDiskFailsAndStoresAllOnceItRecovers) {
  auto held = std::make_unique<ScriptedDatabase>();
  ScriptedDatabase& disk = *held;
  Running slod(config_, std::move(held));
  EXPECT_TRUE(eventually([&] { return is_ready(slod); }));
  disk.fail(true);
  EXPECT_TRUE(eventually([&] {
    return slod.ask("GET", "/readyz").body.find("the state cannot be stored: disk full") !=
           std::string::npos;
  }));
  EXPECT_FALSE(slod.get("/api/v1/status").at("store").at("stored").as_bool());
  EXPECT_EQ(slod.ask("GET", "/freeze/api").status, 200) << "it answers all the same";
  disk.fail(false);
  EXPECT_TRUE(eventually([&] { return is_ready(slod); }));
}

TEST_F(AppTest, CannotStartWhereThePortIsTaken) {
  const config::HostPort taken{"127.0.0.1", target_.port()};
  App app({.config_paths = {config_.string()}, .listen = taken, .state = {}},
          load_configuration({config_.string()}).config.value(), std::make_unique<MemoryDatabase>(),
          {}, {});
  const auto port = app.start();
  ASSERT_FALSE(port);
  EXPECT_NE(port.error().find(std::to_string(taken.port)), std::string::npos) << port.error();
}

}  // namespace
}  // namespace slod
