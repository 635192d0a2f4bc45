#include "daemon/ingest/ingest.h"

#include <fmt/format.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <set>
#include <utility>

#include "daemon/ingest/scrape_log.h"
#include "daemon/log/log.h"
#include "lib/series/scraped_source.h"

namespace slod {
namespace asio = boost::asio;
namespace {

/// How often the comments of a source's page are read, besides its samples.
constexpr std::uint64_t scrapes_per_metadata = 40;

struct Page {
  std::string body;
  Instant at;
};

/// What one source needs while it is scraped.
struct Task {
  SourceAccess access;
  SourceOptions options;
  std::shared_ptr<const Demand> demand;
  std::shared_ptr<const TlsContext> tls;
  std::unique_ptr<ScrapedSource> source;  ///< null while the pool has it
  std::uint64_t delivered_series = 0;     ///< the series_version that was handed over last
  std::optional<Instant> last_read = {};
  std::uint64_t scrapes_to_metadata = 0;  ///< 0: the next scrape reads the metadata, too
  ScrapeLog log = {};
  bool is_ending = false;
  asio::cancellation_signal cancel = {};
};

/// What restore() made of a source.
struct RestoredSource {
  std::unique_ptr<ScrapedSource> source;
  std::uint64_t delivered_series = 0;  ///< its series_version, where these series are stored
};

/// What comes back from the pool.
struct Parsed {
  std::unique_ptr<ScrapedSource> source;
  std::expected<BatchResult, std::string> result;
  SourceChange change = {};
};

Parsed parse(std::unique_ptr<ScrapedSource> source, const std::string& name, const Page& page,
             std::uint64_t delivered_series, PageReader::Comments comments) {
  auto result = source->record_page(page.body, page.at, comments);
  if (!result) return {std::move(source), std::unexpected(result.error().message)};
  const SeriesBook& book = source->book;
  SourceChange change{.source = name, .series = {}, .values = book.values_bytes()};
  if (book.series_version() != delivered_series) change.series = book.series_bytes();
  return {std::move(source), std::move(*result), std::move(change)};
}

}  // namespace

struct Ingest::State {
  asio::io_context& loop;
  Client& client;
  Pool& pool;
  Clock& clock;
  Deliver deliver;
  std::map<std::string, std::unique_ptr<Task>> tasks;
  std::set<std::unique_ptr<Task>> ended;  ///< let go, but still in the middle of something
  std::map<std::string, RestoredSource> restored;
  std::size_t running = 0;
  asio::steady_timer all_ended{loop};

  void start(const config::Config& config, const SourcePlan& plan);
  std::optional<Instant> last_read_of_job(const SourcePlan& plan) const;
  void end(std::map<std::string, std::unique_ptr<Task>>::iterator at);
  void finished(Task* task, const std::exception_ptr& problem);
  asio::awaitable<void> run(Task* task);
  asio::awaitable<void> scrape(Task* task);
  asio::awaitable<std::expected<Page, std::string>> fetch(Task* task, Instant at);
  void hand_over(Task& task, Instant at, std::size_t body_bytes, Parsed parsed);
};

namespace {

void renew_tls(Task& task) {
  auto tls = tls_of(task.access.access);
  if (!tls) {
    log::error("cannot read the TLS files of a source",
               {{"source", task.access.name}, {"error", tls.error()}});
  }
  task.tls = std::move(tls).value_or(nullptr);
}

}  // namespace

void Ingest::State::start(const config::Config& config, const SourcePlan& plan) {
  SourceAccess access = access_of(config, plan);
  const auto known = tasks.find(plan.name);
  if (known != tasks.end()) {
    Task& task = *known->second;
    if (task.options == plan.options && task.access.interval == access.interval) {
      task.access = std::move(access);
      task.demand = plan.demand;
      renew_tls(task);
      return;
    }
    end(known);
  }
  auto task = std::make_unique<Task>();
  task->access = std::move(access);
  task->options = plan.options;
  task->demand = plan.demand;
  if (const auto stored = restored.extract(plan.name)) {
    task->source = std::move(stored.mapped().source);
    task->delivered_series = stored.mapped().delivered_series;
    task->last_read = task->source->book.last_batch();
  } else {
    task->source = std::make_unique<ScrapedSource>(plan.demand, plan.options);
    if (const auto read = last_read_of_job(plan)) task->source->book.join_job(*read);
  }
  renew_tls(*task);
  Task* running_task = task.get();
  tasks.emplace(plan.name, std::move(task));
  ++running;
  asio::co_spawn(
      loop, run(running_task),
      asio::bind_cancellation_slot(running_task->cancel.slot(),
                                   [this, running_task](const std::exception_ptr& problem) {
                                     finished(running_task, problem);
                                   }));
}

/// When any target of the same job was read last.
std::optional<Instant> Ingest::State::last_read_of_job(const SourcePlan& plan) const {
  std::optional<Instant> last;
  const auto note = [&](const SourceOptions& options, std::optional<Instant> read) {
    const bool is_of_job =
        options.target_labels.get("job") == plan.options.target_labels.get("job");
    if (is_of_job && options.kind == plan.options.kind) last = std::max(last, read);
  };
  if (plan.options.target_labels.get("job").empty()) return last;  // a server has many
  for (const auto& [name, task] : tasks) note(task->options, task->last_read);
  for (const auto& [name, source] : restored) {
    note(source.source->book.options(), source.source->book.last_batch());
  }
  return last;
}

void Ingest::State::end(std::map<std::string, std::unique_ptr<Task>>::iterator at) {
  Task& task = *at->second;
  task.is_ending = true;
  ended.insert(std::move(at->second));
  tasks.erase(at);
  task.cancel.emit(asio::cancellation_type::terminal);
}

void Ingest::State::finished(Task* task, const std::exception_ptr& problem) {
  --running;
  if (problem && !task->is_ending) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("the task of a source ended unexpectedly; the source is no longer scraped",
                 {{"source", task->access.name}, {"error", error.what()}});
    }
  }
  std::erase_if(ended, [task](const auto& owned) { return owned.get() == task; });
  if (running == 0) all_ended.cancel();
}

asio::awaitable<void> Ingest::State::run(Task* task) {
  asio::steady_timer timer(loop);
  while (!task->is_ending) {
    const Instant now = clock.now();
    timer.expires_after(next_due(task->access.name, task->access.interval, now) - now);
    co_await timer.async_wait(asio::use_awaitable);
    co_await scrape(task);
  }
}

asio::awaitable<std::expected<Page, std::string>> Ingest::State::fetch(Task* task, Instant at) {
  if (task->access.access.tls && !task->tls) {
    renew_tls(*task);
    if (!task->tls) co_return std::unexpected("its TLS files cannot be read");
  }
  auto request = request_of(task->access, task->tls);
  if (!request) co_return std::unexpected(request.error());
  Page page{.body = {}, .at = at};
  auto reply = co_await client.fetch(std::move(*request));
  if (!reply) co_return std::unexpected(reply.error().message);
  if (reply->status != 200) {
    co_return std::unexpected(fmt::format("it answered with status {}, not 200", reply->status));
  }
  page.body = std::move(reply->body);
  co_return page;
}

asio::awaitable<void> Ingest::State::scrape(Task* task) {
  const Instant at = clock.now();
  auto page = co_await fetch(task, at);
  if (task->is_ending) co_return;
  if (!page) {
    hand_over(*task, at, 0, {.source = {}, .result = std::unexpected(page.error())});
    co_return;
  }
  task->source->book.set_demand(task->demand);
  const std::size_t body_bytes = page->body.size();
  auto comments = PageReader::Comments::skipped;
  if (task->scrapes_to_metadata == 0) {
    comments = PageReader::Comments::read;
    task->scrapes_to_metadata = scrapes_per_metadata;
  }
  --task->scrapes_to_metadata;
  Parsed parsed = co_await pool.run(
      [source = std::move(task->source), name = task->access.name, page = std::move(*page),
       delivered = task->delivered_series,
       comments]() mutable { return parse(std::move(source), name, page, delivered, comments); });
  task->source = std::move(parsed.source);
  // The version of the bytes in the change: a demand set below has a later one, and then the next
  // scrape hands its series over again, or a restart would find values without their series.
  task->delivered_series = task->source->book.series_version();
  // A reload may have changed the demand meanwhile; what was scraped is said in terms of the new
  // one.
  task->source->book.set_demand(task->demand);
  if (!task->is_ending) hand_over(*task, at, body_bytes, std::move(parsed));
}

void Ingest::State::hand_over(Task& task, Instant at, std::size_t body_bytes, Parsed parsed) {
  task.log.note(task.access.name, parsed.result);
  if (parsed.result) task.last_read = at;
  deliver({.source = task.access.name,
           .book = task.source->book,
           .attempt = {.at = at, .took = clock.now() - at},
           .body_bytes = body_bytes,
           .batch = parsed.result,
           .change = std::move(parsed.change)});
}

Ingest::Ingest(asio::io_context& loop, Client& client, Pool& pool, Clock& clock, Deliver deliver)
    : state_(new State{loop, client, pool, clock, std::move(deliver), {}, {}, {}}) {}

Ingest::~Ingest() = default;

std::expected<void, std::string> Ingest::restore(const SourcePlan& plan,
                                                 const SourceChange& stored) {
  auto source = std::make_unique<ScrapedSource>(plan.demand, plan.options);
  auto restored = source->book.restore(stored.series.value_or(""), stored.values);
  if (!restored) return restored;
  if (source->book.bring_back(state_->clock.now())) {
    log::warning("the stored counters of a source are from the future; they count as of now",
                 {{"source", plan.name}});
  }
  // Series may have gone, or lost labels, since they were stored: then they are stored again.
  const bool is_stored = source->book.series_bytes() == stored.series;
  const std::uint64_t delivered = is_stored ? source->book.series_version() : 0;
  state_->restored[plan.name] = {std::move(source), delivered};
  return {};
}

void Ingest::configure(const config::Config& config, const Plan& plan) {
  std::set<std::string> wanted;
  for (const SourcePlan& source : plan.sources) {
    wanted.insert(source.name);
    state_->start(config, source);
  }
  for (auto at = state_->tasks.begin(); at != state_->tasks.end();) {
    const auto next = std::next(at);
    if (!wanted.contains(at->first)) state_->end(at);
    at = next;
  }
  state_->restored.clear();
}

const SeriesBook* Ingest::restored_book(const std::string& source) const {
  const auto found = state_->restored.find(source);
  return found == state_->restored.end() ? nullptr : &found->second.source->book;
}

asio::awaitable<void> Ingest::stop() {
  while (!state_->tasks.empty()) state_->end(state_->tasks.begin());
  state_->all_ended.expires_at(asio::steady_timer::time_point::max());
  while (state_->running > 0) {
    boost::system::error_code ignored;
    co_await state_->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

}  // namespace slod
