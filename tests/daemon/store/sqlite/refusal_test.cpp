#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <random>
#include <string>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/daemon/store/sqlite/raw_file.h"
#include "tests/support/scratch.h"
#include "tests/support/state/random_changes.h"

namespace slod {
namespace {

bool fill(const std::filesystem::path& file) {
  std::mt19937 random(11);
  auto database = open_sqlite(file);
  for (int step = 0; database && step < 60; ++step) {
    if (!(*database)->commit(random_changes(random))) return false;
  }
  return database.has_value();
}

/// Opens a file that must be refused, and returns why. Nothing in its directory may change.
std::string refusal(const ScratchDirectory& scratch) {
  const auto before = all_bytes(scratch.path());
  const auto database = open_sqlite(scratch.state_file());
  EXPECT_FALSE(database);
  EXPECT_EQ(all_bytes(scratch.path()), before);
  return database ? "" : database.error();
}

TEST(DatabaseRefusal, TellsWhatIsInItsPlace) {
  const ScratchDirectory scratch;
  const std::string name = scratch.state_file().string();
  write_bytes(scratch.state_file(), "listen: 127.0.0.1:9750\n");
  EXPECT_EQ(refusal(scratch),
            name +
                " is not a state file of slod (it is no SQLite file): move it away, or name "
                "another state directory");
  std::filesystem::remove(scratch.state_file());
  execute(scratch.state_file(), "PRAGMA journal_mode=WAL; CREATE TABLE customer(id)");
  EXPECT_EQ(refusal(scratch),
            name +
                " is an SQLite file of another program (application_id 0, expected "
                "1936486244): move it away, or name another state directory");
}

TEST(DatabaseRefusal, LeavesTheFileOfANewerSlodToIt) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(fill(scratch.state_file()));
  execute(scratch.state_file(), "PRAGMA user_version=4");
  EXPECT_EQ(refusal(scratch),
            scratch.state_file().string() +
                " was written by another version of slod (schema 4, this one knows 1 to 3): start "
                "the slod that wrote it, or name another state directory");
}

TEST(DatabaseRefusal, MissesATable) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(fill(scratch.state_file()));
  execute(scratch.state_file(), "DROP TABLE verdict; PRAGMA journal_mode=DELETE");
  const auto database = open_sqlite(scratch.state_file());
  ASSERT_FALSE(database);
  EXPECT_NE(database.error().find("is damaged (no such table: verdict)"), std::string::npos)
      << database.error();
}

TEST(DatabaseRefusal, WantsRowsToHaveAnOwner) {
  const ScratchDirectory scratch;
  ASSERT_TRUE(fill(scratch.state_file()));
  execute(scratch.state_file(), "INSERT INTO ledger VALUES(1, 777, 1, 0, 1, 0, 0)");
  auto restored = open_sqlite(scratch.state_file()).value()->load();
  ASSERT_FALSE(restored);
  EXPECT_NE(restored.error().find("a row belongs to the SLO number 777, which is not there"),
            std::string::npos);
}

TEST(DatabaseRefusal, SaysWhatThePathLacks) {
  const ScratchDirectory scratch;
  write_bytes(scratch.path() / "file", "x");
  const auto below_a_file = open_sqlite(scratch.path() / "file" / "state" / "slod.db");
  ASSERT_FALSE(below_a_file);
  EXPECT_EQ(below_a_file.error(), "cannot create the state directory " +
                                      (scratch.path() / "file" / "state").string() +
                                      ": Not a directory: name another state directory with "
                                      "--state");
  const auto directory = open_sqlite(scratch.path());
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error(), "cannot open " + scratch.path().string() +
                                   ": Is a directory: name another state directory with --state");
}

TEST(DatabaseRefusal, LetsNoTwoProcessesHaveTheFile) {
  const ScratchDirectory scratch;
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto database = open_sqlite(scratch.state_file());
    if (write(ready[1], database ? "y" : "n", 1) == 1) pause();
    _exit(1);
  }
  char opened = 0;
  ASSERT_EQ(read(ready[0], &opened, 1), 1);
  EXPECT_EQ(opened, 'y');
  EXPECT_EQ(refusal(scratch),
            scratch.state_file().string() +
                " is in use by another process, probably another slod: stop it, or give this one "
                "a state directory of its own");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(open_sqlite(scratch.state_file()));
  close(ready[0]);
  close(ready[1]);
}

/// Flips some bits, cuts the end off, or clears or moves a stretch.
std::string damage(std::mt19937& random, std::string bytes) {
  const std::size_t at = random() % bytes.size();
  const std::size_t page = at / 4096 * 4096;
  switch (random() % 4) {
    case 0:
      for (auto flips = 1 + random() % 64; flips > 0; --flips) {
        char& byte = bytes[random() % bytes.size()];
        byte = static_cast<char>(byte ^ (1 << random() % 8));
      }
      return bytes;
    case 1:
      bytes.resize(at);
      return bytes;
    case 2:
      return bytes.replace(page, 4096, std::string(4096, '\0'));
    default:
      return bytes.replace(page, 4096, bytes.substr(random() % bytes.size(), 4096));
  }
}

/// True: the file was refused, or load refused it.
bool use_damaged(const ScratchDirectory& scratch, std::mt19937& random) {
  const auto before = all_bytes(scratch.path());
  auto database = open_sqlite(scratch.state_file());
  if (!database) {
    EXPECT_FALSE(database.error().empty());
    EXPECT_EQ(database.error().find('\n'), std::string::npos) << database.error();
    for (const auto& [name, bytes] : before) {
      EXPECT_EQ(bytes_of(scratch.path() / name), bytes) << name << ": " << database.error();
    }
    return true;
  }
  // What was not seen to be damaged may be wrong, but must not do harm.
  const bool loads = (*database)->load().has_value();
  const auto answers = [](const auto& result) { EXPECT_TRUE(result || !result.error().empty()); };
  answers((*database)->pending_messages());
  answers((*database)->recent_episodes(100));
  answers((*database)->recent_verdicts(100));
  for (int step = 0; step < 5; ++step) answers((*database)->commit(random_changes(random)));
  answers((*database)->prune(Instant(std::chrono::days(150))));
  return !loads;
}

TEST(DatabaseRefusal, SurvivesDamageOfEveryKind) {
  const ScratchDirectory origin;
  ASSERT_TRUE(fill(origin.state_file()));
  const std::string good = bytes_of(origin.state_file());
  ASSERT_GT(good.size(), 40960U);
  int refused = 0;
  for (unsigned seed = 1; seed <= 250; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const ScratchDirectory scratch;
    write_bytes(scratch.state_file(), damage(random, good));
    refused += use_damaged(scratch, random) ? 1 : 0;
  }
  EXPECT_GT(refused, 100);
}

TEST(DatabaseRefusal, SurvivesDamageBesideALogOfACrash) {
  const ScratchDirectory origin;
  ASSERT_TRUE(in_other_process([&] {
    auto database = open_sqlite(origin.state_file());
    std::mt19937 random(12);
    for (int step = 0; database && step < 20; ++step) {
      if (!(*database)->commit(random_changes(random))) return false;
    }
    _exit(0);  // without closing
  }));
  const auto good = all_bytes(origin.path());
  ASSERT_EQ(good.size(), 2U) << "a file and its log";
  for (unsigned seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const ScratchDirectory scratch;
    for (const auto& [name, bytes] : good) {
      const bool hit = (name == "slod.db") == (seed % 3 == 0);
      write_bytes(scratch.path() / name, hit ? damage(random, bytes) : bytes);
    }
    use_damaged(scratch, random);
  }
}

}  // namespace
}  // namespace slod
