#include "lib/state/commit_queue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

CommitQueue::Time at(double seconds) {
  return CommitQueue::Time(
      std::chrono::round<std::chrono::milliseconds>(std::chrono::duration<double>(seconds)));
}

/// The message `id`; "-" stands for a change without one.
Changes change(const std::string& id) {
  Changes changes;
  if (id == "-") {
    changes.remembered.removals.push_back({"api/gone", Instant()});
  } else if (!id.empty()) {
    changes.outbox.push_back({.id = id, .receiver = "r", .notice = {}, .created = {}});
  }
  return changes;
}

Texts ids(const std::vector<OutboxMessage>& messages) {
  Texts ids;
  for (const OutboxMessage& message : messages) ids.push_back(message.id);
  return ids;
}

const char* name(CommitQueue::State state) {
  switch (state) {
    case CommitQueue::State::idle:
      return "idle";
    case CommitQueue::State::in_flight:
      return "in_flight";
    case CommitQueue::State::failing:
      return "failing";
    case CommitQueue::State::hung:
      return "hung";
    case CommitQueue::State::closed:
      return "closed";
  }
  return "?";
}

/// An event of one kind at one time, and all that it must lead to.
struct Step {
  double at = 0;
  std::string event;  ///< "offer ID", "stored", "failed", "tick", "shut_down"
  std::string state;  ///< after it
  std::string does;   ///< "submit a b; deliver c; say text"
};

std::string text_of(const CommitQueue::Actions& actions) {
  Texts parts;
  if (actions.submit) {
    parts.push_back(fmt::format("submit {}", fmt::join(ids(actions.submit->outbox), " ")));
  }
  if (!actions.deliver.empty()) {
    parts.push_back(fmt::format("deliver {}", fmt::join(ids(actions.deliver), " ")));
  }
  for (const CommitQueue::Remark& remark : actions.remarks) {
    parts.push_back(fmt::format("{} {}{}", remark.is_error ? "error:" : "info:", remark.text,
                                remark.error.empty() ? "" : ": " + remark.error));
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

CommitQueue::Actions happens(CommitQueue& queue, const Step& step) {
  if (step.event == "tick") return queue.tick(at(step.at));
  if (step.event == "stored") return queue.acknowledged({}, at(step.at));
  if (step.event == "failed") return queue.acknowledged(std::unexpected("disk full"), at(step.at));
  if (step.event == "shut_down") {
    queue.shut_down(at(step.at));
    return {};
  }
  const std::string id = step.event.substr(step.event.find(' ') + 1);
  return queue.offer(change(id == "nothing" ? "" : id), at(step.at));
}

void play(CommitQueue& queue, const std::vector<Step>& steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(fmt::format("step {}: {} at {}", i, steps[i].event, steps[i].at));
    const CommitQueue::Actions actions = happens(queue, steps[i]);
    EXPECT_EQ(text_of(actions), steps[i].does);
    EXPECT_EQ(name(queue.state()), steps[i].state);
  }
}

const std::string cannot_store =
    "error: cannot store the state; it is kept in memory and tried again every second: disk full";
const std::string waits_10 =
    "error: a transaction has been waiting on the disk for 10 s (limit 10 s); the state is kept in "
    "memory";
const std::string stored_again = "info: state is stored again";
const std::string disk_again = "info: the disk stores again";

TEST(CommitQueue, DeliversMessagesOnceTheyAreStored) {
  CommitQueue queue;
  play(queue, {{0, "offer nothing", "idle", ""},
               {1, "offer a", "in_flight", "submit a"},
               {1.5, "tick", "in_flight", ""},
               {2, "stored", "idle", "deliver a"},
               {2, "offer -", "in_flight", "submit "},
               {3, "stored", "idle", ""}});
  EXPECT_TRUE(queue.is_stored());
}

TEST(CommitQueue, RepeatsWhatADiskRefusesWithWhatCameSince) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {0.1, "failed", "failing", "deliver a; " + cannot_store},
               {1, "offer b", "failing", "deliver b"},
               {1, "tick", "in_flight", "submit a b"},
               {1.1, "failed", "failing", ""},
               {2, "tick", "in_flight", "submit a b"},
               {2.1, "stored", "idle", stored_again},
               {3, "offer c", "in_flight", "submit c"},
               {3.1, "failed", "failing", "deliver c; " + cannot_store}});
  EXPECT_EQ(queue.problem(at(4)), "disk full");
}

TEST(CommitQueue, DeliversWithoutStoringWhileTheDiskHangs) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {9.9, "tick", "in_flight", ""},
               {10, "tick", "hung", "deliver a; " + waits_10},
               {11, "offer b", "hung", "deliver b"},
               {12, "tick", "hung", ""},
               {13, "offer c", "hung", "deliver c"}});
  EXPECT_EQ(queue.problem(at(14)),
            "a transaction has been waiting on the disk for 14 s (limit 10 s)");
  EXPECT_EQ(queue.under_way(at(14)), 14s);
  play(queue,
       {{15, "stored", "in_flight", "submit b c; " + disk_again}, {15.1, "stored", "idle", ""}});
  EXPECT_EQ(queue.problem(at(16)), "");
  EXPECT_EQ(queue.under_way(at(16)), 0s);
}

TEST(CommitQueue, KeepsAllInOrderWhereAHangEndsInAFailure) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {10, "tick", "hung", "deliver a; " + waits_10},
               {11, "offer b", "hung", "deliver b"},
               {12, "failed", "failing", cannot_store},
               {13, "offer c", "failing", "deliver c"},
               {13, "tick", "in_flight", "submit a b c"},
               {13.1, "stored", "idle", stored_again}});
}

TEST(CommitQueue, SaysThatARepeatedTransactionHangsAndWhyTheFirstFailed) {
  CommitQueue queue;
  play(
      queue,
      {{0, "offer a", "in_flight", "submit a"},
       {0.1, "failed", "failing", "deliver a; " + cannot_store},
       {1, "tick", "in_flight", "submit a"},
       {11, "tick", "hung",
        "error: a transaction has been waiting on the disk for 10 s (limit 10 s), after it failed: "
        "disk full; the state is kept in memory"},
       {12, "offer b", "hung", "deliver b"},
       {13, "stored", "in_flight", "submit b; " + stored_again},
       {14, "stored", "idle", ""}});
}

TEST(CommitQueue, WantsChangesForTheSakeOfMessagesOnlyWhileTheDiskDoesNotStore) {
  CommitQueue queue;
  const auto expect_wants = [&](bool with_messages, bool without) {
    EXPECT_EQ(queue.wants(true), with_messages) << name(queue.state());
    EXPECT_EQ(queue.wants(false), without) << name(queue.state());
  };
  expect_wants(true, true);
  queue.offer(change("a"), at(0));
  expect_wants(false, false);
  queue.tick(at(10));
  expect_wants(true, false);
  queue.acknowledged(std::unexpected("disk full"), at(11));
  expect_wants(true, false);
  queue.shut_down(at(12));
  expect_wants(true, true);
  queue.tick(at(22));
  expect_wants(false, false);
}

TEST(CommitQueue, HoldsAMessageUntilItIsStored) {
  CommitQueue queue;
  queue.offer(change("a"), at(0));
  EXPECT_FALSE(queue.is_stored("a"));
  EXPECT_TRUE(queue.is_stored("b"));
  queue.tick(at(10));
  queue.offer(change("b"), at(11));
  EXPECT_FALSE(queue.is_stored("b"));
  queue.acknowledged({}, at(12));
  EXPECT_TRUE(queue.is_stored("a"));
  EXPECT_FALSE(queue.is_stored("b"));
  queue.acknowledged({}, at(13));
  EXPECT_TRUE(queue.is_stored("b"));
}

TEST(CommitQueueShutdown, StoresTheLastChangesAndEnds) {
  CommitQueue queue;
  play(queue, {{0, "shut_down", "idle", ""},
               {0, "offer a", "in_flight", "submit a"},
               {0.1, "stored", "idle", "deliver a"},
               {0.1, "offer nothing", "closed", ""}});
  EXPECT_TRUE(queue.is_stored());
}

TEST(CommitQueueShutdown, AmidATransactionStoresWhatCameAfterIt) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {0.1, "shut_down", "in_flight", ""},
               {0.2, "stored", "idle", "deliver a"},
               {0.2, "offer b", "in_flight", "submit b"},
               {0.3, "stored", "idle", "deliver b"},
               {0.3, "offer nothing", "closed", ""}});
  EXPECT_TRUE(queue.is_stored());
}

TEST(CommitQueueShutdown, WhileTheDiskFailsStoresAllOnceItRecovers) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {0.1, "failed", "failing", "deliver a; " + cannot_store},
               {0.2, "shut_down", "failing", ""},
               {0.2, "offer b", "failing", "deliver b"},
               {0.2, "tick", "in_flight", "submit a b"},
               {0.3, "failed", "failing", ""},
               {0.4, "offer nothing", "failing", ""},
               {0.4, "tick", "in_flight", "submit a b"},
               {0.5, "stored", "idle", stored_again},
               {0.5, "offer nothing", "closed", ""}});
  EXPECT_TRUE(queue.is_stored());
}

TEST(CommitQueueShutdown, GivesUpADiskThatGoesOnFailing) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {0.1, "failed", "failing", "deliver a; " + cannot_store},
               {1, "shut_down", "failing", ""},
               {10.9, "tick", "in_flight", "submit a"},
               {10.95, "failed", "failing", ""},
               {11, "tick", "closed",
                "error: slod ends, and its last changes could not be stored: disk full"}});
  EXPECT_FALSE(queue.is_stored());
}

TEST(CommitQueueShutdown, WhileTheDiskHangsWaitsForItAndStoresTheRest) {
  CommitQueue queue;
  play(queue, {{0, "offer a", "in_flight", "submit a"},
               {10, "tick", "hung", "deliver a; " + waits_10},
               {11, "shut_down", "hung", ""},
               {11, "offer b", "hung", "deliver b"},
               {15, "stored", "in_flight", "submit b; " + disk_again},
               {15.1, "stored", "idle", ""},
               {15.2, "offer nothing", "closed", ""}});
  EXPECT_TRUE(queue.is_stored());
}

TEST(CommitQueueShutdown, GivesUpADiskThatHangsAndDeliversAllTheSame) {
  CommitQueue queue;
  play(queue,
       {{0, "offer a", "in_flight", "submit a"},
        {0, "shut_down", "in_flight", ""},
        {9, "tick", "in_flight", ""},
        {10, "tick", "closed",
         "deliver a; error: slod ends, and its last changes could not be stored: a transaction "
         "has been waiting on the disk for 10 s (limit 10 s)"},
        {12, "stored", "closed", ""}});
  EXPECT_TRUE(queue.is_stored()) << "the late answer counts";
}

TEST(CommitQueueShutdown, PromisesNothingOnceItGaveUp) {
  CommitQueue queue;
  queue.offer(change("a"), at(0));
  queue.shut_down(at(0));
  queue.tick(at(10));
  play(queue, {{11, "failed", "closed", ""}});
  EXPECT_FALSE(queue.is_stored());
}

TEST(CommitQueueShutdown, SaysNothingWhereNothingIsLeft) {
  CommitQueue queue;
  play(queue, {{0, "shut_down", "idle", ""}, {10, "tick", "closed", ""}});
  EXPECT_TRUE(queue.is_stored());
}

}  // namespace
}  // namespace slod
