// A bit that flips on the disk is found: what is read is what was written, or it is said.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/daemon/store/sqlite/raw_file.h"
#include "tests/support/scratch.h"
#include "tests/support/state/random_changes.h"
#include "tests/support/state/state_text.h"

namespace slod {
namespace {

constexpr int commits = 25;

/// Fills a file with rows of every kind, some of them messages that were sent.
void fill(const std::filesystem::path& file) {
  std::mt19937 random(7);
  auto database = open_sqlite(file);
  ASSERT_TRUE(database) << database.error();
  std::vector<std::string> ids;
  for (int step = 0; step < commits; ++step) {
    const Changes changes = random_changes(random);
    for (const OutboxMessage& message : changes.outbox) ids.push_back(message.id);
    ASSERT_TRUE((*database)->commit(changes));
    if (ids.empty()) continue;
    const std::vector<OutboxUpdate> updates{random_update(random, ids)};
    ASSERT_TRUE((*database)->update(updates));
  }
}

/// All that a start reads.
struct Read {
  std::string state;
  std::string messages;
  std::string past;
  std::vector<std::string> problems;
  std::string refusal;  ///< empty: it starts

  bool is_same(const Read& other) const {
    return state == other.state && messages == other.messages && past == other.past;
  }
};

Read read(const std::filesystem::path& file) {
  Read found;
  auto database = open_sqlite(file);
  if (!database) {
    found.refusal = database.error();
    return found;
  }
  auto restored = (*database)->load();
  const auto pending = (*database)->pending_messages();
  const auto verdicts = (*database)->recent_verdicts(1000);
  const auto episodes = (*database)->recent_episodes(1000);
  const auto messages = (*database)->recent_messages(1000);
  if (!restored || !pending || !verdicts || !episodes || !messages) {
    found.refusal = restored ? "what happened before cannot be read" : restored.error();
    return found;
  }
  found.problems = std::move(restored->problems);
  restored->problems.clear();
  found.state = text_of(*restored);
  found.messages = text_of(*pending);
  found.past = text_of(*verdicts) + text_of(*episodes) + text_of(*messages);
  return found;
}

/// What flips came to.
struct Tally {
  int harmless = 0;  ///< all is as it was
  int said = 0;      ///< something is left out, and it is said
  int refused = 0;   ///< it does not start, and says why
  int silent = 0;    ///< wrong, and not said
};

void flip(const ScratchDirectory& scratch, const std::string& good, std::size_t bit,
          const Read& expected, Tally& tally) {
  std::string bytes = good;
  bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
  write_bytes(scratch.state_file(), bytes);
  const Read found = read(scratch.state_file());
  if (!found.refusal.empty()) {
    ++tally.refused;
  } else if (!found.problems.empty()) {
    ++tally.said;
    // What is damaged is gone, and all else is good: the next start finds nothing more to say.
    const Read again = read(scratch.state_file());
    EXPECT_TRUE(again.refusal.empty()) << bit << ": " << again.refusal;
    EXPECT_TRUE(again.problems.empty()) << bit << ": " << again.problems.front();
  } else if (found.is_same(expected)) {
    ++tally.harmless;
  } else {
    ++tally.silent;
    ADD_FAILURE() << "bit " << bit << " of byte " << bit / 8 << " is silently wrong";
  }
}

/// One bit of every 307th byte; with SLOD_FLIP_EVERY=1 in the environment, of each.
TEST(Checksum, FindsEachBitThatFlips) {
  testing::internal::CaptureStderr();  // the warnings of indexes
  const ScratchDirectory origin;
  fill(origin.state_file());
  const std::string good = bytes_of(origin.state_file());
  const Read expected = read(origin.state_file());
  ASSERT_TRUE(expected.refusal.empty() && expected.problems.empty());
  ASSERT_FALSE(expected.messages.empty());
  const ScratchDirectory scratch;
  const char* every = std::getenv("SLOD_FLIP_EVERY");
  const std::size_t stride = every != nullptr ? std::strtoul(every, nullptr, 10) : 307;
  Tally tally;
  for (std::size_t byte = 0; byte < good.size(); byte += stride) {
    flip(scratch, good, 8 * byte + byte / stride % 8, expected, tally);
  }
  testing::internal::GetCapturedStderr();
  fmt::print("{} bytes, {} flips: {} harmless, {} left out and said, {} refused, {} silent\n",
             good.size(), tally.harmless + tally.said + tally.refused + tally.silent,
             tally.harmless, tally.said, tally.refused, tally.silent);
  EXPECT_EQ(tally.silent, 0);
  EXPECT_GT(tally.said, 0);
}

/// The state with one row changed by SQL, behind slod's back.
Read tampered(const std::string& sql) {
  const ScratchDirectory scratch;
  fill(scratch.state_file());
  execute(scratch.state_file(), sql);
  return read(scratch.state_file());
}

TEST(Checksum, LeavesADamagedRowOutAndSaysWhichAndWhatItMeans) {
  struct Row {
    const char* sql;
    const char* says;
  };
  const std::vector<Row> rows = {
      {"UPDATE ledger SET bad = bad + 1 WHERE (at, slo) = (SELECT max(at), slo FROM ledger)",
       "1 stored row of the counts of SLO "},
      {"UPDATE ledger SET at = at + 1 WHERE (at, slo) = (SELECT min(at), slo FROM ledger)",
       "1 stored row of the counts of SLO "},
      {"UPDATE ledger SET slo = 7777 WHERE (at, slo) = (SELECT min(at), slo FROM ledger)",
       "1 stored row of the counts of an unknown SLO is damaged and left out"},
      {"UPDATE buckets SET counts = x'00' WHERE (at, slo) = (SELECT max(at), slo FROM buckets)",
       "1 stored row of the counts of SLO "},
      {"UPDATE slo SET state = state || ' ' WHERE id = (SELECT min(id) FROM slo)",
       "is damaged: its counts start over"},
      {"UPDATE source SET counters = CAST(counters || '0' AS BLOB)",
       "the stored counters of source "},
      {"UPDATE source SET series = CAST(series || '0' AS BLOB)", "the stored counters of source "},
      {"UPDATE episode SET episode = '{}' WHERE rowid = (SELECT max(rowid) FROM episode)",
       "the stored alert "},
      {"UPDATE verdict SET reason = 'x' WHERE at = (SELECT max(at) FROM verdict)",
       "a stored change of the freeze level of "},
      {"UPDATE named SET state = '{}' WHERE rowid = (SELECT max(rowid) FROM named)",
       "\" is damaged, so it is not used"},
      {"UPDATE outbox SET receiver = 'x' WHERE sequence = (SELECT max(sequence) FROM outbox)",
       "the stored message "},
  };
  for (const Row& row : rows) {
    const Read found = tampered(row.sql);
    ASSERT_TRUE(found.refusal.empty()) << row.sql << ": " << found.refusal;
    ASSERT_FALSE(found.problems.empty()) << row.sql;
    EXPECT_NE(found.problems.front().find(row.says), std::string::npos) << found.problems.front();
  }
}

TEST(Checksum, SendsAPendingMessageThatIsDamagedAndNoOtherTwice) {
  const ScratchDirectory scratch;
  fill(scratch.state_file());
  execute(scratch.state_file(), "UPDATE outbox SET created = created + 1");
  const Read found = read(scratch.state_file());
  EXPECT_FALSE(found.messages.empty());
  EXPECT_FALSE(found.problems.empty());
  const Read again = read(scratch.state_file());
  EXPECT_EQ(again.messages, found.messages);
  EXPECT_TRUE(again.problems.empty());
}

TEST(Checksum, OfTheVersionBeforeIsNone) {
  const ScratchDirectory scratch;
  fill(scratch.state_file());
  const Read expected = read(scratch.state_file());
  drop_checksums(scratch.state_file());
  const Read found = read(scratch.state_file());
  EXPECT_TRUE(found.refusal.empty()) << found.refusal;
  EXPECT_TRUE(found.problems.empty());
  EXPECT_TRUE(found.is_same(expected));
  // What is written from now on has one.
  std::mt19937 random(8);
  for (int step = 0; step < commits; ++step) {
    ASSERT_TRUE(open_sqlite(scratch.state_file()).value()->commit(random_changes(random)));
  }
  EXPECT_TRUE(read(scratch.state_file()).problems.empty());
  execute(scratch.state_file(), "UPDATE ledger SET bad = bad + 1 WHERE checksum <> 0");
  EXPECT_FALSE(read(scratch.state_file()).problems.empty());
}

}  // namespace
}  // namespace slod
