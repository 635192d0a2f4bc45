#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/api.h"
#include "daemon/api/lateness.h"
#include "daemon/api/metrics.h"
#include "daemon/api/recorded_samples.h"
#include "daemon/clock/clock.h"
#include "daemon/ingest/ingest.h"
#include "daemon/ingest/scrape_board.h"
#include "daemon/jobs/background_jobs.h"
#include "daemon/memory/memory_budget.h"
#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"
#include "daemon/net/server.h"
#include "daemon/notify/outbox.h"
#include "daemon/process/systemd.h"
#include "daemon/process/watchdog.h"
#include "daemon/store/committer.h"
#include "daemon/store/history_writer.h"
#include "daemon/store/store.h"
#include "daemon/tasks/task_board.h"
#include "lib/config/load.h"
#include "lib/engine/engine.h"

namespace slod {

/// What the command line says beside the configuration files, which it overrides.
struct RunOptions {
  std::vector<std::string> config_paths;
  std::optional<config::HostPort> listen;
  std::optional<std::string> state;
};

/// The wiring of the daemon: one loop, one engine, and what feeds and serves them. Everything
/// happens on the thread that calls run(), but for what the pools and the store do.
class App final : private Daemon {
 public:
  /// `database` is open already, and was read: `restored` and `pending` are what it held.
  App(RunOptions options, config::Config config, std::unique_ptr<Database> database,
      Restored restored, std::vector<OutboxRow> pending);
  ~App() override;

  /// Starts serving. Error: a sentence on what could not be done. Returns the port.
  std::expected<std::uint16_t, std::string> start();

  /// Runs until SIGTERM or SIGINT, then shuts down in bounded steps. SIGHUP reloads. Returns the
  /// exit code: 1 where it ended because something failed that it cannot do without.
  int run();

 private:
  std::expected<std::uint16_t, std::string> bind(config::Config& config);
  void restore_sources();
  void limit_queries(const config::Query& query);
  void log_findings();
  boost::asio::awaitable<void> tick_on();
  boost::asio::awaitable<void> beat_on();
  Duration shortest_interval(Duration most) const;
  boost::asio::awaitable<void> obey_signals();
  boost::asio::awaitable<void> shut_down();
  boost::asio::awaitable<bool> final_commit();
  void end_after_failure(const std::string& task, std::string_view error);
  void tick();
  bool attempt(const char* part, const std::function<void()>& call);
  void prune(Instant now);
  void record_own_series(Instant now);
  boost::asio::awaitable<void> record_own_series_of(Instant at);
  void watch_samples(Instant now);
  void deliver(ScrapeResult result);
  void spawn(boost::asio::awaitable<void> task, const char* name);

  // What the API shows and asks.
  Instant now() override { return clock_.now(); }
  const Engine& engine() const override { return engine_; }
  prometheus_api::SamplesOnLoop samples() override;
  const LastScrapes& last_scrapes() const override { return scrapes_.last(); }
  const KnownMetadata& metadata() const override { return scrapes_.metadata(); }
  prometheus_api::AnswerMemory answer_memory() override;
  std::function<std::string()> metrics_page() const override;
  Instant started() const override { return started_; }
  Reload last_reload() const override { return last_reload_; }
  std::string not_ready() const override;
  std::string store_problem() const override;
  const std::vector<std::string>& state_problems() const override { return state_problems_; }
  const TaskBoard& tasks() const override { return tasks_; }
  bool store_hangs() const override;
  double late_ratio() override { return lateness_.ratio(clock_.now()); }
  std::map<std::string, std::size_t> outbox_pending() const override;
  Store& store() override { return store_; }
  ReloadJob reload() override;
  std::string take(config::LoadResult loaded);
  std::string apply(config::LoadResult loaded);

  RunOptions options_;
  /// Before all that is waited for when it is destroyed.
  Systemd systemd_{Systemd::address_of_environment(), Systemd::watchdog_of_environment()};
  Watchdog watchdog_{systemd_, Watchdog::limits_for(systemd_)};
  boost::asio::io_context loop_{1};
  Clock clock_;
  Resolver resolver_{loop_};
  Store store_;      ///< before the pools: a query waits for it there
  Metrics metrics_;  ///< before the pools, which make its page
  Pool pool_;
  Pool rule_pool_;       ///< of its own, so that no page and no client holds up a rule
  Pool query_pool_;      ///< what clients ask
  Pool shared_pool_{1};  ///< of what all who ask share: no query holds it up
  Pool urgent_pool_{1};  ///< and of what says whether deploys are frozen: nothing does
  std::shared_ptr<MemoryBudget> rule_memory_;
  std::shared_ptr<MemoryBudget> query_memory_;
  Client client_{resolver_, pool_};
  Server server_;
  std::vector<std::string> state_problems_;
  config::HostPort configured_listen_;  ///< at the start, as is the next
  std::string configured_state_;
  std::expected<std::uint16_t, std::string> port_;  ///< of server_: before what links to it
  Engine engine_;
  RecordedSamples samples_{engine_, store_};
  TaskBoard tasks_{[this](std::string_view kind) { metrics_.task_failed(kind); }};
  Outbox outbox_;
  Ingest ingest_;
  BackgroundJobs jobs_;
  Committer committer_;
  HistoryWriter history_{engine_, store_};
  Api api_{*this};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer timer_{loop_};

  Lateness lateness_;
  ScrapeBoard scrapes_;
  Instant started_;
  Reload last_reload_;
  Instant last_prune_{};
  Instant own_recorded_{};          ///< the time of the last samples of slod's own series
  bool own_is_made_ = false;        ///< they are being made on the pool
  bool samples_are_short_ = false;  ///< memory does not reach back for the whole retention
  bool stopping_ = false;
  bool is_ending_ = false;   ///< the shutdown has begun
  bool is_failing_ = false;  ///< what it cannot do without failed: nothing more is decided
  int exit_code_ = 0;
  int failed_ticks_ = 0;                            ///< in a row
  std::chrono::steady_clock::time_point end_by_{};  ///< when the watchdog ends the shutdown
};

}  // namespace slod
