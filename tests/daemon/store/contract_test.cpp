// The contract of lib/state/database.h, which every database passes.

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/store/sqlite/sqlite_database.h"
#include "lib/state/database.h"
#include "tests/support/scratch.h"
#include "tests/support/state/memory_database.h"
#include "tests/support/state/metric_points.h"
#include "tests/support/state/random_changes.h"
#include "tests/support/state/state_text.h"

namespace slod {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

const Instant start = parse_instant("2026-01-01T00:00:00Z").value();

Instant day(int number) {
  return Instant(days(number));
}

OutboxMessage message(const std::string& id, Instant created) {
  return {.id = id, .receiver = "oncall", .notice = {}, .created = created};
}

OutboxUpdate ended(const std::string& id, OutboxState state) {
  return {.id = id, .state = state, .attempts = 1, .next_attempt = {}, .error = {}};
}

Changes with_messages(std::vector<OutboxMessage> messages) {
  Changes changes;
  changes.outbox = std::move(messages);
  return changes;
}

SloChange slo(const std::string& id, double total) {
  SloChange change;
  change.slo = id;
  change.fingerprint = "f";
  change.state = "{}";
  change.ledger.push_back({.at = day(1), .total = total, .bad = 0});
  return change;
}

std::vector<std::string> pending_ids(Database& database) {
  std::vector<std::string> ids;
  for (const OutboxRow& row : database.pending_messages().value()) ids.push_back(row.message.id);
  return ids;
}

void expect_same(Database& database, Database& oracle) {
  ASSERT_EQ(text_of(database.load().value()), text_of(oracle.load().value()));
  ASSERT_EQ(text_of(database.pending_messages().value()),
            text_of(oracle.pending_messages().value()));
  ASSERT_EQ(text_of(database.recent_verdicts(7).value()),
            text_of(oracle.recent_verdicts(7).value()));
  ASSERT_EQ(text_of(database.recent_messages(3).value()),
            text_of(oracle.recent_messages(3).value()));
  ASSERT_EQ(text_of(database.recent_episodes(7).value()),
            text_of(oracle.recent_episodes(7).value()));
}

class Sqlite {
 public:
  Database& database() { return *database_; }
  /// As when the process ends and another one starts.
  void restart() {
    database_.reset();
    database_ = open_sqlite(scratch_.state_file()).value();
  }

 private:
  ScratchDirectory scratch_;
  std::unique_ptr<Database> database_ = open_sqlite(scratch_.state_file()).value();
};

class Memory {
 public:
  Database& database() { return database_; }
  void restart() {}

 private:
  MemoryDatabase database_;
};

template <typename Backend>
class DatabaseContract : public testing::Test {
 protected:
  Database& database() { return backend_->database(); }
  void restart() { backend_->restart(); }
  void start_with_none() { backend_ = std::make_unique<Backend>(); }

 private:
  std::unique_ptr<Backend> backend_ = std::make_unique<Backend>();
};

using Backends = testing::Types<Sqlite, Memory>;
TYPED_TEST_SUITE(DatabaseContract, Backends);

TYPED_TEST(DatabaseContract, HoldsWhatANaiveOracleHoldsOverRandomHistories) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    MemoryDatabase oracle;
    this->start_with_none();
    for (int step = 0; step < 120; ++step) {
      SCOPED_TRACE(step);
      const Changes changes = random_changes(random);
      ASSERT_TRUE(this->database().commit(changes));
      ASSERT_TRUE(oracle.commit(changes));
      const OutboxUpdate update = random_update(random, oracle.message_ids());
      ASSERT_TRUE(this->database().update(std::span(&update, 1)));
      ASSERT_TRUE(oracle.update(std::span(&update, 1)));
      if (random() % 20 == 0) {
        const Instant now = day(static_cast<int>(random() % 250));
        ASSERT_TRUE(this->database().prune(now));
        ASSERT_TRUE(oracle.prune(now));
      }
      if (random() % 20 == 0) this->restart();
      if (random() % 5 == 0) ASSERT_NO_FATAL_FAILURE(expect_same(this->database(), oracle));
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(this->database(), oracle));
  }
}

TYPED_TEST(DatabaseContract, ANewOneHoldsNothing) {
  EXPECT_EQ(text_of(this->database().load().value()), "");
  EXPECT_TRUE(this->database().pending_messages()->empty());
  EXPECT_TRUE(this->database().commit({}));
}

TYPED_TEST(DatabaseContract, DoesTheSameWhenACommitIsRepeated) {
  std::mt19937 random(3);
  MemoryDatabase oracle;
  for (int step = 0; step < 20; ++step) {
    const Changes changes = random_changes(random);
    ASSERT_TRUE(this->database().commit(changes));
    ASSERT_TRUE(this->database().commit(changes));
    ASSERT_TRUE(oracle.commit(changes));
    ASSERT_NO_FATAL_FAILURE(expect_same(this->database(), oracle));
  }
}

TYPED_TEST(DatabaseContract, KeepsNothingOfACommitThatItRefuses) {
  Changes changes = with_messages({message("one", day(1))});
  changes.slos = {slo("api/a", 1), slo("api/b", std::nan(""))};
  const auto refused = this->database().commit(changes);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().empty());
  EXPECT_EQ(text_of(this->database().load().value()), "");
  EXPECT_TRUE(pending_ids(this->database()).empty());
  changes.slos.pop_back();
  EXPECT_TRUE(this->database().commit(changes)) << "it goes on after it";
}

TYPED_TEST(DatabaseContract, ForgetsBeforeItWrites) {
  Changes changes;
  changes.slos = {slo("api/a", 1)};
  changes.sources = {{.source = "scrape/a", .series = "s", .values = "v"}};
  ASSERT_TRUE(this->database().commit(changes));
  changes.slos_forgotten = {"api/a", "api/never-known"};
  changes.sources_forgotten = {"scrape/a", "scrape/never-known"};
  changes.slos.front().ledger.front().at = day(2);
  changes.sources.front().series.reset();
  ASSERT_TRUE(this->database().commit(changes));
  const Restored restored = this->database().load().value();
  ASSERT_EQ(restored.slos.size(), 1U);
  ASSERT_EQ(restored.slos[0].ledger.size(), 1U);
  EXPECT_EQ(restored.slos[0].ledger[0].at, day(2));
  ASSERT_EQ(restored.sources.size(), 1U);
  EXPECT_EQ(restored.sources[0].series, "");
}

TYPED_TEST(DatabaseContract, NeverStoresAMessageTwiceEvenAfterItsDelivery) {
  ASSERT_TRUE(this->database().commit(with_messages({message("trigger", day(1))})));
  const OutboxUpdate delivered = ended("trigger", OutboxState::delivered);
  ASSERT_TRUE(this->database().update(std::span(&delivered, 1)));
  ASSERT_TRUE(this->database().commit(with_messages({message("trigger", day(1))})));
  EXPECT_TRUE(pending_ids(this->database()).empty());
}

TYPED_TEST(DatabaseContract, GivesMessagesInTheOrderOfTheirCommitWhateverTheirTimes) {
  ASSERT_TRUE(this->database().commit(with_messages({message("z", day(3)), message("a", day(3))})));
  ASSERT_TRUE(this->database().commit(with_messages({message("m", day(1))})));
  this->restart();
  EXPECT_EQ(pending_ids(this->database()), (std::vector<std::string>{"z", "a", "m"}));
}

TYPED_TEST(DatabaseContract, PrunesEventsButNothingOpenOrPending) {
  Database& database = this->database();
  Changes changes = with_messages({message("pending", day(1)), message("done", day(1))});
  changes.episodes = {{.key = "open", .episode = "{}", .open = true, .at = day(1)},
                      {.key = "resolved", .episode = "{}", .open = false, .at = day(1)},
                      {.key = "edge", .episode = "{}", .open = false, .at = day(10)}};
  changes.verdicts = {{.at = day(1), .service = "api", .from = "open", .to = "x", .reason = "r"}};
  ASSERT_TRUE(database.commit(changes));
  OutboxUpdate rejected = ended("done", OutboxState::rejected);
  rejected.error = "400";
  ASSERT_TRUE(database.update(std::span(&rejected, 1)));
  ASSERT_TRUE(database.prune(day(100)));
  EXPECT_EQ(pending_ids(database), (std::vector<std::string>{"pending"}));
  EXPECT_TRUE(database.recent_verdicts(10)->empty());
  const auto episodes = database.recent_episodes(10).value();
  ASSERT_EQ(episodes.size(), 2U);
  EXPECT_EQ(episodes[0].key, "edge");  // exactly 90 days old
  EXPECT_EQ(episodes[1].key, "open");
  // The id was pruned, so it would be a new message now.
  ASSERT_TRUE(database.commit(with_messages({message("done", day(100))})));
  EXPECT_EQ(pending_ids(database), (std::vector<std::string>{"pending", "done"}));
}

TYPED_TEST(DatabaseContract, GivesBackTheMetricHistoryThatWasAppendedThroughRestarts) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    PointsBySeries oracle;
    this->start_with_none();
    Instant now = start;
    for (int step = 0; step < 300; ++step, now += hours(1)) {
      std::vector<HistoryChange> changes;
      for (int slo = 0; slo < 6; ++slo) {
        if (random() % 4 == 0) continue;
        const std::string series = key(slo % 2 == 0 ? "slod_even" : "slod_odd", slo);
        Points points;
        // Some come again, as after a commit that reported an error although it was kept.
        for (int i = -2; i < 12; ++i) {
          const Instant at = now + minutes(5 * i);
          const bool is_new = oracle[series].empty() || at > oracle[series].rbegin()->first;
          const double value = static_cast<double>(random() % 100);
          points[at] = value;
          if (is_new) oracle[series][at] = value;
        }
        changes.push_back(change(series, points));
      }
      append(this->database(), changes);
      if (random() % 50 == 0) this->restart();
    }
    std::erase_if(oracle, [](const auto& series) { return series.second.empty(); });
    EXPECT_TRUE(stored(this->database()) == oracle);
    PointsBySeries even = oracle;
    std::erase_if(even, [](const auto& series) {
      return series.first.find("slod_even") == std::string::npos;
    });
    EXPECT_EQ(even.size(), 3U);
    EXPECT_TRUE(stored(this->database(), "slod_even") == even);
    EXPECT_TRUE(stored(this->database(), "slod_eve").empty());
    const Interval range{start + days(3) + hours(5), start + days(4) + hours(7)};
    for (const auto& [series, points] : stored(this->database(), "", range)) {
      const auto first = oracle.at(series).upper_bound(range.begin);
      EXPECT_EQ(points, Points(first, oracle.at(series).upper_bound(range.end)));
    }
  }
}

TYPED_TEST(DatabaseContract, ForgetsADayOfTheMetricHistoryAfterNinety) {
  Database& database = this->database();
  const std::string lives = key("slod_a", 1);
  const std::string removed = key("slod_a", 2);
  const std::string revived = key("slod_a", 3);
  for (int number = 0; number < 200; ++number) {
    const Instant at = start + days(number) + hours(12);
    std::vector<HistoryChange> changes{change(lives, {{at, number}})};
    if (number < 50) changes.push_back(change(removed, {{at, number}}));
    if (number < 50 || number > 120) changes.push_back(change(revived, {{at, number}}));
    append(database, changes);
    ASSERT_TRUE(database.prune_history(at));
    if (number == 100) {
      EXPECT_EQ(stored(database).at(removed).begin()->second, 10) << "90 days ago";
    }
    if (number == 121) {
      EXPECT_EQ(stored(database).at(revived).begin()->second, 31);
    }
  }
  const PointsBySeries history = stored(database);
  EXPECT_EQ(history.size(), 2U) << "the series that is gone is forgotten as well";
  EXPECT_EQ(history.at(lives).size(), 91U);
  EXPECT_EQ(history.at(lives).begin()->second, 109);
  EXPECT_EQ(history.at(revived).begin()->second, 121);
  EXPECT_EQ(database.history_series("slod_a", history_day(start + days(150)))->size(), 2U);
}

TYPED_TEST(DatabaseContract, RemovesTheMetricHistoryOfTheFutureAndGoesOnBeforeIt) {
  Database& database = this->database();
  const std::string series = key("slod_a", 1);
  const Instant now = start + days(2) + hours(6);
  append(database,
         {change(series, {{now - days(1), 1}, {now - hours(1), 2}, {now + hours(1), 3}})});
  append(database, {change(series, {{now + days(3), 4}})});
  ASSERT_TRUE(database.remove_history_after(now));
  EXPECT_EQ(stored(database).at(series), (Points{{now - days(1), 1}, {now - hours(1), 2}}));
  append(database, {change(series, {{now + minutes(5), 5}})});
  EXPECT_EQ(stored(database).at(series),
            (Points{{now - days(1), 1}, {now - hours(1), 2}, {now + minutes(5), 5}}));
  EXPECT_TRUE(database.history_series("slod_a", history_day(now + days(1)))->empty());
}

}  // namespace
}  // namespace slod
