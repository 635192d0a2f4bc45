#include "daemon/store/store.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

constexpr std::chrono::minutes long_enough{1};

/// A loop that runs what is posted to it when the test says so.
class Loop {
 public:
  Store::Post post() {
    return [this](std::function<void()> work) {
      // Only the store's own thread is held up, never the test.
      if (std::this_thread::get_id() != thread_) gate_.wait();
      const std::scoped_lock lock(mutex_);
      posted_.push_back(std::move(work));
      changed_.notify_all();
    };
  }

  /// From now on the store stands still after each request, until `open_gate`.
  void shut_gate() { gate_ = opening_.get_future().share(); }
  void open_gate() { opening_.set_value(); }

  void run(int count) {
    for (; count > 0; --count) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !posted_.empty(); });
      const std::function<void()> work = std::move(posted_.front());
      posted_.pop_front();
      lock.unlock();
      work();
    }
  }

  bool is_empty() {
    const std::scoped_lock lock(mutex_);
    return posted_.empty();
  }

  static std::shared_future<void> open() {
    std::promise<void> now;
    now.set_value();
    return now.get_future().share();
  }

 private:
  std::thread::id thread_ = std::this_thread::get_id();
  std::promise<void> opening_;
  std::shared_future<void> gate_ = open();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> posted_;
};

Changes named(const std::string& name) {
  Changes changes;
  changes.remembered.removals.push_back({name, Instant()});
  return changes;
}

std::size_t stored_names(const std::filesystem::path& file) {
  return open_sqlite(file).value()->load().value().remembered.removals.size();
}

TEST(Store, AnswersEachRequestOnceInOrderOnTheLoop) {
  const ScratchDirectory scratch;
  Loop loop;
  Store store(open_sqlite(scratch.state_file()).value(), loop.post());
  std::vector<std::string> answers;
  const auto note = [&](const std::string& what) {
    return [&answers, what, here = std::this_thread::get_id()](const auto& result) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      EXPECT_TRUE(result) << result.error();
      answers.push_back(what);
    };
  };
  Changes changes = named("a");
  const Instant then(std::chrono::days(1));
  changes.outbox.push_back({.id = "m", .receiver = "r", .notice = {}, .created = then});
  changes.episodes.push_back({.key = "k", .episode = "{}", .open = true, .at = then});
  changes.verdicts.push_back(
      {.at = then, .service = "api", .from = "open", .to = "hotfix_only", .reason = "spent"});
  store.submit(changes, note("commit"));
  OutboxUpdate delivered;
  delivered.id = "m";
  delivered.state = OutboxState::delivered;
  store.submit({delivered}, note("update"));
  auto verdicts = store.recent_verdicts(5);
  auto messages = store.recent_messages(5);
  store.prune(then + std::chrono::days(365), note("prune"));
  EXPECT_EQ(store.recent_episodes(5).get()->size(), 1U);
  EXPECT_TRUE(store.recent_verdicts(5).get()->empty());
  EXPECT_TRUE(store.recent_messages(5).get()->empty());
  const auto changes_of_level = verdicts.get();
  ASSERT_EQ(changes_of_level->size(), 1U);
  EXPECT_EQ(changes_of_level->front().to, "hotfix_only");
  const auto sent = messages.get();
  ASSERT_EQ(sent->size(), 1U);
  EXPECT_EQ(sent->front().row.message.receiver, "r");
  EXPECT_EQ(sent->front().state, OutboxState::delivered);
  loop.run(3);
  EXPECT_EQ(answers, (std::vector<std::string>{"commit", "update", "prune"}));
  EXPECT_TRUE(store.close(long_enough));
  EXPECT_TRUE(loop.is_empty());
}

TEST(Store, DestroysWhatAnAnswerHoldsOnTheLoop) {
  const ScratchDirectory scratch;
  Loop loop;
  Store store(open_sqlite(scratch.state_file()).value(), loop.post());
  const auto here = std::this_thread::get_id();
  int destroyed = 0;
  for (int round = 0; round < 100; ++round) {
    const std::shared_ptr<int> held(new int(round), [&destroyed, here](const int* value) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      ++destroyed;
      delete value;
    });
    store.submit(named("a"), [held](const auto& result) { EXPECT_TRUE(result); });
  }
  loop.run(100);
  EXPECT_EQ(destroyed, 100);
}

TEST(Store, RefusesWhatWouldWaitTooLong) {
  const ScratchDirectory scratch;
  Loop loop;
  loop.shut_gate();
  Store store(open_sqlite(scratch.state_file()).value(), loop.post());
  std::size_t kept = 0;
  std::size_t refused = 0;
  const auto count = [&](const std::expected<void, std::string>& result) {
    if (result) {
      ++kept;
    } else {
      ++refused;
      EXPECT_EQ(result.error(), "too many requests wait for the disk");
    }
  };
  // One may be at work besides those that wait.
  constexpr std::size_t sent = Store::requests_max + 5;
  for (std::size_t i = 0; i < sent; ++i) store.prune(Instant(), count);
  loop.open_gate();
  loop.run(static_cast<int>(sent));
  EXPECT_GE(kept, Store::requests_max);
  EXPECT_GE(refused, 4U);
  EXPECT_EQ(kept + refused, sent);
}

TEST(Store, ClosesOnlyAfterAllThatWasSubmitted) {
  const ScratchDirectory scratch;
  Loop loop;
  Store store(open_sqlite(scratch.state_file()).value(), loop.post());
  int answers = 0;
  for (int i = 0; i < 50; ++i) {
    store.submit(named(fmt::to_string(i)), [&](const auto& result) { answers += result ? 1 : 0; });
  }
  EXPECT_TRUE(store.close(long_enough));
  EXPECT_EQ(stored_names(scratch.state_file()), 50U);  // the file is free for the next one
  loop.run(50);
  EXPECT_EQ(answers, 50);
  store.submit(named("late"), [](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), "the store is closed");
  });
  loop.run(1);
  EXPECT_TRUE(store.close(long_enough));
}

TEST(Store, GivesUpWhatWaitsWhenTheDeadlineOfItsClosePasses) {
  const ScratchDirectory scratch;
  Loop loop;
  loop.shut_gate();
  {
    Store store(open_sqlite(scratch.state_file()).value(), loop.post());
    store.submit(named("first"), [](const auto& result) { EXPECT_TRUE(result); });
    for (int i = 0; i < 10; ++i) {
      store.submit(named("waits"), [](const auto&) { FAIL() << "it was given up"; });
    }
    // However long the first takes to begin, the others do not begin before the gate opens.
    EXPECT_FALSE(store.close(std::chrono::milliseconds(200)));
    loop.open_gate();
  }
  while (!loop.is_empty()) loop.run(1);
  EXPECT_LE(stored_names(scratch.state_file()), 1U);
}

TEST(Store, ItsDestructorGivesUpWhatWaits) {
  const ScratchDirectory scratch;
  Loop loop;
  loop.shut_gate();
  {
    Store store(open_sqlite(scratch.state_file()).value(), loop.post());
    // The store stands still after the first, until the others are given up.
    std::shared_ptr<int> opens_gate(new int(0), [&](const int* value) {
      delete value;
      loop.open_gate();
    });
    store.submit(named("first"), [](const auto&) {});
    for (int i = 0; i < 10; ++i) {
      store.submit(named(fmt::to_string(i)), [opens_gate](const auto&) { FAIL(); });
    }
  }
  while (!loop.is_empty()) loop.run(1);
  EXPECT_LE(stored_names(scratch.state_file()), 1U);
}

TEST(Store, HandsOnTheReasonOfAFailure) {
  const ScratchDirectory scratch;
  Loop loop;
  Store store(open_sqlite(scratch.state_file()).value(), loop.post());
  Changes impossible = named("x");
  SloChange slo;
  slo.slo = "api/availability";
  slo.ledger.push_back({.at = Instant(), .total = std::nan(""), .bad = 0});  // no column holds NaN
  impossible.slos.push_back(slo);
  store.submit(impossible, [&](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error(), "cannot commit to " + scratch.state_file().string() +
                                  ": NOT NULL constraint failed: ledger.total (SQLite 1299)");
  });
  loop.run(1);
  EXPECT_TRUE(store.close(long_enough));
  EXPECT_EQ(stored_names(scratch.state_file()), 0U);  // nothing of it was kept
}

}  // namespace
}  // namespace slod
