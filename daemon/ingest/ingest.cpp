#include "daemon/ingest/ingest.h"

#include <fmt/format.h>

#include <array>
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

#include "daemon/log/log.h"

namespace slod {
namespace asio = boost::asio;
namespace {

/// Which kinds of samples a page had that are ignored: without a value, out of order, too far
/// ahead, too far behind, duplicates.
using Ignored = std::array<bool, 5>;

/// What one source needs while it is read.
struct Task {
  SourceAccess access;
  SourceOptions options;
  std::shared_ptr<const Demand> demand;
  std::shared_ptr<const TlsContext> tls;
  std::unique_ptr<SourceReader> reader;  ///< null while the pool has it
  std::uint64_t delivered_series = 0;    ///< the series_version that was handed over last
  std::uint64_t reads_to_metadata = 0;   ///< 0: the next read reads the metadata, too
  bool was_failing = false;
  Ignored ignored{};  ///< on the last page that could be read
  bool ending = false;
  asio::cancellation_signal cancel;
};

/// What comes back from the pool.
struct Parsed {
  std::unique_ptr<SourceReader> reader;
  std::expected<Read, std::string> read;
  SourceChange change = {};
  MetadataByMetric metadata = {};
};

struct Page {
  std::string body;
  Instant at;
};

/// How often the comments of a source's page are read, besides its samples.
constexpr std::uint64_t reads_per_metadata = 40;

/// `described` is the demand whose metrics' metadata is wanted; null: none is.
Parsed parse(std::unique_ptr<SourceReader> reader, const std::string& source, const Page& page,
             std::uint64_t delivered_series, const Demand* described) {
  auto read = reader->read(page.body, page.at);
  if (!read) return {std::move(reader), std::unexpected(read.error().message), {}, {}};
  MetadataByMetric metadata;
  if (described != nullptr) {
    metadata = read_metadata(
        page.body, [described](std::string_view metric) { return described->wants(metric); });
  }
  SourceChange change{.source = source, .series = {}, .values = reader->values_bytes()};
  if (reader->series_version() != delivered_series) change.series = reader->series_bytes();
  return {std::move(reader), std::move(*read), std::move(change), std::move(metadata)};
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
  std::map<std::string, std::unique_ptr<SourceReader>> restored;
  std::size_t running = 0;
  asio::steady_timer all_ended{loop};

  void start(const config::Config& config, const SourcePlan& plan);
  void end(std::map<std::string, std::unique_ptr<Task>>::iterator at);
  void finished(Task* task, const std::exception_ptr& problem);
  asio::awaitable<void> run(Task* task);
  asio::awaitable<void> read_once(Task* task);
  asio::awaitable<std::expected<Page, std::string>> fetch(Task* task, Instant at);
  void hand_over(Task& task, Instant at, std::size_t body_bytes, Parsed parsed);
};

namespace {

void renew_tls(Task& task) {
  task.tls = nullptr;
  if (!task.access.access.tls) return;
  const config::Tls& tls = *task.access.access.tls;
  auto context = make_tls_context({tls.ca_file, tls.cert_file, tls.key_file, tls.server_name});
  if (context) {
    task.tls = std::move(*context);
  } else {
    log::error("cannot read the TLS files of a source",
               {{"source", task.access.name}, {"error", context.error()}});
  }
}

/// Says what a page has that is ignored, where the page before it had nothing of the kind.
void log_ignored(Task& task, const Read& read) {
  const Ignored now{read.ignored_values > 0, read.out_of_order > 0, read.too_far_ahead > 0,
                    read.too_far_behind > 0, read.duplicates > 0};
  const Ignored before = std::exchange(task.ignored, now);
  if (now == Ignored{}) return;
  bool is_new = false;
  for (std::size_t i = 0; i < now.size(); ++i) is_new = is_new || (now[i] && !before[i]);
  const auto say = is_new ? log::warning : log::debug;
  say("ignored samples of a page", {{"source", task.access.name},
                                    {"without_value", read.ignored_values},
                                    {"out_of_order", read.out_of_order},
                                    {"too_far_ahead", read.too_far_ahead},
                                    {"too_far_behind", read.too_far_behind},
                                    {"duplicates", read.duplicates}});
}

void log_outcome(Task& task, const std::expected<Read, std::string>& read) {
  const bool failing = !read.has_value();
  if (failing && !task.was_failing) {
    log::warning("cannot read a source; its time counts as missing",
                 {{"source", task.access.name}, {"error", read.error()}});
  } else if (failing) {
    log::debug("still cannot read a source",
               {{"source", task.access.name}, {"error", read.error()}});
  } else if (task.was_failing) {
    log::info("reads a source again", {{"source", task.access.name}});
  }
  task.was_failing = failing;
  if (read) log_ignored(task, *read);
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
    task->reader = std::move(stored.mapped());
    task->delivered_series = task->reader->series_version();
  } else {
    task->reader = std::make_unique<SourceReader>(plan.demand, plan.options);
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

void Ingest::State::end(std::map<std::string, std::unique_ptr<Task>>::iterator at) {
  Task& task = *at->second;
  task.ending = true;
  ended.insert(std::move(at->second));
  tasks.erase(at);
  task.cancel.emit(asio::cancellation_type::terminal);
}

void Ingest::State::finished(Task* task, const std::exception_ptr& problem) {
  --running;
  if (problem && !task->ending) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("a source's task ended by itself; it is not read any more",
                 {{"source", task->access.name}, {"error", error.what()}});
    }
  }
  std::erase_if(ended, [task](const auto& owned) { return owned.get() == task; });
  if (running == 0) all_ended.cancel();
}

asio::awaitable<void> Ingest::State::run(Task* task) {
  asio::steady_timer timer(loop);
  while (!task->ending) {
    const Instant now = clock.now();
    timer.expires_after(next_due(task->access.name, task->access.interval, now) - now);
    co_await timer.async_wait(asio::use_awaitable);
    co_await read_once(task);
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
    co_return std::unexpected(fmt::format("expected status 200, found {}", reply->status));
  }
  page.body = std::move(reply->body);
  co_return page;
}

asio::awaitable<void> Ingest::State::read_once(Task* task) {
  const Instant at = clock.now();
  auto page = co_await fetch(task, at);
  if (task->ending) co_return;
  if (!page) {
    hand_over(*task, at, 0, {.reader = {}, .read = std::unexpected(page.error())});
    co_return;
  }
  task->reader->set_demand(task->demand);
  const std::size_t body_bytes = page->body.size();
  std::shared_ptr<const Demand> described;
  if (task->reads_to_metadata == 0) {
    described = task->demand;
    task->reads_to_metadata = reads_per_metadata;
  }
  --task->reads_to_metadata;
  Parsed parsed = co_await pool.run([reader = std::move(task->reader), name = task->access.name,
                                     page = std::move(*page), delivered = task->delivered_series,
                                     described = std::move(described)]() mutable {
    return parse(std::move(reader), name, page, delivered, described.get());
  });
  task->reader = std::move(parsed.reader);
  // The version of the bytes in the change: a demand set below has a later one, and then the next
  // read hands its series over anew, or a restart would find values without their series.
  task->delivered_series = task->reader->series_version();
  // A reload may have changed the demand meanwhile; what was read is told in terms of the new one.
  task->reader->set_demand(task->demand);
  if (!task->ending) hand_over(*task, at, body_bytes, std::move(parsed));
}

void Ingest::State::hand_over(Task& task, Instant at, std::size_t body_bytes, Parsed parsed) {
  log_outcome(task, parsed.read);
  deliver({.source = task.access.name,
           .reader = *task.reader,
           .at = at,
           .took = clock.now() - at,
           .body_bytes = body_bytes,
           .read = parsed.read,
           .change = std::move(parsed.change),
           .metadata = std::move(parsed.metadata)});
}

Ingest::Ingest(asio::io_context& loop, Client& client, Pool& pool, Clock& clock, Deliver deliver)
    : state_(new State{loop, client, pool, clock, std::move(deliver), {}, {}, {}}) {}

Ingest::~Ingest() = default;

std::expected<void, std::string> Ingest::restore(const SourcePlan& plan,
                                                 const SourceChange& stored) {
  auto reader = std::make_unique<SourceReader>(plan.demand, plan.options);
  auto restored = reader->restore(stored.series.value_or(""), stored.values);
  if (!restored) return restored;
  state_->restored[plan.name] = std::move(reader);
  return {};
}

void Ingest::read(const config::Config& config, const Plan& plan) {
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

const SourceReader* Ingest::reader(const std::string& source) const {
  const auto found = state_->restored.find(source);
  return found == state_->restored.end() ? nullptr : found->second.get();
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
