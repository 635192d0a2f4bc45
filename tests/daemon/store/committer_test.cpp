#include "daemon/store/committer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/state/hand_loop.h"
#include "tests/support/state/scripted_database.h"

namespace slod {
namespace {

const Instant start = parse_instant("2026-01-01T00:00:00Z").value();

class Committing : public testing::Test {
 protected:
  Committing() {
    auto database = std::make_unique<ScriptedDatabase>();
    disk_ = database.get();
    store_ = std::make_unique<Store>(std::move(database),
                                     [this](auto call) { loop_.post(std::move(call)); });
    committer_ = std::make_unique<Committer>(
        engine_, *store_, [](const std::vector<OutboxMessage>&) {},
        [this](bool is_stored, Duration) { ends_.push_back(is_stored); });
  }
  ~Committing() override { store_.reset(); }

  HandLoop loop_;
  ScriptedDatabase* disk_ = nullptr;  ///< of store_; to be read while no request waits for it
  Engine engine_{configured(), Restored{}, start};
  std::unique_ptr<Store> store_;
  std::unique_ptr<Committer> committer_;
  std::vector<bool> ends_;  ///< of transactions: whether they were stored

 private:
  static config::Config configured() {
    config::Config config;
    config.services.emplace_back().name = "api";
    return config;
  }
};

TEST_F(Committing, StoresWhatTheEngineChangedOnce) {
  committer_->tick();
  loop_.run_one();
  committer_->tick();
  EXPECT_EQ(ends_, std::vector<bool>{true});
  EXPECT_TRUE(committer_->is_stored());
  EXPECT_EQ(committer_->problem(), "");
  EXPECT_EQ(disk_->levels.size(), 1U);
}

TEST_F(Committing, RepeatsWhatTheDiskRefuses) {
  disk_->fail(true);
  committer_->tick();
  loop_.run_one();
  EXPECT_EQ(committer_->problem(), "disk full");
  EXPECT_FALSE(committer_->is_stored());
  disk_->fail(false);
  committer_->tick();
  loop_.run_one();
  EXPECT_EQ(ends_, (std::vector<bool>{false, true}));
  EXPECT_EQ(committer_->problem(), "");
  EXPECT_EQ(disk_->levels.size(), 1U);
}

TEST_F(Committing, SaysThatTheStateHasLostItsPlaceAlsoWhileNothingChanges) {
  committer_->tick();
  loop_.run_one();
  disk_->lose(true);
  committer_->tick();
  loop_.run_one();
  EXPECT_EQ(committer_->problem(), "it was removed");
  disk_->lose(false);
  committer_->tick();
  loop_.run_one();
  EXPECT_EQ(committer_->problem(), "");
  EXPECT_EQ(ends_, std::vector<bool>{true});
}

TEST_F(Committing, StoresWhatBecameOfMessagesAtOnceAndAgainAfterAFailure) {
  Changes changes;
  changes.outbox.push_back({.id = "m", .receiver = "r", .notice = {}, .created = start});
  ASSERT_TRUE(disk_->commit(changes));
  disk_->fail(true);
  committer_->update(
      {.id = "m", .state = OutboxState::delivered, .attempts = 1, .next_attempt = {}, .error = {}});
  loop_.run_one();
  disk_->fail(false);
  committer_->tick();  // submits the engine's changes and the update
  loop_.run_one();
  loop_.run_one();
  EXPECT_TRUE(disk_->pending_messages()->empty());
}

TEST_F(Committing, EndsOnceAllIsStored) {
  committer_->shut_down();
  committer_->tick();
  EXPECT_FALSE(committer_->is_closed());
  loop_.run_one();
  committer_->tick();
  EXPECT_TRUE(committer_->is_closed());
  EXPECT_TRUE(committer_->is_stored());
}

}  // namespace
}  // namespace slod
