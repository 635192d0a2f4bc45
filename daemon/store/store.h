#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lib/state/database.h"

namespace slod {

/// The database on a thread of its own, so that the loop never waits for the disk. Requests are
/// served one after the other, in the order of the calls.
///
/// Call it from one thread, the loop's, where nothing else is said. Every answer is handed to
/// `post`, from the store's thread, which must run it on the loop; so `post` must be safe to call
/// from any thread and must outlive the store. Each request is answered exactly once, except those
/// that close() gives up.
///
/// The caller keeps at most one Changes in flight, see CommitQueue.
class Store {
 public:
  using Post = std::function<void(std::function<void()>)>;
  template <typename T>
  using Answer = std::function<void(std::expected<T, std::string>)>;

  /// Requests that may wait; one more is answered with an error, without being tried.
  static constexpr std::size_t requests_max = 1024;

  Store(std::unique_ptr<Database> database, Post post);
  /// Gives up what still waits, and blocks until the request that is served is done.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// See Database for what each of these does.
  void check(Answer<void> done);
  void submit(Changes changes, Answer<void> done);
  void submit(std::vector<OutboxUpdate> updates, Answer<void> done);
  void prune(Instant now, Answer<void> done);
  void append(std::vector<HistoryChange> history, Answer<void> done);
  void prune_history(Instant now, Answer<void> done);

  /// These may be called from any thread, which gets the answer without the loop; also an error
  /// where the store is closed before it has one. Each takes a few milliseconds of the disk's time,
  /// so that commits get in between.
  std::future<std::expected<std::vector<VerdictChange>, std::string>> recent_verdicts(
      std::size_t limit);
  std::future<std::expected<std::vector<EpisodeChange>, std::string>> recent_episodes(
      std::size_t limit);
  std::future<std::expected<std::vector<SentMessage>, std::string>> recent_messages(
      std::size_t limit);
  std::future<std::expected<std::vector<HistorySeries>, std::string>> history_series(
      std::string metric, std::int64_t since);
  std::future<std::expected<std::vector<HistoryRow>, std::string>> history_rows(
      std::vector<std::int64_t> series, std::int64_t first, std::int64_t last);

  /// Blocks until everything submitted is done, at most for `limit`, and accepts nothing after it.
  /// True: all is on the disk, and the file is closed. False: the disk did not answer in time, and
  /// what waited is given up; the destructor may then block, so a process that must end calls
  /// std::_Exit.
  bool close(std::chrono::milliseconds limit);

 private:
  using Request = std::function<void(Database&)>;

  template <typename T, typename Call>
  void enqueue(Call call, Answer<T> done);
  template <typename T, typename Call>
  std::future<std::expected<T, std::string>> ask(Call call);
  /// Null: done. Else why not.
  const char* add(Request request);
  void serve(std::unique_ptr<Database> database);

  Post post_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request> requests_;  ///< guarded by mutex_
  bool closing_ = false;          ///< guarded by mutex_
  bool closed_ = false;           ///< guarded by mutex_: the thread is done with the file
  std::jthread thread_;           ///< last: it uses all of the above
};

}  // namespace slod
