#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <random>
#include <string>

#include "daemon/store/sqlite/sqlite_database.h"
#include "tests/support/scratch.h"
#include "tests/support/state/memory_database.h"
#include "tests/support/state/random_changes.h"
#include "tests/support/state/state_text.h"

namespace slod {
namespace {

constexpr int slos = 30;
constexpr std::int64_t rows_kept = 20;

Instant at(std::int64_t number) {
  return Instant(Duration(number));
}

/// The commit number `number`: it leaves its mark in every table.
Changes numbered(std::int64_t number) {
  Changes changes;
  for (int i = 0; i < slos; ++i) {
    SloChange slo;
    slo.slo = fmt::format("api/{:02}", i);
    slo.fingerprint = "f";
    slo.state = "{}";
    slo.ledger.push_back({.at = at(number), .total = static_cast<double>(number)});
    slo.buckets.push_back({.at = at(number), .counts = std::vector<double>(20, 1.0)});
    slo.ledger_removed.push_back(at(number - rows_kept));
    slo.buckets_removed.push_back(at(number - rows_kept));
    changes.slos.push_back(std::move(slo));
  }
  changes.outbox.push_back(
      {.id = fmt::format("{:06}", number), .receiver = "r", .notice = {}, .created = at(number)});
  changes.verdicts.push_back(
      {.at = at(number), .service = "api", .from = "open", .to = "x", .reason = ""});
  changes.remembered.rule_marks.push_back({"last", at(number)});
  return changes;
}

/// The number of the last commit that the file holds. Fails where one is there in part.
std::int64_t last_whole_commit(const std::filesystem::path& file) {
  auto database = open_sqlite(file);
  EXPECT_TRUE(database) << database.error();
  if (!database) return -1;
  const Restored restored = (*database)->load().value();
  const auto& marks = restored.remembered.rule_marks;
  const std::int64_t last = marks.empty() ? 0 : marks.front().value->time_since_epoch().count();
  MemoryDatabase mirror;
  for (std::int64_t number = std::max<std::int64_t>(1, last - 2 * rows_kept); number <= last;
       ++number) {
    EXPECT_TRUE(mirror.commit(numbered(number)));
  }
  EXPECT_EQ(text_of(restored), text_of(mirror.load().value()));
  const auto rows = (*database)->pending_messages().value();
  EXPECT_EQ(static_cast<std::int64_t>(rows.size()), last);
  EXPECT_EQ(text_of((*database)->recent_verdicts(10).value()),
            text_of(mirror.recent_verdicts(10).value()));
  return last;
}

/// The kernel kills this process in so many microseconds, whatever it is doing then.
void die_in(long microseconds) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  itimerspec when{};
  when.it_value.tv_nsec = 1 + microseconds * 1000;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
      timer_settime(timer, 0, &when, nullptr) != 0) {
    _exit(1);
  }
}

/// Commits in another process until it is killed. Returns the number of the last commit that was
/// acknowledged, or `before` where none was.
std::int64_t commit_until_killed(const std::filesystem::path& file, long microseconds,
                                 std::int64_t before) {
  std::array<int, 2> acknowledged{};
  EXPECT_EQ(pipe(acknowledged.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    die_in(microseconds);
    auto database = open_sqlite(file);
    for (std::int64_t number = before + 1; database && (*database)->commit(numbered(number));
         ++number) {
      if (write(acknowledged[1], &number, sizeof number) != sizeof number) break;
    }
    _exit(1);
  }
  close(acknowledged[1]);
  std::int64_t last = before;
  std::int64_t number = 0;
  while (read(acknowledged[0], &number, sizeof number) == sizeof number) last = number;
  close(acknowledged[0]);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
  return last;
}

TEST(DatabaseCrash, KeepsEveryAcknowledgedCommitAndNoneInPartWhenKilled) {
  const unsigned seed = 20261124;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const ScratchDirectory scratch;
  std::int64_t last = 0;
  int committed_unheard = 0;
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    const std::int64_t acknowledged =
        commit_until_killed(scratch.state_file(), static_cast<long>(random() % 60'000), last);
    last = last_whole_commit(scratch.state_file());
    ASSERT_GE(last, acknowledged);
    ASSERT_LE(last, acknowledged + 1);
    committed_unheard += last > acknowledged ? 1 : 0;
    ASSERT_FALSE(HasFailure());
  }
  RecordProperty("commits", static_cast<int>(last));
  RecordProperty("committed_unheard", committed_unheard);
  EXPECT_GT(last, 50);
}

TEST(DatabaseCrash, BeginsAnewWhenKilledWhileTheFileIsMade) {
  const unsigned seed = 20261125;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 100; ++round) {
    SCOPED_TRACE(round);
    const ScratchDirectory scratch;
    const std::int64_t acknowledged =
        commit_until_killed(scratch.state_file(), static_cast<long>(random() % 20'000), 0);
    const std::int64_t last = last_whole_commit(scratch.state_file());
    ASSERT_GE(last, acknowledged);
    ASSERT_LE(last, acknowledged + 1);
    ASSERT_FALSE(HasFailure());
  }
}

/// No file may grow beyond a size, as on a full disk, until the end of its life.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(DatabaseCrash, KeepsNothingOfACommitThatTheDiskRefusesAndGoesOnAfterIt) {
  const ScratchDirectory scratch;
  auto database = open_sqlite(scratch.state_file()).value();
  std::mt19937 random(5);
  MemoryDatabase mirror;
  const auto same = [&] {
    return text_of(database->load().value()) == text_of(mirror.load().value()) &&
           text_of(database->pending_messages().value()) ==
               text_of(mirror.pending_messages().value());
  };
  rlim_t room = 100'000;
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(round);
    Changes refused;
    {
      const FileSizeLimit limit(room);
      std::expected<void, std::string> result;
      for (int step = 0; step < 2000 && result; ++step) {
        refused = random_changes(random);
        result = database->commit(refused);
        if (result) ASSERT_TRUE(mirror.commit(refused));
      }
      ASSERT_FALSE(result);
      EXPECT_TRUE(result.error().starts_with("cannot commit to ")) << result.error();
      EXPECT_FALSE(database->commit(refused));
      EXPECT_TRUE(same());
    }
    ASSERT_TRUE(database->commit(refused));
    ASSERT_TRUE(mirror.commit(refused));
    EXPECT_TRUE(same());
    room += 10'000 + random() % 5000;
    if (round % 5 == 4) {
      database.reset();
      database = open_sqlite(scratch.state_file()).value();
      EXPECT_TRUE(same());
    }
  }
}

}  // namespace
}  // namespace slod
