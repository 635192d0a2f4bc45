#include <gtest/gtest.h>

#include <random>

#include "lib/state/changes.h"
#include "tests/support/state/memory_database.h"
#include "tests/support/state/random_changes.h"
#include "tests/support/state/state_text.h"

namespace slod {
namespace {

Instant day(int number) {
  return Instant(std::chrono::days(number));
}

TEST(Absorb, IsOneTransactionThatDoesWhatManyDo) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    MemoryDatabase one_by_one;
    MemoryDatabase at_once;
    const Changes before = random_changes(random);
    ASSERT_TRUE(one_by_one.commit(before));
    ASSERT_TRUE(at_once.commit(before));
    Changes all;
    for (auto left = 1 + random() % 8; left > 0; --left) {
      const Changes changes = random_changes(random);
      ASSERT_TRUE(one_by_one.commit(changes));
      absorb(all, changes);
    }
    ASSERT_TRUE(at_once.commit(all));
    ASSERT_EQ(text_of(at_once.load().value()), text_of(one_by_one.load().value()));
    ASSERT_EQ(text_of(at_once.recent_episodes(100).value()),
              text_of(one_by_one.recent_episodes(100).value()));
    ASSERT_EQ(text_of(at_once.recent_verdicts(100).value()),
              text_of(one_by_one.recent_verdicts(100).value()));
    ASSERT_EQ(text_of(at_once.recent_messages(100).value()),
              text_of(one_by_one.recent_messages(100).value()));
  }
}

/// What a minute changes while a disk fails: one row, which takes the place of an older one.
Changes minute(int number) {
  SloChange slo;
  slo.slo = "api/availability";
  slo.state = "{}";
  slo.ledger.push_back({.at = day(number), .total = 1.0 * number});
  slo.buckets.push_back({.at = day(number), .counts = {1, 2}});
  slo.ledger_removed.push_back(day(number - 10));
  slo.buckets_removed.push_back(day(number - 10));
  Changes changes;
  changes.slos.push_back(slo);
  changes.sources.push_back({.source = "scrape/a", .series = {}, .values = "v"});
  changes.episodes.push_back({.key = "k", .episode = "{}", .open = true, .at = day(number)});
  changes.remembered.levels.push_back({"api", freeze::Standing{}});
  return changes;
}

TEST(Absorb, GrowsNoLargerThanTheStateThatItChanges) {
  Changes all;
  for (int number = 0; number < 5000; ++number) absorb(all, minute(number));
  ASSERT_EQ(all.slos.size(), 1U);
  EXPECT_EQ(all.slos[0].ledger.size(), 10U);
  EXPECT_EQ(all.slos[0].buckets.size(), 10U);
  EXPECT_EQ(all.sources.size(), 1U);
  EXPECT_EQ(all.episodes.size(), 1U);
  EXPECT_EQ(all.remembered.levels.size(), 1U);
}

TEST(Absorb, DoesNotWriteAgainWhatWasForgottenMeanwhile) {
  Changes all = minute(1);
  Changes later;
  later.slos_forgotten = {"api/availability"};
  later.sources_forgotten = {"scrape/a"};
  absorb(all, later);
  EXPECT_TRUE(all.slos.empty());
  EXPECT_TRUE(all.sources.empty());
  absorb(all, minute(2));
  MemoryDatabase database;
  ASSERT_TRUE(database.commit(minute(1)));
  ASSERT_TRUE(database.commit(all));
  const Restored restored = database.load().value();
  ASSERT_EQ(restored.slos.size(), 1U);
  ASSERT_EQ(restored.slos[0].ledger.size(), 1U);
  EXPECT_EQ(restored.slos[0].ledger[0].at, day(2));
}

}  // namespace
}  // namespace slod
