#include "daemon/net/job_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace slod {
namespace {

/// Jobs by name that note when they start.
class Jobs {
 public:
  explicit Jobs(JobQueue::Limits limits) : queue(limits) {}

  bool add(const std::string& address, const std::string& name) {
    const auto ticket = queue.add(address, [this, name] { started.push_back(name); });
    if (ticket) tickets_[name] = *ticket;
    return ticket.has_value();
  }
  void end(const std::string& name) { queue.end(tickets_.at(name)); }

  JobQueue queue;
  std::vector<std::string> started;

 private:
  std::map<std::string, JobQueue::Ticket> tickets_;
};

using Names = std::vector<std::string>;

TEST(JobQueue, StartsWhatHasAPlaceAtOnce) {
  Jobs jobs({.running_max = 4, .waiting_max = 10});
  jobs.add("a", "a1");
  jobs.add("b", "b1");
  EXPECT_EQ(jobs.started, (Names{"a1", "b1"}));
  EXPECT_EQ(jobs.queue.running(), 2U);
  EXPECT_EQ(jobs.queue.waiting(), 0U);
}

TEST(JobQueue, LeavesPlacesToOtherAddresses) {
  Jobs jobs({.running_max = 4, .waiting_max = 10});
  for (const char* name : {"a1", "a2", "a3", "a4"}) jobs.add("a", name);
  EXPECT_EQ(jobs.started, (Names{"a1", "a2", "a3"}));
  EXPECT_FALSE(jobs.queue.has_place("a"));
  EXPECT_TRUE(jobs.queue.has_place("b"));
  jobs.add("b", "b1");
  EXPECT_EQ(jobs.started.back(), "b1");
  jobs.end("a2");
  EXPECT_EQ(jobs.started.back(), "a4");
}

TEST(JobQueue, HasAPlaceForEachWhereThereIsOnlyOne) {
  Jobs jobs({.running_max = 1, .waiting_max = 10});
  jobs.add("a", "a1");
  jobs.add("a", "a2");
  EXPECT_EQ(jobs.started, (Names{"a1"}));
  jobs.end("a1");
  EXPECT_EQ(jobs.started, (Names{"a1", "a2"}));
}

TEST(JobQueue, LetsAddressesTakeTurns) {
  Jobs jobs({.running_max = 1, .waiting_max = 100});
  jobs.add("a", "a0");
  for (int i = 1; i <= 5; ++i) jobs.add("a", "a" + std::to_string(i));
  jobs.add("b", "b1");
  jobs.add("b", "b2");
  jobs.add("c", "c1");
  for (int i = 0; i < 8; ++i) jobs.end(jobs.started.back());
  EXPECT_EQ(jobs.started, (Names{"a0", "a1", "b1", "c1", "a2", "b2", "a3", "a4", "a5"}));
}

TEST(JobQueue, RefusesOnlyBeyondThoseThatMayWait) {
  Jobs jobs({.running_max = 2, .waiting_max = 2});
  EXPECT_TRUE(jobs.add("a", "a1"));
  EXPECT_TRUE(jobs.add("a", "a2"));
  EXPECT_TRUE(jobs.add("a", "a3"));
  EXPECT_FALSE(jobs.add("a", "a4"));
  EXPECT_TRUE(jobs.add("b", "b1"));  // there is a place for it
  EXPECT_FALSE(jobs.add("b", "b2"));
  jobs.end("a1");
  EXPECT_EQ(jobs.started, (Names{"a1", "b1", "a2"}));
  EXPECT_TRUE(jobs.add("a", "a5"));
}

TEST(JobQueue, ForgetsAJobThatIsNotWantedAnyLonger) {
  Jobs jobs({.running_max = 1, .waiting_max = 10});
  for (const char* name : {"a1", "a2", "a3"}) jobs.add("a", name);
  jobs.end("a2");
  jobs.end("a2");
  EXPECT_EQ(jobs.queue.waiting(), 1U);
  jobs.end("a1");
  jobs.end("a1");
  EXPECT_EQ(jobs.started, (Names{"a1", "a3"}));
  jobs.end("a3");
  EXPECT_EQ(jobs.queue.running(), 0U);
}

TEST(JobQueue, StartsMoreWhereMoreMayRun) {
  Jobs jobs({.running_max = 1, .waiting_max = 10});
  for (const char* name : {"a1", "a2", "a3", "a4"}) jobs.add("a", name);
  jobs.queue.set_running_max(4);
  EXPECT_EQ(jobs.started, (Names{"a1", "a2", "a3"}));
  jobs.queue.set_running_max(1);
  jobs.end("a1");
  jobs.end("a2");
  EXPECT_EQ(jobs.started.size(), 3U);
  jobs.end("a3");
  EXPECT_EQ(jobs.started.back(), "a4");
}

/// A job that ends within its own start, as one that is left at once.
TEST(JobQueue, TakesJobsThatAddAndEndOthers) {
  JobQueue queue({.running_max = 1, .waiting_max = 10});
  std::vector<std::string> started;
  const auto first = queue.add("a", [&] { started.emplace_back("first"); });
  queue.add("a", [&] {
    started.emplace_back("second");
    queue.add("b", [&] { started.emplace_back("third"); });
  });
  queue.end(*first);
  EXPECT_EQ(started, (Names{"first", "second"}));
  EXPECT_EQ(queue.waiting(), 1U);
}

TEST(JobQueue, LosesNoJobInAnyOrder) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    Jobs jobs({.running_max = 1 + random() % 5, .waiting_max = 1000});
    std::vector<std::string> added;
    std::size_t ended = 0;
    for (int i = 0; i < 300; ++i) {
      if (random() % 2 == 0) {
        added.push_back(std::to_string(i));
        jobs.add(std::to_string(random() % 4), added.back());
      } else if (ended < jobs.started.size()) {
        jobs.end(jobs.started[ended++]);
      }
    }
    while (ended < jobs.started.size()) jobs.end(jobs.started[ended++]);
    EXPECT_EQ(jobs.started.size(), added.size()) << "seed " << seed;
    EXPECT_EQ(jobs.queue.running() + jobs.queue.waiting(), 0U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace slod
