// Disks that fail, hang and answer late, at random: nothing is lost, delivered twice or out of
// order.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "lib/state/commit_queue.h"
#include "lib/state/update_queue.h"
#include "tests/support/state/memory_database.h"
#include "tests/support/state/random_changes.h"
#include "tests/support/state/state_text.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

/// A queue above a disk that does what a random number says.
class Simulation {
 public:
  explicit Simulation(unsigned seed) : random_(seed) {}

  /// One second: the engine may have changes, the disk may answer.
  void second(bool disk_is_well) {
    now_ += 1s;
    if (answer_ && (disk_is_well || random_() % 3 == 0)) answer();
    if (random_() % 3 > 0) gather(engine_);
    if (queue_.wants(!engine_.outbox.empty())) offer();
    perform(queue_.tick(now_));
    if (answer_ && (disk_is_well || random_() % 4 > 0)) answer();
    store_updates();
  }

  void end() {
    queue_.shut_down(now_);
    for (int step = 0; step < 1000 && !queue_.is_closed(); ++step) second_of_end();
  }

  const CommitQueue& queue() const { return queue_; }

  void expect_nothing_lost() {
    EXPECT_EQ(text_of(disk_.load().value()), text_of(oracle_.load().value()));
    EXPECT_EQ(delivered_, made_) << "each once, in order";
    EXPECT_EQ(disk_.message_ids(), made_);
    EXPECT_TRUE(disk_.pending_messages()->empty()) << "each is known to be delivered";
  }

 private:
  void second_of_end() {
    now_ += 20ms;
    if (queue_.wants(!engine_.outbox.empty())) offer();
    perform(queue_.tick(now_));
    if (answer_) answer();
    store_updates();
  }

  void gather(Changes& engine) {
    Changes changes = random_changes(random_);
    changes.outbox.clear();
    if (random_() % 3 == 0) {
      made_.push_back(fmt::format("m{:04}", made_.size()));
      changes.outbox.push_back(
          {.id = made_.back(), .receiver = "r", .notice = {}, .created = Instant()});
    }
    EXPECT_TRUE(oracle_.commit(changes));
    absorb(engine, std::move(changes));
  }

  void offer() { perform(queue_.offer(std::exchange(engine_, {}), now_)); }

  void perform(CommitQueue::Actions actions) {
    for (const OutboxMessage& message : actions.deliver) {
      delivered_.push_back(message.id);
      updates_.offer({.id = message.id,
                      .state = OutboxState::delivered,
                      .attempts = 1,
                      .next_attempt = {},
                      .error = {}});
    }
    if (!actions.submit) return;
    EXPECT_FALSE(answer_) << "one transaction at a time";
    answer_ = std::move(actions.submit);
  }

  /// The disk may keep what it says to have failed.
  void answer() {
    const Changes changes = *std::exchange(answer_, std::nullopt);
    const bool fails = random_() % 3 == 0 && !queue_.is_closed() && !is_well_;
    if (!fails || random_() % 2 == 0) EXPECT_TRUE(disk_.commit(changes));
    std::expected<void, std::string> result;
    if (fails) result = std::unexpected("disk full");
    perform(queue_.acknowledged(result, now_));
    store_updates();
  }

  void store_updates() {
    const auto updates =
        updates_.take([this](const std::string& id) { return queue_.is_stored(id); });
    if (!updates) return;
    const bool fails = random_() % 3 == 0 && !is_well_;
    if (!fails) EXPECT_TRUE(disk_.update(*updates));
    updates_.acknowledged(!fails);
    if (!fails) store_updates();
  }

 public:
  bool is_well_ = false;  ///< from now on the disk stores everything at once

 private:
  std::mt19937 random_;
  CommitQueue::Time now_{};
  CommitQueue queue_;
  UpdateQueue updates_;
  Changes engine_;  ///< changed and not taken
  MemoryDatabase oracle_;
  MemoryDatabase disk_;
  std::optional<Changes> answer_;  ///< of what transaction the disk owes one
  std::vector<std::string> made_;
  std::vector<std::string> delivered_;
};

TEST(CommitSimulation, LosesAndRepeatsNothingOverRandomDisks) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE(seed);
    Simulation simulation(seed);
    for (int second = 0; second < 200; ++second) simulation.second(second % 50 > 40);
    simulation.is_well_ = true;
    simulation.end();
    ASSERT_TRUE(simulation.queue().is_closed());
    ASSERT_TRUE(simulation.queue().is_stored());
    ASSERT_NO_FATAL_FAILURE(simulation.expect_nothing_lost());
    ASSERT_FALSE(HasFailure());
  }
}

}  // namespace
}  // namespace slod
