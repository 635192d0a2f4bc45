#include "daemon/store/store.h"

#include <memory>
#include <span>
#include <utility>

namespace slod {

Store::Store(Database database, Post post)
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

template <typename T, typename Work>
void Store::enqueue(Work work, Answer<T> done) {
  // std::function wants what it holds to be copyable, and the work is expensive to copy.
  struct Held {
    Work work;
    Answer<T> done;
  };
  auto held = std::make_shared<Held>(Held{std::move(work), std::move(done)});
  Request request = [this, held](Database& database) {
    // The answer moves along, so that what it holds is destroyed on the loop, not here.
    post_([done = std::move(held->done), result = held->work(database)]() mutable {
      done(std::move(result));
    });
  };
  const char* refused = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    if (closing_) {
      refused = "the store is closed";
    } else if (requests_.size() >= requests_max) {
      refused = "too many requests wait for the disk";
    } else {
      requests_.push_back(std::move(request));
    }
  }
  if (refused != nullptr) {
    post_([done = std::move(held->done), refused] { done(std::unexpected(refused)); });
    return;
  }
  changed_.notify_all();
}

void Store::submit(Changes changes, Answer<void> done) {
  enqueue<void>([held = std::move(changes)](Database& database) { return database.commit(held); },
                std::move(done));
}

void Store::submit(OutboxUpdate update, Answer<void> done) {
  enqueue<void>([held = std::move(update)](
                    Database& database) { return database.update(std::span(&held, 1)); },
                std::move(done));
}

void Store::prune(Instant now, Answer<void> done) {
  enqueue<void>([now](Database& database) { return database.prune(now); }, std::move(done));
}

void Store::recent_verdicts(std::size_t limit, Answer<std::vector<VerdictChange>> done) {
  enqueue<std::vector<VerdictChange>>(
      [limit](Database& database) { return database.recent_verdicts(limit); }, std::move(done));
}

void Store::recent_episodes(std::size_t limit, Answer<std::vector<EpisodeChange>> done) {
  enqueue<std::vector<EpisodeChange>>(
      [limit](Database& database) { return database.recent_episodes(limit); }, std::move(done));
}

void Store::serve(Database database) {
  {
    Database held = std::move(database);
    std::unique_lock lock(mutex_);
    // After close() the queue is served to its end; the destructor empties it first.
    for (;;) {
      changed_.wait(lock, [&] { return closing_ || !requests_.empty(); });
      if (requests_.empty()) break;
      const Request request = std::move(requests_.front());
      requests_.pop_front();
      lock.unlock();
      request(held);
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
