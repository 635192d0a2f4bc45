#include "daemon/app.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>
#include <utility>

#include "daemon/api/metric_samples.h"
#include "daemon/api/prometheus/loop_call.h"
#include "daemon/files/configuration.h"
#include "daemon/log/log.h"
#include "daemon/memory/memory_meter.h"
#include "daemon/tasks/supervise.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

constexpr Duration drain_limit = 5s;
constexpr Duration outbox_limit = 5s;
constexpr Duration close_limit = 10s;
constexpr Duration jobs_limit = 2s;
constexpr Duration prune_interval = 1h;
constexpr Duration own_interval = 15s;
constexpr Duration shutdown_limit = 29s;  ///< a second before the watchdog ends it
constexpr int failed_ticks_max = 10;

std::size_t pool_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

/// At most half of the files that may be open are connections of clients: sources, receivers and
/// the state need some, too.
ServerLimits server_limits(std::size_t queries_at_once) {
  ServerLimits limits{.jobs_max = queries_at_once};
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur != RLIM_INFINITY) {
    limits.connections_max = std::min<std::size_t>(limits.connections_max, files.rlim_cur / 2);
    limits.per_client_max = std::min(limits.per_client_max, limits.connections_max / 2);
  }
  return limits;
}

std::string url_of(const config::HostPort& address) {
  return "http://" + address.text();
}

/// Without an external_url of its own, links go where slod listens.
void listen_on(config::Config& config, const config::HostPort& address) {
  const bool links_to_itself = config.external_url == url_of(config.listen);
  config.listen = address;
  if (links_to_itself) config.external_url = url_of(address);
}

config::Config with_options(config::Config config, const RunOptions& options) {
  if (options.listen) listen_on(config, *options.listen);
  if (options.state) config.state = *options.state;
  return config;
}

}  // namespace

App::App(RunOptions options, config::Config config, std::unique_ptr<Database> database,
         Restored restored, std::vector<OutboxRow> pending)
    : options_(std::move(options)),
      store_(std::move(database),
             [this](std::function<void()> call) { asio::post(loop_, std::move(call)); }),
      pool_(pool_threads()),
      rule_pool_(pool_threads()),
      query_pool_(config.query.concurrency, Pool::Priority::low, Pool::OutOfMemory::throws),
      rule_memory_(std::make_shared<MemoryBudget>(config.query.query_bytes_max)),
      query_memory_(std::make_shared<MemoryBudget>(config.query.all_queries_bytes_max)),
      server_(
          loop_, server_limits(config.query.concurrency),
          [this](const Request& request) { return api_.answer(request); },
          [this](const Request& request, int status, std::chrono::microseconds took) {
            metrics_.http_request(request.method, api_.route_of(request.path), status, took);
          },
          [](std::string_view sentence) { log::error(sentence); }, &query_pool_,
          [this](const Request& request) { return api_.terms_of(request); },
          {.usual = &shared_pool_, .urgent = &urgent_pool_}),
      state_problems_(restored.problems),
      port_(bind(config)),
      engine_(std::move(config), std::move(restored), clock_.now()),
      outbox_(
          loop_, client_, [this] { return clock_.now(); },
          [this](OutboxUpdate update) { committer_.update(std::move(update)); },
          [this](const std::string& receiver, std::string_view result) {
            metrics_.notification(receiver, result);
          },
          [this](const OutboxMessage& message) { engine_.forward(message, clock_.now()); }),
      ingest_(
          loop_, client_, pool_, clock_,
          [this](ScrapeResult result) { deliver(std::move(result)); },
          [this](const std::string& source, const std::string& error) {
            tasks_.note("read", "read " + source, error, clock_.now());
          }),
      jobs_(loop_, rule_pool_, rule_memory_, engine_, clock_,
            [](std::string_view sentence) { log::error(sentence); }),
      committer_(
          engine_, store_,
          [this](std::vector<OutboxMessage> messages) { outbox_.add(std::move(messages)); },
          [this](bool is_stored, Duration took) { metrics_.commit(is_stored, took); }),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP) {
  started_ = clock_.now();
  last_reload_ = {.succeeded = true, .at = started_};
  engine_.set_stopwatch([] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  });
  engine_.set_memory_left(MemoryMeter::left);
  log_findings();
  restore_sources();
  outbox_.configure(engine_.config().alerting.receivers, engine_.config().alerting.access);
  outbox_.restore(std::move(pending));
}

App::~App() = default;

/// Makes the options count, and binds the port, which the system may choose.
std::expected<std::uint16_t, std::string> App::bind(config::Config& config) {
  config = with_options(std::move(config), options_);
  configured_listen_ = config.listen;
  configured_state_ = config.state;
  auto port = server_.bind(config.listen.host, config.listen.port);
  if (port) listen_on(config, {config.listen.host, *port});
  return port;
}

void App::restore_sources() {
  scrapes_.configure(engine_.plan().sources);
  for (const SourcePlan& source : engine_.plan().sources) {
    const SourceChange* stored = engine_.restored_source(source.name);
    if (!stored) continue;
    if (const auto restored = ingest_.restore(source, *stored); !restored) {
      log::warning("the stored counters of a source cannot be used; it starts without them",
                   {{"source", source.name}, {"error", restored.error()}});
      continue;
    }
    engine_.restore(source.name, *ingest_.restored_book(source.name));
  }
  engine_.forget_restored();
}

std::expected<std::uint16_t, std::string> App::start() {
  if (!port_) return port_;
  if (const auto started = server_.start(); !started) return std::unexpected(started.error());
  engine_.step(clock_.now());
  ingest_.configure(engine_.config(), engine_.plan());
  log::info("serving", {{"address", engine_.config().listen.text()},
                        {"slos", engine_.plan().slos.size()},
                        {"sources", engine_.plan().sources.size()}});
  return port_;
}

int App::run() {
  watchdog_.watch();
  spawn(supervise({.make = [this] { return tick_on(); },
                   .failed =
                       [this](const std::string& error) {
                         tasks_.note("step", "step", error, clock_.now());
                       },
                   .is_over = [this] { return stopping_; }}),
        "step");
  spawn(beat_on(), "watchdog");
  spawn(obey_signals(), "signals");
  systemd_.ready();
  for (;;) {
    try {
      loop_.run();
      return exit_code_;
    } catch (const std::exception& error) {
      end_after_failure("loop", error.what());
    }
  }
}

/// What `task` throws comes out of the loop's run.
void App::spawn(asio::awaitable<void> task, const char* name) {
  asio::co_spawn(loop_, std::move(task), [this, name](const std::exception_ptr& problem) {
    if (!problem) return;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      end_after_failure(name, error.what());
    }
  });
}

/// Ends slod, so that whatever started it starts it again, with the state as it was stored last:
/// what threw may have left that in memory half changed.
void App::end_after_failure(const std::string& task, std::string_view error) {
  log::error("a task that slod cannot do without failed; slod ends, to be started again",
             {{"task", task}, {"error", error}});
  exit_code_ = 1;
  is_failing_ = true;
  stopping_ = true;
  if (std::exchange(is_ending_, true)) {
    loop_.stop();  // it failed while it ended
  } else {
    spawn(shut_down(), "shutdown");
  }
}

/// Tells the watchdog that the loop does its work.
asio::awaitable<void> App::beat_on() {
  asio::steady_timer pause(loop_);
  for (;;) {  // until the loop ends
    watchdog_.beat();
    pause.expires_after(watchdog_.look_interval() / 2);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

/// `most`, or the interval of the source that is read most often.
Duration App::shortest_interval(Duration most) const {
  Duration shortest = most;
  for (const SourcePlan& source : engine_.plan().sources) {
    shortest = std::min(shortest, source.options.interval);
  }
  return shortest;
}

/// At whole intervals since the epoch, so that the series of all restarts fit together.
void App::record_own_series(Instant now) {
  const Duration interval = std::max<Duration>(shortest_interval(own_interval), 1s);
  const Instant at = now - now.time_since_epoch() % interval;
  if (at <= own_recorded_ || own_is_made_) return;
  own_recorded_ = at;
  spawn(record_own_series_of(at), "own series");
}

/// Made on the pool: those of thousands of SLOs would hold up the loop.
asio::awaitable<void> App::record_own_series_of(Instant at) {
  own_is_made_ = true;
  auto samples = co_await pool_.run(
      [metrics = &metrics_, snapshot = engine_.snapshot(), pending = outbox_.pending()] {
        return metric_samples(metrics->families(*snapshot, pending));
      });
  own_is_made_ = false;
  if (!stopping_) engine_.record_own(std::move(samples), at);
}

void App::watch_samples(Instant now) {
  const RecentSamples& samples = engine_.samples();
  const Duration kept = now - samples.kept_since(now);
  metrics_.samples({.series = samples.series_count(),
                    .memory_bytes = samples.memory_bytes(),
                    .kept = kept,
                    .refused = engine_.samples_refused()});
  metrics_.rules(engine_.rule_figures());
  const bool are_short = kept < samples.limits().retention || samples.is_full();
  if (are_short && !samples_are_short_) {
    log::warning("memory does not hold the samples for queries for as long as query.retention says",
                 {{"memory_bytes", samples.limits().bytes_max},
                  {"series", samples.series_count()},
                  {"kept", format_duration(std::chrono::round<std::chrono::seconds>(kept))}});
  }
  samples_are_short_ = are_short;
}

asio::awaitable<void> App::tick_on() {
  while (!stopping_) {
    tick();
    // Evidence must not look stale only because no one looked.
    const auto due = std::chrono::steady_clock::now() + shortest_interval(1s);
    timer_.expires_at(due);
    boost::system::error_code ended;
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
    if (ended) continue;
    const auto late = std::chrono::steady_clock::now() - due;
    metrics_.step_late(late);
    lateness_.add(clock_.now(), late);
  }
}

void App::log_findings() {
  for (const std::string& warning : engine_.take_warnings()) log::warning(warning);
  for (const std::string& note : engine_.take_notes()) log::info(note);
}

/// One part of a step. What it throws keeps no other part from being done. False: it threw.
bool App::attempt(const char* part, const std::function<void()>& call) {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    tasks_.note("step", part, error.what(), clock_.now());
    return false;
  }
}

void App::tick() {
  const Instant now = clock_.now();
  const bool has_stepped = attempt("decide", [&] { engine_.step(now); });
  attempt("measure memory", [&] { watch_samples(now); });
  attempt("record own series", [&] {
    metrics_.commit_under_way(committer_.under_way());
    record_own_series(now);
  });
  attempt("store the history", [&] { history_.tick(now); });
  attempt("start jobs", [&] { jobs_.start(); });
  attempt("say findings", [&] { log_findings(); });
  attempt("schedule messages", [&] { outbox_.tick(engine_.active(now)); });
  const bool has_committed = attempt("store the state", [&] { committer_.tick(); });
  attempt("remove old history", [&] { prune(now); });
  failed_ticks_ = has_stepped && has_committed ? 0 : failed_ticks_ + 1;
  if (failed_ticks_ >= failed_ticks_max) {
    end_after_failure("step", "it failed each time since");
  }
}

void App::prune(Instant now) {
  if (now - last_prune_ < prune_interval) return;
  last_prune_ = now;
  store_.prune(now, [](const std::expected<void, std::string>& done) {
    if (!done) log::error("cannot remove old history", {{"error", done.error()}});
  });
}

void App::deliver(ScrapeResult result) {
  metrics_.scrape(result.source, scrapes_.record(result));
  if (result.batch) {
    engine_.record_scrape(result.source, result.book, *result.batch, result.attempt,
                          std::move(result.change));
  } else {
    engine_.record_failure(
        result.source, fmt::format("{} cannot be read: {}", result.source, result.batch.error()),
        result.attempt);
  }
}

prometheus_api::SamplesOnLoop App::samples() {
  return {.samples = &samples_,
          .post = [this](std::function<void()> call) { asio::post(loop_, std::move(call)); }};
}

prometheus_api::AnswerMemory App::answer_memory() {
  return {.all = query_memory_, .one_bytes_max = engine_.config().query.query_bytes_max};
}

/// Rules together may take what one query of a client may, whatever the clients take.
void App::limit_queries(const config::Query& query) {
  rule_memory_->set_bytes_max(query.query_bytes_max);
  query_memory_->set_bytes_max(query.all_queries_bytes_max);
  query_pool_.grow_to(query.concurrency);
  server_.set_jobs_max(query.concurrency);
}

std::function<std::string()> App::metrics_page() const {
  return [metrics = &metrics_, snapshot = engine_.snapshot(), pending = outbox_.pending()] {
    return metrics->text(snapshot, pending);
  };
}

std::map<std::string, std::size_t> App::outbox_pending() const {
  return outbox_.pending_by_receiver();
}

bool App::store_hangs() const {
  return committer_.is_hung();
}

std::string App::store_problem() const {
  return committer_.problem();
}

std::string App::not_ready() const {
  if (const auto source = scrapes_.not_scraped_yet()) {
    return fmt::format("{} has not been scraped yet", *source);
  }
  if (const std::string problem = committer_.problem(); !problem.empty()) {
    return "the state cannot be stored: " + problem;
  }
  return tasks_.problem(engine_.snapshot()->at);
}

Daemon::ReloadJob App::reload() {
  return [this, paths = options_.config_paths, post = samples().post](const std::stop_token& stop) {
    auto loaded = std::make_shared<config::LoadResult>(load_configuration(paths));
    const auto why =
        prometheus_api::on_loop(post, stop, [this, loaded] { return take(std::move(*loaded)); });
    return why.value_or("the reload was given up before it began");
  };
}

/// Goes on with a configuration. Empty text: done; else why the previous one stays.
std::string App::take(config::LoadResult loaded) {
  systemd_.reloading();
  std::string why = apply(std::move(loaded));
  systemd_.ready();
  return why;
}

std::string App::apply(config::LoadResult loaded) {
  std::string first_error;
  for (const config::Diagnostic& diagnostic : loaded.diagnostics) {
    const std::string text = config::to_text(diagnostic);
    const bool is_error = diagnostic.severity == config::Severity::error;
    if (is_error && first_error.empty()) first_error = text;
    is_error ? log::error(text) : log::warning(text);
  }
  metrics_.reload(loaded.config.has_value(), clock_.now());
  last_reload_ = {.succeeded = loaded.config.has_value(), .at = clock_.now()};
  if (!loaded.config) {
    log::error("reload rejected; keeping the previous configuration");
    return "reload rejected; keeping the previous configuration: " + first_error;
  }
  config::Config config = with_options(std::move(*loaded.config), options_);
  const config::HostPort bound = engine_.config().listen;
  if (config.listen != configured_listen_ || config.state != configured_state_) {
    log::warning("changes of listen and state take effect only at the next start",
                 {{"listening_on", bound.text()}, {"state", configured_state_}});
  }
  listen_on(config, bound);
  engine_.reconfigure(std::move(config), clock_.now());
  limit_queries(engine_.config().query);
  scrapes_.configure(engine_.plan().sources);
  metrics_.forget_scrapes_except(scrapes_.last());
  ingest_.configure(engine_.config(), engine_.plan());
  outbox_.configure(engine_.config().alerting.receivers, engine_.config().alerting.access);
  log::info("configuration reloaded",
            {{"slos", engine_.plan().slos.size()}, {"sources", engine_.plan().sources.size()}});
  return {};
}

asio::awaitable<void> App::obey_signals() {
  while (!stopping_) {
    const int signal = co_await signals_.async_wait(asio::use_awaitable);
    if (signal == SIGHUP) {
      take(co_await pool_.run(
          [paths = options_.config_paths] { return load_configuration(paths); }));
      continue;
    }
    log::info("shutting down", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    stopping_ = true;
  }
  if (!std::exchange(is_ending_, true)) co_await shut_down();
}

asio::awaitable<void> App::shut_down() {
  end_by_ = std::chrono::steady_clock::now() + shutdown_limit;
  watchdog_.expect_end();
  systemd_.stopping();
  timer_.cancel();
  log::debug("shutdown: closing the listener");
  server_.stop_accepting();
  log::debug("shutdown: ending scrapes");
  co_await ingest_.stop();
  log::debug("shutdown: waiting for jobs");
  co_await jobs_.finish(jobs_limit);
  log::debug("shutdown: storing the state");
  if (!is_failing_) engine_.step(clock_.now());
  const bool stored = co_await final_commit();
  log::debug("shutdown: waiting for deliveries in progress");
  co_await outbox_.stop(outbox_limit);
  log::debug("shutdown: answering open requests");
  co_await server_.drain(drain_limit);
  committer_.store_last_updates();
  const auto left = std::chrono::floor<Duration>(end_by_ - std::chrono::steady_clock::now());
  const bool closed = store_.close(std::clamp<Duration>(left, Duration(0), close_limit));
  log::info("stopped", {{"state_stored", stored && closed}});
  loop_.stop();
}

/// Whether all is on the disk.
asio::awaitable<bool> App::final_commit() {
  const auto deadline = std::chrono::steady_clock::now() + close_limit;
  asio::steady_timer pause(loop_);
  committer_.shut_down();
  // The committer gives up by itself, and then says what was not stored.
  const auto is_waiting = [&] {
    const bool is_late = std::chrono::steady_clock::now() >= deadline;
    return !committer_.is_closed() || (!history_.is_done() && !is_late);
  };
  for (;;) {
    committer_.tick();
    history_.write_all();
    if (!is_waiting()) break;
    pause.expires_after(20ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
  co_return committer_.is_stored() && history_.is_done();
}

}  // namespace slod
