#include "daemon/store/database.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>
#include <random>
#include <string>

#include "tests/daemon/store/mirror.h"
#include "tests/support/scratch.h"

namespace slod {
namespace {

Instant day(int number) {
  return Instant(std::chrono::days(number));
}

OutboxMessage message(const std::string& id, Instant created) {
  return {.id = id, .receiver = "oncall", .notice = {}, .created = created};
}

Changes with_messages(std::vector<OutboxMessage> messages) {
  Changes changes;
  changes.outbox = std::move(messages);
  return changes;
}

std::vector<std::string> pending_ids(Database& database) {
  std::vector<std::string> ids;
  for (const OutboxRow& row : database.pending_messages().value()) ids.push_back(row.message.id);
  return ids;
}

void expect_same(Database& database, const Mirror& mirror) {
  ASSERT_EQ(text_of(database.load().value()), text_of(mirror.load()));
  ASSERT_EQ(text_of(database.pending_messages().value()), text_of(mirror.pending_messages()));
  ASSERT_EQ(text_of(database.recent_verdicts(7).value()), text_of(mirror.recent_verdicts(7)));
  ASSERT_EQ(text_of(database.recent_messages(3).value()), text_of(mirror.recent_messages(3)));
  ASSERT_EQ(text_of(database.recent_episodes(7).value()), text_of(mirror.recent_episodes(7)));
}

TEST(Database, HoldsWhatANaiveOracleHoldsOverRandomHistories) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const ScratchDirectory scratch;
    Mirror mirror;
    std::optional<Database> database = Database::open(scratch.state_file()).value();
    for (int step = 0; step < 120; ++step) {
      SCOPED_TRACE(step);
      const Changes changes = random_changes(random);
      ASSERT_TRUE(database->commit(changes));
      mirror.commit(changes);
      const OutboxUpdate update = random_update(random, mirror.message_ids());
      ASSERT_TRUE(database->update(std::span(&update, 1)));
      mirror.update(update);
      if (random() % 20 == 0) {
        const Instant now = day(static_cast<int>(random() % 250));
        ASSERT_TRUE(database->prune(now));
        mirror.prune(now - Database::history_kept);
      }
      if (random() % 20 == 0) {
        database.reset();
        database = Database::open(scratch.state_file()).value();
      }
      if (random() % 5 == 0) ASSERT_NO_FATAL_FAILURE(expect_same(*database, mirror));
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(*database, mirror));
  }
}

TEST(Database, MakesItsFileAndDirectoryForTheOwnerAlone) {
  const ScratchDirectory scratch;
  const auto file = scratch.path() / "a ?#% name" / "state" / "slod.db";
  auto database = Database::open(file);
  ASSERT_TRUE(database) << database.error();
  ASSERT_TRUE(database->commit(with_messages({message("one", day(1))})));
  const auto mode = [](const std::filesystem::path& path) {
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
  };
  EXPECT_EQ(mode(file.parent_path()), 0700U);
  EXPECT_EQ(mode(file), 0600U);
  EXPECT_EQ(mode(file.string() + "-wal"), 0600U);
}

TEST(Database, ANewOneHoldsNothing) {
  const ScratchDirectory scratch;
  write_bytes(scratch.state_file(), "");  // an empty file is a new one
  Database database = Database::open(scratch.state_file()).value();
  EXPECT_EQ(text_of(database.load().value()), "");
  EXPECT_TRUE(database.pending_messages()->empty());
  EXPECT_TRUE(database.commit({}));
}

TEST(Database, DoesTheSameWhenACommitIsRepeated) {
  const ScratchDirectory scratch;
  Database database = Database::open(scratch.state_file()).value();
  std::mt19937 random(3);
  Mirror mirror;
  for (int step = 0; step < 20; ++step) {
    const Changes changes = random_changes(random);
    ASSERT_TRUE(database.commit(changes));
    ASSERT_TRUE(database.commit(changes));
    mirror.commit(changes);
    ASSERT_NO_FATAL_FAILURE(expect_same(database, mirror));
  }
}

TEST(Database, NeverStoresAMessageTwiceEvenAfterItsDelivery) {
  const ScratchDirectory scratch;
  Database database = Database::open(scratch.state_file()).value();
  ASSERT_TRUE(database.commit(with_messages({message("trigger", day(1))})));
  const OutboxUpdate delivered{.id = "trigger",
                               .state = OutboxState::delivered,
                               .attempts = 1,
                               .next_attempt = {},
                               .error = {}};
  ASSERT_TRUE(database.update(std::span(&delivered, 1)));
  ASSERT_TRUE(database.commit(with_messages({message("trigger", day(1))})));
  EXPECT_TRUE(pending_ids(database).empty());
}

TEST(Database, GivesMessagesInTheOrderOfTheirCommitWhateverTheirTimes) {
  const ScratchDirectory scratch;
  Database database = Database::open(scratch.state_file()).value();
  ASSERT_TRUE(database.commit(with_messages({message("z", day(3)), message("a", day(3))})));
  ASSERT_TRUE(database.commit(with_messages({message("m", day(1))})));
  EXPECT_EQ(pending_ids(database), (std::vector<std::string>{"z", "a", "m"}));
}

TEST(Database, PrunesHistoryButNothingOpenOrPending) {
  const ScratchDirectory scratch;
  Database database = Database::open(scratch.state_file()).value();
  Changes changes = with_messages({message("pending", day(1)), message("done", day(1))});
  changes.episodes = {{.key = "open", .episode = "{}", .open = true, .at = day(1)},
                      {.key = "resolved", .episode = "{}", .open = false, .at = day(1)},
                      {.key = "edge", .episode = "{}", .open = false, .at = day(10)}};
  changes.verdicts = {{.at = day(1), .service = "api", .from = "open", .to = "x", .reason = "r"}};
  ASSERT_TRUE(database.commit(changes));
  const OutboxUpdate rejected{.id = "done",
                              .state = OutboxState::rejected,
                              .attempts = 1,
                              .next_attempt = {},
                              .error = "400"};
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

}  // namespace
}  // namespace slod
