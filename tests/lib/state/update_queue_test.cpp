#include "lib/state/update_queue.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod {
namespace {

OutboxUpdate attempt(const std::string& id, int attempts) {
  return {.id = id,
          .state = OutboxState::pending,
          .attempts = attempts,
          .next_attempt = {},
          .error = {}};
}

bool all_stored(const std::string&) {
  return true;
}

std::vector<std::string> texts(const std::vector<OutboxUpdate>& updates) {
  std::vector<std::string> texts;
  for (const OutboxUpdate& update : updates) {
    texts.push_back(update.id + " " + std::to_string(update.attempts));
  }
  return texts;
}

using Texts = std::vector<std::string>;

TEST(UpdateQueue, HasOneTransactionUnderWay) {
  UpdateQueue queue;
  EXPECT_FALSE(queue.take(all_stored));
  queue.offer(attempt("a", 1));
  queue.offer(attempt("b", 1));
  EXPECT_EQ(texts(queue.take(all_stored).value()), (Texts{"a 1", "b 1"}));
  queue.offer(attempt("c", 1));
  EXPECT_FALSE(queue.take(all_stored)) << "the first is under way";
  EXPECT_FALSE(queue.acknowledged(true));
  EXPECT_EQ(texts(queue.take(all_stored).value()), (Texts{"c 1"}));
  EXPECT_FALSE(queue.acknowledged(true));
  EXPECT_TRUE(queue.empty());
}

TEST(UpdateQueue, KeepsOfEachMessageTheNewest) {
  UpdateQueue queue;
  for (int attempts = 1; attempts <= 100; ++attempts) queue.offer(attempt("a", attempts));
  EXPECT_EQ(texts(queue.take(all_stored).value()), (Texts{"a 100"}));
}

TEST(UpdateQueue, TriesAgainWhatCouldNotBeStoredAndSaysSoOnce) {
  UpdateQueue queue;
  queue.offer(attempt("a", 1));
  queue.offer(attempt("b", 1));
  ASSERT_TRUE(queue.take(all_stored));
  queue.offer(attempt("a", 2));
  queue.offer(attempt("c", 1));
  EXPECT_TRUE(queue.acknowledged(false)) << "the first failure";
  EXPECT_EQ(texts(queue.take(all_stored).value()), (Texts{"a 2", "b 1", "c 1"}));
  EXPECT_FALSE(queue.acknowledged(false)) << "it is known to fail";
  ASSERT_TRUE(queue.take(all_stored));
  EXPECT_FALSE(queue.acknowledged(true));
  queue.offer(attempt("a", 3));
  ASSERT_TRUE(queue.take(all_stored));
  EXPECT_TRUE(queue.acknowledged(false)) << "it fails again";
}

TEST(UpdateQueue, HoldsWhatBecameOfAMessageThatIsNotStored) {
  UpdateQueue queue;
  queue.offer(attempt("unstored", 1));
  queue.offer(attempt("stored", 1));
  const auto is_stored = [](const std::string& id) { return id == "stored"; };
  EXPECT_EQ(texts(queue.take(is_stored).value()), (Texts{"stored 1"}));
  EXPECT_FALSE(queue.acknowledged(true));
  EXPECT_FALSE(queue.take(is_stored));
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(texts(queue.take(all_stored).value()), (Texts{"unstored 1"}));
}

TEST(UpdateQueue, GivesUpWhatWasNeverSubmittedAtTheEnd) {
  UpdateQueue queue;
  queue.offer(attempt("a", 1));
  ASSERT_TRUE(queue.take(all_stored));
  queue.offer(attempt("b", 1));
  EXPECT_EQ(texts(queue.take_rest()), (Texts{"b 1"}));
}

}  // namespace
}  // namespace slod
