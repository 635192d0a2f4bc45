#include "daemon/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <thread>
#include <utility>

#include "daemon/api/metric_samples.h"
#include "daemon/files/configuration.h"
#include "daemon/log/log.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;

constexpr Duration drain_limit = 5s;
constexpr Duration outbox_limit = 5s;
constexpr Duration commit_limit = 10s;
constexpr Duration work_limit = 2s;
constexpr Duration prune_interval = 1h;
constexpr Duration own_interval = 15s;

std::size_t pool_threads() {
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

/// Without an external_url of its own, links go where slod listens.
bool links_to_itself(const config::Config& config) {
  return config.external_url == "http://" + config.listen.text();
}

config::Config with_options(config::Config config, const RunOptions& options) {
  if (options.listen) {
    const bool is_default = links_to_itself(config);
    config.listen = *options.listen;
    if (is_default) config.external_url = "http://" + config.listen.text();
  }
  if (options.state) config.state = *options.state;
  return config;
}

/// Where the system chose the port, links carry the one it chose.
void link_to(config::Config& config, std::uint16_t port) {
  if (config.listen.port != 0 || !links_to_itself(config)) return;
  config.external_url = "http://" + config::HostPort{config.listen.host, port}.text();
}

/// Later changes after earlier ones, as one transaction.
void append(Changes& into, Changes later) {
  const auto move_all = [](auto& to, auto& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_all(into.slos, later.slos);
  move_all(into.slos_forgotten, later.slos_forgotten);
  move_all(into.sources, later.sources);
  move_all(into.sources_forgotten, later.sources_forgotten);
  move_all(into.episodes, later.episodes);
  move_all(into.outbox, later.outbox);
  move_all(into.verdicts, later.verdicts);
  move_all(into.remembered.standings, later.remembered.standings);
  move_all(into.remembered.levels, later.remembered.levels);
  move_all(into.remembered.open_gaps, later.remembered.open_gaps);
  move_all(into.remembered.removals, later.remembered.removals);
  move_all(into.remembered.rule_marks, later.remembered.rule_marks);
}

}  // namespace

App::App(RunOptions options, config::Config config, Database database, Restored restored,
         std::vector<OutboxRow> pending)
    : options_(std::move(options)),
      store_(std::move(database),
             [this](std::function<void()> work) { asio::post(loop_, std::move(work)); }),
      pool_(pool_threads()),
      query_pool_(pool_threads()),
      server_(
          loop_, ServerLimits{}, [this](const Request& request) { return api_.answer(request); },
          [this](const Request& request, int status, std::chrono::microseconds took) {
            metrics_.http_request(request.method, api_.route_of(request.path), status, took);
          },
          [](std::string_view sentence) { log::error(sentence); }, &query_pool_),
      port_(bind(config)),
      engine_(std::move(config), std::move(restored), clock_.now()),
      outbox_(
          loop_, client_, [this] { return clock_.now(); },
          [this](OutboxUpdate update) {
            updates_.push_back(std::move(update));
            store_updates();
          },
          [this](const std::string& receiver, std::string_view result) {
            metrics_.notification(receiver, result);
          }),
      ingest_(loop_, client_, pool_, clock_,
              [this](ScrapeResult result) { deliver(std::move(result)); }),
      works_(loop_, query_pool_, engine_, clock_,
             [](std::string_view sentence) { log::error(sentence); }),
      signals_(loop_, SIGTERM, SIGINT, SIGHUP) {
  started_ = clock_.now();
  last_reload_ = {.succeeded = true, .at = started_};
  engine_.set_stopwatch([] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  });
  for (const std::string& problem : engine_.take_problems()) log::warning(problem);
  restore_sources();
  outbox_.configure(engine_.config().alerting.receivers);
  outbox_.restore(std::move(pending));
}

App::~App() = default;

/// Makes the options count, and binds the port.
std::expected<std::uint16_t, std::string> App::bind(config::Config& config) {
  config = with_options(std::move(config), options_);
  auto port = server_.bind(config.listen.host, config.listen.port);
  if (port) link_to(config, *port);
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
  const config::HostPort address{engine_.config().listen.host, *port_};
  log::info("serving", {{"address", address.text()},
                        {"slos", engine_.plan().slos.size()},
                        {"sources", engine_.plan().sources.size()}});
  return port_;
}

void App::run() {
  spawn(tick_on(), "tick");
  spawn(obey_signals(), "signals");
  loop_.run();
}

void App::spawn(asio::awaitable<void> task, const char* name) {
  asio::co_spawn(loop_, std::move(task), [name](const std::exception_ptr& problem) {
    if (!problem) return;
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("a task ended by itself", {{"task", name}, {"error", error.what()}});
      std::raise(SIGTERM);
    }
  });
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
  if (at <= own_recorded_) return;
  own_recorded_ = at;
  engine_.record_own(metric_samples(metrics_.families(*engine_.snapshot(), outbox_.pending())), at);
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
    // Evidence must not look stale only because nobody looked.
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

void App::tick() {
  const Instant now = clock_.now();
  engine_.step(now);
  watch_samples(now);
  watch_commit();
  record_own_series(now);
  history_.tick(now);
  works_.start();
  for (const std::string& problem : engine_.take_problems()) log::warning(problem);
  outbox_.set_firing(engine_.firing(now));
  store_updates();
  commit();
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

void App::commit() {
  if (in_flight_ && !must_retry_) return store_hangs() ? tell_without_storing() : void();
  if (!in_flight_) {
    Changes changes = engine_.take_changes();
    if (changes.empty()) return;
    log_verdicts(changes);
    in_flight_ = std::move(changes);
  } else if (engine_.has_messages()) {
    Changes later = engine_.take_changes();
    log_verdicts(later);
    outbox_.add(later.outbox);  // a disk that fails must not keep anybody from being told
    append(*in_flight_, std::move(later));
  }
  must_retry_ = false;
  commit_began_ = std::chrono::steady_clock::now();
  store_.submit(*in_flight_, [this](const auto& result) { committed(result); });
}

/// A disk that hangs must not keep anybody from being told any more than one that fails.
void App::tell_without_storing() {
  outbox_.add(in_flight_->outbox);
  if (!engine_.has_messages()) return;
  Changes later = engine_.take_changes();
  log_verdicts(later);
  outbox_.add(later.outbox);
  if (!waiting_) waiting_.emplace();
  append(*waiting_, std::move(later));
}

void App::committed(const std::expected<void, std::string>& result) {
  metrics_.commit(result.has_value(), commit_under_way());
  commit_began_.reset();
  outbox_.add(in_flight_->outbox);
  if (result) {
    if (!store_problem_.empty()) log::info("state is stored again");
    store_problem_.clear();
    in_flight_ = std::exchange(waiting_, std::nullopt);
    must_retry_ = in_flight_.has_value();
    return;
  }
  if (store_problem_.empty()) {
    log::error("cannot store the state; it is kept in memory and tried again every second",
               {{"error", result.error()}});
  }
  store_problem_ = result.error();
  if (waiting_) append(*in_flight_, std::exchange(waiting_, std::nullopt).value());
  must_retry_ = true;
}

/// One transaction at a time, so that many messages make few of them. What could not be stored is
/// tried again with the next tick.
void App::store_updates() {
  if (are_updates_out_ || updates_.empty()) return;
  are_updates_out_ = true;
  auto updates = std::make_shared<std::vector<OutboxUpdate>>(std::exchange(updates_, {}));
  store_.submit(*updates, [this, updates](const std::expected<void, std::string>& done) {
    are_updates_out_ = false;
    if (done) return store_updates();
    log::error("cannot store what became of messages; it is tried again",
               {{"messages", updates->size()}, {"error", done.error()}});
    updates_.insert(updates_.begin(), updates->begin(), updates->end());
  });
}

void App::log_verdicts(const Changes& changes) const {
  for (const VerdictChange& change : changes.verdicts) {
    log::info("freeze level changed", {{"service", change.service},
                                       {"from", change.from},
                                       {"to", change.to},
                                       {"reason", change.reason}});
  }
}

/// For how long the commit that has not ended is under way; zero: there is none.
Duration App::commit_under_way() const {
  if (!commit_began_) return Duration(0);
  return std::chrono::floor<Duration>(std::chrono::steady_clock::now() - *commit_began_);
}

prometheus_api::SamplesOnLoop App::samples() {
  return {.samples = &samples_,
          .post = [this](std::function<void()> call) { asio::post(loop_, std::move(call)); }};
}

std::string App::metrics_page() const {
  return metrics_.text(*engine_.snapshot(), outbox_.pending());
}

std::map<std::string, std::size_t> App::outbox_pending() const {
  return outbox_.pending_by_receiver();
}

bool App::store_hangs() const {
  return commit_under_way() >= commit_limit;
}

void App::watch_commit() {
  metrics_.commit_under_way(commit_under_way());
  if (store_hangs() && !hang_is_known_)
    log::error(store_problem() + "; the state is kept in memory");
  if (!store_hangs() && hang_is_known_ && store_problem_.empty())
    log::info("the disk stores again");
  hang_is_known_ = store_hangs();
}

/// Why the state is not stored; empty: it is. A disk may also hang and say nothing.
std::string App::store_problem() const {
  if (!store_problem_.empty() || !store_hangs()) return store_problem_;
  return fmt::format(
      "expected the disk to store a transaction within {}, found one that has taken {}",
      format_duration(commit_limit),
      format_duration(std::chrono::floor<std::chrono::seconds>(commit_under_way())));
}

std::string App::not_ready() const {
  if (const auto source = scrapes_.not_scraped_yet()) {
    return fmt::format("{} has not been scraped yet", *source);
  }
  if (const std::string problem = store_problem(); !problem.empty()) {
    return "the state cannot be stored: " + problem;
  }
  return {};
}

std::string App::reload() {
  config::LoadResult loaded = load_configuration(options_.config_paths);
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
    log::error("the configuration is not taken up; the one before goes on");
    return fmt::format("the configuration is not taken up, the one before goes on: {}",
                       first_error);
  }
  config::Config config = with_options(std::move(*loaded.config), options_);
  if (port_) link_to(config, *port_);
  if (config.listen != engine_.config().listen || config.state != engine_.config().state) {
    log::warning("listen and state take effect at the next start only");
  }
  engine_.reconfigure(std::move(config), clock_.now());
  scrapes_.configure(engine_.plan().sources);
  metrics_.forget_scrapes_except(scrapes_.last());
  ingest_.configure(engine_.config(), engine_.plan());
  outbox_.configure(engine_.config().alerting.receivers);
  log::info("the configuration is taken up",
            {{"slos", engine_.plan().slos.size()}, {"sources", engine_.plan().sources.size()}});
  return {};
}

asio::awaitable<void> App::obey_signals() {
  while (!stopping_) {
    const int signal = co_await signals_.async_wait(asio::use_awaitable);
    if (signal == SIGHUP) {
      reload();
      continue;
    }
    log::info("shutting down", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    stopping_ = true;
  }
  co_await shut_down();
}

asio::awaitable<void> App::shut_down() {
  timer_.cancel();
  log::debug("shutdown: takes no more connections");
  server_.stop_accepting();
  log::debug("shutdown: ends reading");
  co_await ingest_.stop();
  log::debug("shutdown: lets rules that are being evaluated finish");
  co_await works_.finish(work_limit);
  log::debug("shutdown: stores the state");
  engine_.step(clock_.now());
  const bool stored = co_await final_commit();
  log::debug("shutdown: lets messages on their way finish");
  co_await outbox_.stop(outbox_limit);
  log::debug("shutdown: answers what was asked");
  co_await server_.drain(drain_limit);
  if (!updates_.empty()) store_.submit(std::exchange(updates_, {}), [](const auto&) {});
  const bool closed = store_.close(commit_limit);
  log::info("stopped", {{"state_stored", stored && closed}});
  loop_.stop();
}

asio::awaitable<bool> App::final_commit() {
  const auto deadline = std::chrono::steady_clock::now() + commit_limit;
  bool all_stored = false;
  asio::steady_timer pause(loop_);
  while (!all_stored && std::chrono::steady_clock::now() < deadline) {
    commit();
    history_.write_all();
    all_stored = !in_flight_ && history_.is_done();
    if (all_stored) break;
    pause.expires_after(20ms);
    co_await pause.async_wait(asio::use_awaitable);
    all_stored = !in_flight_ && history_.is_done();
  }
  co_return all_stored;
}

}  // namespace slod
