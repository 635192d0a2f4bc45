#include "daemon/store/store.h"

#include <exception>
#include <memory>
#include <span>
#include <utility>

namespace slod {

Store::Store(std::unique_ptr<Database> database, Post post)
    : post_(std::move(post)),
      thread_([this, held = std::move(database)]() mutable { serve(std::move(held)); }) {}

Store::~Store() {
  {
    const std::scoped_lock lock(mutex_);
    closing_ = true;
    requests_.clear();
  }
  changed_.notify_all();
}

template <typename T, typename Call>
void Store::enqueue(Call call, Answer<T> done) {
  // std::function wants what it holds to be copyable, and the call is expensive to copy.
  struct Held {
    Call call;
    Answer<T> done;
  };
  auto held = std::make_shared<Held>(Held{std::move(call), std::move(done)});
  Request request = [this, held](Database& database) {
    // The answer moves along, so that what it holds is destroyed on the loop, not here.
    std::expected<T, std::string> result;
    try {
      result = held->call(database);
    } catch (const std::exception& error) {
      result = std::unexpected(std::string("the store failed: ") + error.what());
    }
    post_([done = std::move(held->done), result = std::move(result)]() mutable {
      done(std::move(result));
    });
  };
  if (const char* refused = add(std::move(request))) {
    post_([done = std::move(held->done), refused] { done(std::unexpected(refused)); });
  }
}

const char* Store::add(Request request) {
  {
    const std::scoped_lock lock(mutex_);
    if (closing_) return "the store is closed";
    if (requests_.size() >= requests_max) return "too many requests wait for the disk";
    requests_.push_back(std::move(request));
  }
  changed_.notify_all();
  return nullptr;
}

template <typename T, typename Call>
std::future<std::expected<T, std::string>> Store::ask(Call call) {
  using Answered = std::expected<T, std::string>;
  /// Answers in any case: a future whose promise is broken would throw.
  struct Promised {
    std::promise<Answered> promise;
    bool is_kept = false;

    void keep(Answered answer) {
      is_kept = true;
      promise.set_value(std::move(answer));
    }
    ~Promised() {
      if (!is_kept) keep(std::unexpected("the store is closed"));
    }
  };
  auto promised = std::make_shared<Promised>();
  auto future = promised->promise.get_future();
  const char* refused = add(
      [promised, call = std::move(call)](Database& database) { promised->keep(call(database)); });
  if (refused != nullptr) promised->keep(std::unexpected(refused));
  return future;
}

void Store::check(Answer<void> done) {
  enqueue<void>([](Database& database) { return database.check(); }, std::move(done));
}

void Store::submit(Changes changes, Answer<void> done) {
  enqueue<void>([held = std::move(changes)](Database& database) { return database.commit(held); },
                std::move(done));
}

void Store::submit(std::vector<OutboxUpdate> updates, Answer<void> done) {
  enqueue<void>([held = std::move(updates)](Database& database) { return database.update(held); },
                std::move(done));
}

void Store::prune(Instant now, Answer<void> done) {
  enqueue<void>([now](Database& database) { return database.prune(now); }, std::move(done));
}

void Store::append(std::vector<HistoryChange> history, Answer<void> done) {
  enqueue<void>([held = std::move(history)](Database& database) { return database.append(held); },
                std::move(done));
}

void Store::prune_history(Instant now, Answer<void> done) {
  enqueue<void>([now](Database& database) { return database.prune_history(now); }, std::move(done));
}

std::future<std::expected<std::vector<VerdictChange>, std::string>> Store::recent_verdicts(
    std::size_t limit) {
  return ask<std::vector<VerdictChange>>(
      [limit](Database& database) { return database.recent_verdicts(limit); });
}

std::future<std::expected<std::vector<EpisodeChange>, std::string>> Store::recent_episodes(
    std::size_t limit) {
  return ask<std::vector<EpisodeChange>>(
      [limit](Database& database) { return database.recent_episodes(limit); });
}

std::future<std::expected<std::vector<SentMessage>, std::string>> Store::recent_messages(
    std::size_t limit) {
  return ask<std::vector<SentMessage>>(
      [limit](Database& database) { return database.recent_messages(limit); });
}

std::future<std::expected<std::vector<HistorySeries>, std::string>> Store::history_series(
    std::string metric, std::int64_t since) {
  return ask<std::vector<HistorySeries>>([metric = std::move(metric), since](Database& database) {
    return database.history_series(metric, since);
  });
}

std::future<std::expected<std::vector<HistoryRow>, std::string>> Store::history_rows(
    std::vector<std::int64_t> series, std::int64_t first, std::int64_t last) {
  return ask<std::vector<HistoryRow>>(
      [series = std::move(series), first, last](Database& database) {
        return database.history_rows(series, first, last);
      });
}

void Store::serve(std::unique_ptr<Database> database) {
  {
    const std::unique_ptr<Database> held = std::move(database);
    std::unique_lock lock(mutex_);
    // After close() the queue is served to its end; the destructor empties it first.
    for (;;) {
      changed_.wait(lock, [&] { return closing_ || !requests_.empty(); });
      if (requests_.empty()) break;
      const Request request = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      request(*held);
      lock.lock();
    }
  }
  const std::scoped_lock lock(mutex_);
  closed_ = true;
  changed_.notify_all();
}

bool Store::close(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  closing_ = true;
  changed_.notify_all();
  const bool closed = changed_.wait_for(lock, limit, [&] { return closed_; });
  if (!closed) requests_.clear();
  return closed;
}

}  // namespace slod
