#include "daemon/demo.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <stop_token>

#include "daemon/app.h"
#include "daemon/commands/add_command.h"
#include "daemon/commands/answer.h"
#include "daemon/commands/slod_client.h"
#include "daemon/files/configuration.h"
#include "daemon/log/log.h"
#include "daemon/shop.h"
#include "daemon/store/sqlite/sqlite_database.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr auto demo_length = 110s;

constexpr std::string_view config_text =
    R"(# The demo's configuration: an ordinary one, but for its short windows.
listen: {listen}
state: state
scrape:
  - job: shop
    targets: ["127.0.0.1:{shop_port}"]
    interval: 1s
services:
  - name: shop
    owner: you
    slos:
      - name: availability
        description: share of requests answered without a server error
        objective: 99.9%
        window: 1m
        availability:
          total: shop_requests_total{{job="shop"}}
          bad: shop_requests_total{{job="shop",code=~"5.."}}
      - name: latency
        description: share of requests answered within 250 ms
        objective: 95%
        window: 1m
        latency: {{histogram: 'shop_request_duration_seconds{{job="shop"}}', below: 250ms}}
alerting:
  receivers:
    - {{name: oncall, webhook: {{url: "http://127.0.0.1:{shop_port}/hook"}}}}
  routes: {{page: [oncall]}}
)";

/// A directory that is removed afterwards.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "slod-demo-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot create " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void say(double at_seconds, const std::string& what) {
  fmt::print("{:5.0f} s  {}\n", at_seconds, what);
  std::fflush(stdout);
}

std::string_view decision(freeze::Outcome outcome) {
  switch (outcome) {
    case freeze::Outcome::allow:
      return "allowed";
    case freeze::Outcome::deny:
      return "denied";
    case freeze::Outcome::inconclusive:
      return "inconclusive";
  }
  return "";
}

/// Decision, level and the first reason: "feature: denied (hotfix_only): 207.3 % of the ... is
/// spent; earliest thaw 2026-...".
std::string gate_line(const boost::json::object& verdict, freeze::Outcome outcome) {
  std::string line = fmt::format("feature: {} ({})", decision(outcome), text_of(verdict, "level"));
  if (const std::string reasons = reasons_of(verdict); !reasons.empty()) line += ": " + reasons;
  const std::string thaw = text_of(verdict, "earliest_thaw");
  return thaw.empty() ? line : line + "; earliest thaw " + thaw;
}

/// Follows the gate from outside, as a pipeline would, and says what changes.
void narrate(const std::stop_token& stop, const Shop& shop, const SlodClient& slod) {
  std::mutex mutex;
  std::condition_variable pause;
  std::unique_lock lock(mutex);
  std::string level;
  bool said_outage = false;
  bool said_repair = false;
  while (!stop.stop_requested() && shop.open_for() < demo_length) {
    if (!said_outage && shop.open_for() >= Shop::outage_begins) {
      said_outage = true;
      say(shop.open_for().count(), "the shop has an outage: one request in ten fails");
    }
    if (!said_repair && shop.open_for() >= Shop::outage_ends) {
      said_repair = true;
      say(shop.open_for().count(), "the shop is repaired; its budget recovers as errors age");
    }
    const auto verdict = object_of(slod.get(SlodClient::freeze_path("shop", "feature")));
    const auto outcome =
        verdict ? outcome_of(*verdict, "shop", "feature") : std::unexpected(verdict.error());
    if (outcome) {
      const std::string now = text_of(*verdict, "verdict") + text_of(*verdict, "level");
      if (now != level) say(shop.open_for().count(), gate_line(*verdict, *outcome));
      level = now;
    }
    pause.wait_for(lock, 500ms, [&stop] { return stop.stop_requested(); });
  }
  if (!stop.stop_requested()) kill(getpid(), SIGTERM);
}

}  // namespace

int demo(const DemoArguments& arguments) {
  log::start(log::Level::error, log::Format::logfmt);
  const TemporaryDirectory directory;
  const auto opened = std::chrono::steady_clock::now();
  Shop shop([opened](const std::string& summary) {
    const std::chrono::duration<double> at = std::chrono::steady_clock::now() - opened;
    say(at.count(), "paged: " + summary);
  });
  const std::string config_path = (directory.path() / "demo.yaml").string();
  std::ofstream(config_path) << fmt::format(fmt::runtime(config_text),
                                            fmt::arg("listen", arguments.listen),
                                            fmt::arg("shop_port", shop.port()));
  config::LoadResult loaded = load_configuration({config_path});
  if (!loaded.config) {  // all of it is ours but where to listen
    throw std::runtime_error(fmt::format(
        "--listen: expected HOST:PORT such as 127.0.0.1:9750, found \"{}\"", arguments.listen));
  }
  auto database = open_sqlite(directory.path() / "state" / "slod.db");
  if (!database) throw std::runtime_error(database.error());
  App app({.config_paths = {config_path}, .listen = {}, .state = {}}, std::move(*loaded.config),
          std::move(*database), {}, {});
  const auto port = app.start();
  if (!port) throw std::runtime_error(port.error());
  const std::string url = fmt::format("http://127.0.0.1:{}", *port);
  fmt::print(
      "A web shop with a 99.9 % objective over one minute, watched by slod. Look, meanwhile, at\n"
      "  {0}/\nin a browser, or try:\n"
      "  curl {0}/freeze/shop\n  curl {0}/api/v1/slos\n  curl {0}/metrics\n\n",
      url);
  std::jthread narrator(
      [&shop, url](const std::stop_token& stop) { narrate(stop, shop, SlodClient(url)); });
  app.run();
  const bool is_whole = shop.open_for() >= demo_length;
  fmt::print("\n{}\n", is_whole ? "That was the demo: an outage, a page, a freeze and a thaw, "
                                  "with no human involved."
                                : "The demo was stopped early; it takes two minutes.");
  return 0;
}

void add_demo(CLI::App& slod, int& exit_code) {
  auto [command, arguments] = add_command(
      slod, exit_code, "demo", "A shop, an outage, a freeze and a thaw in two minutes", demo);
  command.add_option("--listen", arguments.listen, "HOST:PORT to serve on");
}

}  // namespace slod
