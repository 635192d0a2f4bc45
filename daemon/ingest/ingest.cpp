#include "daemon/ingest/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/ingest/scrape_log.h"
#include "daemon/log/log.h"
#include "daemon/net/retry_after.h"
#include "daemon/tasks/supervise.h"
#include "lib/series/replica_choice.h"
#include "lib/series/sample_times.h"
#include "lib/series/scraped_source.h"

namespace slod {
namespace asio = boost::asio;
namespace {

/// How often the comments of a source's page are read, besides its samples.
constexpr std::uint64_t scrapes_per_metadata = 40;

constexpr int status_uri_too_long = 414;

struct Page {
  std::size_t replica = 0;
  std::string body;
  ReadTimes times;
};

/// Why a page could not be read.
struct Unread {
  std::string why;
  bool is_query_too_long = false;
};

/// What the source's clock showed, unless a cache kept the answer.
std::optional<Instant> date_of(const Reply& reply) {
  return reply.header("age").empty() ? parse_http_date(reply.header("date")) : std::nullopt;
}

std::size_t longest_of(const std::vector<std::string>& texts) {
  std::size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  return longest;
}

/// What one source needs while it is scraped.
struct Task {
  SourceAccess access;
  SourceOptions options;
  std::shared_ptr<const Demand> demand;
  std::shared_ptr<const TlsContext> tls;
  std::unique_ptr<ScrapedSource> source;  ///< null while the pool has it
  std::uint64_t delivered_series = 0;     ///< the series_version that was handed over last
  std::optional<Instant> last_read = {};
  std::uint64_t scrapes_to_metadata = 0;            ///< 0: the next scrape reads the metadata, too
  std::size_t query_bytes_max = query_bytes_first;  ///< less where the server takes less
  ReplicaChoice choice = {};
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
  std::size_t page = 0;                ///< which of the pages it is
  std::optional<Instant> newest = {};  ///< of its samples
};

/// What one attempt to read a source came to.
struct Attempt {
  std::size_t replica = 0;
  Instant at;
  std::size_t body_bytes = 0;
  Parsed parsed;
};

/// The pages of a source; of a pair that is in doubt both, of which one counts.
struct ToParse {
  std::unique_ptr<ScrapedSource> source;
  std::string name;
  std::vector<Page> pages;  ///< the first is of the replica that is read
  ReplicaChoice choice;
  std::uint64_t delivered_series = 0;
  PageReader::Comments comments = PageReader::Comments::skipped;
};

Parsed parse(ToParse work) {
  ScrapedSource& source = *work.source;
  std::vector<std::expected<SampleBatch, PageError>> batches;
  std::vector<std::optional<Instant>> newest;
  for (const Page& page : work.pages) {
    batches.push_back(source.decode(page.body, page.times, page.replica, work.comments));
    newest.push_back(batches.back() ? newest_timestamp(*batches.back()) : std::nullopt);
  }
  const bool is_behind =
      batches.size() > 1 && batches[1] &&
      (!batches[0] || work.choice.is_behind(newest[0], newest[1], work.pages[0].times.sent));
  const std::size_t chosen = is_behind ? 1 : 0;
  if (!batches[chosen]) {
    return {std::move(work.source), std::unexpected(batches[chosen].error().message)};
  }
  BatchResult result = source.record(std::move(*batches[chosen]), work.pages[chosen].replica);
  const SeriesBook& book = source.book;
  SourceChange change{.source = work.name, .series = {}, .values = book.values_bytes()};
  if (book.series_version() != work.delivered_series) change.series = book.series_bytes();
  return {std::move(work.source), std::move(result), std::move(change), chosen, newest[chosen]};
}

}  // namespace

struct Ingest::State {
  asio::io_context& loop;
  Client& client;
  Pool& pool;
  Clock& clock;
  Deliver deliver;
  Failed failed;
  std::map<std::string, std::unique_ptr<Task>> tasks;
  std::set<std::unique_ptr<Task>> ended;  ///< let go, but still in the middle of something
  std::map<std::string, RestoredSource> restored;
  std::size_t running = 0;
  asio::steady_timer all_ended{loop};

  void start(const config::Config& config, const SourcePlan& plan);
  std::optional<Instant> last_read_of_job(const SourcePlan& plan) const;
  void end(std::map<std::string, std::unique_ptr<Task>>::iterator at);
  void finished(Task* task);
  asio::awaitable<void> supervised(Task* task);
  void recover(Task& task, const std::string& error);
  asio::awaitable<void> run(Task* task);
  asio::awaitable<void> scrape(Task* task);
  asio::awaitable<Attempt> read(Task* task, std::size_t replica, Duration timeout);
  asio::awaitable<std::expected<Page, std::string>> fetch(Task* task, std::size_t replica,
                                                          Duration timeout);
  asio::awaitable<std::expected<Page, Unread>> fetch_parts(Task* task, std::size_t replica,
                                                           Duration timeout,
                                                           std::vector<std::string> queries);
  void hand_over(Task& task, Attempt attempt);
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
      if (task.access.url != access.url || task.access.other_url != access.other_url) {
        task.choice = ReplicaChoice(!access.other_url.empty(), plan.options);
        task.query_bytes_max = query_bytes_first;
      }
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
  task->choice = ReplicaChoice(!task->access.other_url.empty(), plan.options);
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
      loop, supervised(running_task),
      asio::bind_cancellation_slot(running_task->cancel.slot(),
                                   [this, running_task](const std::exception_ptr& /*cancelled*/) {
                                     finished(running_task);
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

void Ingest::State::finished(Task* task) {
  --running;
  std::erase_if(ended, [task](const auto& owned) { return owned.get() == task; });
  if (running == 0) all_ended.cancel();
}

/// Reads the source until it is let go, whatever a read meets.
asio::awaitable<void> Ingest::State::supervised(Task* task) {
  return supervise({.make = [this, task] { return run(task); },
                    .failed = [this, task](const std::string& error) { recover(*task, error); },
                    .is_over = [task] { return task->is_ending; }});
}

/// After a read that threw: its time is missing, and where its series went with it, the source
/// starts without any.
void Ingest::State::recover(Task& task, const std::string& error) {
  if (!task.source) {
    task.source = std::make_unique<ScrapedSource>(task.demand, task.options);
    task.delivered_series = 0;
  }
  failed(task.access.name, error);
  Attempt attempt{.replica = task.choice.current(), .at = clock.now(), .parsed = {}};
  attempt.parsed.result = std::unexpected("slod failed while it read it: " + error);
  hand_over(task, std::move(attempt));
}

asio::awaitable<void> Ingest::State::run(Task* task) {
  asio::steady_timer timer(loop);
  ReadRhythm rhythm(task->access.name, task->access.interval);
  while (!task->is_ending) {
    timer.expires_after(rhythm.wait(Clock::wall(), std::chrono::steady_clock::now()));
    co_await timer.async_wait(asio::use_awaitable);
    co_await scrape(task);
  }
}

asio::awaitable<std::expected<Page, std::string>> Ingest::State::fetch(Task* task,
                                                                       std::size_t replica,
                                                                       Duration timeout) {
  if (task->access.access.tls && !task->tls) {
    renew_tls(*task);
    if (!task->tls) co_return std::unexpected("its TLS files cannot be read");
  }
  const Instant began = clock.now();
  for (;;) {
    const std::vector<MatchGroup>& matches = task->access.matches;
    std::vector<std::string> queries = federate_queries(matches, task->query_bytes_max);
    const std::size_t longest = longest_of(queries);
    if (queries.empty()) queries.emplace_back();  // a page has none
    const Duration left = timeout - (clock.now() - began);
    auto page = co_await fetch_parts(task, replica, left, std::move(queries));
    if (page) co_return std::move(*page);
    if (!page.error().is_query_too_long || task->is_ending) {
      co_return std::unexpected(page.error().why);
    }
    if (longest_of(federate_queries(matches, longest / 2)) == longest) {
      task->query_bytes_max =
          query_bytes_first;  // even one match is too long: it is not the length
      co_return std::unexpected(page.error().why);
    }
    task->query_bytes_max = longest / 2;
  }
}

/// All parts of a read, one after the other: together they are one page, or none.
asio::awaitable<std::expected<Page, Unread>> Ingest::State::fetch_parts(
    Task* task, std::size_t replica, Duration timeout, std::vector<std::string> queries) {
  const Instant began = clock.now();
  Page page{.replica = replica,
            .body = {},
            .times = {.sent = began, .received = began, .date = std::nullopt}};
  for (const std::string& query : queries) {
    auto request = request_of(task->access, task->tls, replica, query);
    if (!request) co_return std::unexpected(Unread{.why = request.error()});
    request->timeout = timeout - (clock.now() - began);
    if (request->timeout <= Duration::zero()) {
      co_return std::unexpected(
          Unread{.why = fmt::format("the {} requests of one read did not end within {}",
                                    queries.size(), format_duration(timeout))});
    }
    request->body_bytes_max -= std::min(page.body.size(), request->body_bytes_max);
    auto reply = co_await client.fetch(std::move(*request));
    if (!reply) co_return std::unexpected(Unread{.why = reply.error().message});
    if (reply->status != 200) {
      co_return std::unexpected(
          Unread{.why = fmt::format("it answered with status {}, not 200", reply->status),
                 .is_query_too_long = reply->status == status_uri_too_long});
    }
    append_page(page.body, std::move(reply->body));
    page.times.received = clock.now();
    page.times.date = date_of(*reply);
  }
  co_return page;
}

/// Reads a replica, and where it is in doubt the other one as well.
asio::awaitable<Attempt> Ingest::State::read(Task* task, std::size_t replica, Duration timeout) {
  Attempt attempt{.replica = replica, .at = clock.now(), .parsed = {}};
  auto page = co_await fetch(task, replica, timeout);
  if (!page) {
    attempt.parsed.result = std::unexpected(page.error());
    co_return attempt;
  }
  std::vector<Page> pages;
  pages.push_back(std::move(*page));
  const Duration left = task->access.interval - (clock.now() - attempt.at);
  const bool asks_both = replica == task->choice.current() && task->choice.is_in_doubt(attempt.at);
  if (asks_both && left > Duration::zero() && !task->is_ending) {
    auto other = co_await fetch(task, task->choice.other(), std::min(timeout, left));
    if (other) pages.push_back(std::move(*other));
  }
  if (task->is_ending) co_return attempt;
  task->source->book.set_demand(task->demand);
  ToParse work{.source = std::move(task->source),
               .name = task->access.name,
               .pages = std::move(pages),
               .choice = task->choice,
               .delivered_series = task->delivered_series};
  if (task->scrapes_to_metadata == 0) {
    work.comments = PageReader::Comments::read;
    task->scrapes_to_metadata = scrapes_per_metadata;
  }
  --task->scrapes_to_metadata;
  std::vector<std::pair<std::size_t, std::size_t>> read_pages;  // replica, bytes
  std::vector<Instant> sent;
  for (const Page& each : work.pages) {
    read_pages.emplace_back(each.replica, each.body.size());
    sent.push_back(each.times.sent);
  }
  attempt.parsed =
      co_await pool.run([work = std::move(work)]() mutable { return parse(std::move(work)); });
  std::tie(attempt.replica, attempt.body_bytes) = read_pages[attempt.parsed.page];
  attempt.at = sent[attempt.parsed.page];
  task->source = std::move(attempt.parsed.source);
  // The version of the bytes in the change: a demand set below has a later one, and then the next
  // scrape hands its series over again, or a restart would find values without their series.
  task->delivered_series = task->source->book.series_version();
  // A reload may have changed the demand meanwhile; what was scraped is said in terms of the new
  // one.
  task->source->book.set_demand(task->demand);
  co_return attempt;
}

/// Reads a source; of a pair the other one where the one that is read fails and time is left.
asio::awaitable<void> Ingest::State::scrape(Task* task) {
  const Instant began = clock.now();
  const std::size_t before = task->choice.current();
  Attempt attempt = co_await read(task, before, task->access.timeout);
  if (task->is_ending) co_return;
  std::string why = attempt.parsed.result ? "it has fallen behind" : attempt.parsed.result.error();
  if (!attempt.parsed.result && task->choice.has_other()) {
    const Duration left = task->access.interval - (clock.now() - began);
    if (left > Duration::zero()) {
      Attempt second =
          co_await read(task, task->choice.other(), std::min<Duration>(task->access.timeout, left));
      if (task->is_ending) co_return;
      if (!second.parsed.result) {
        second.parsed.result = std::unexpected(why + "; " + second.parsed.result.error());
      }
      attempt = std::move(second);
    } else {
      task->choice.turn();
    }
  }
  if (attempt.parsed.result) {
    task->choice.read(attempt.replica, attempt.parsed.newest, attempt.at);
    if (attempt.replica != before) {
      log::warning("the other server of a pair is read from now on",
                   {{"source", task->access.name},
                    {"url", shown_url(task->access, attempt.replica)},
                    {"why", why}});
    }
  }
  hand_over(*task, std::move(attempt));
}

void Ingest::State::hand_over(Task& task, Attempt attempt) {
  task.log.note(task.access.name, attempt.parsed.result);
  if (attempt.parsed.result) task.last_read = attempt.at;
  deliver({.source = task.access.name,
           .book = task.source->book,
           .attempt = {.at = attempt.at, .took = clock.now() - attempt.at},
           .body_bytes = attempt.body_bytes,
           .batch = attempt.parsed.result,
           .change = std::move(attempt.parsed.change),
           .url = shown_url(task.access, task.choice.current())});
}

Ingest::Ingest(asio::io_context& loop, Client& client, Pool& pool, Clock& clock, Deliver deliver,
               Failed failed)
    : state_(new State{
          loop, client, pool, clock, std::move(deliver), std::move(failed), {}, {}, {}}) {}

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
