#include "daemon/tasks/task_board.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;

const Instant start{1795514400s};

struct Board : testing::Test {
  std::vector<std::string> counted;
  TaskBoard board{[this](std::string_view kind) { counted.emplace_back(kind); }};
};

TEST_F(Board, SaysWhatFailedHowOftenAndHowLast) {
  EXPECT_EQ(board.problem(start), "");
  board.note("read", "read scrape/api/a:1", "first", start);
  board.note("read", "read scrape/api/a:1", "second", start + 5s);
  board.note("step", "decide", "third", start + 3s);
  EXPECT_EQ(counted, (std::vector<std::string>{"read", "read", "step"}));
  ASSERT_EQ(board.failed().size(), 2U);
  const FailedTask& read = board.failed().at("read scrape/api/a:1");
  EXPECT_EQ(read.failures, 2U);
  EXPECT_EQ(read.error, "second");
  EXPECT_EQ(read.at, start + 5s);
}

TEST_F(Board, IsAProblemForTwoMinutes) {
  board.note("read", "read scrape/api/a:1", "out of luck", start);
  EXPECT_EQ(board.problem(start), "a task failed: read scrape/api/a:1: out of luck");
  EXPECT_NE(board.problem(start + 119s), "");
  EXPECT_EQ(board.problem(start + 120s), "");
}

TEST_F(Board, RemembersAHundredTasks) {
  for (int i = 0; i < 1000; ++i) {
    board.note("read", "read " + std::to_string(i), "x", start + std::chrono::seconds(i));
  }
  EXPECT_EQ(board.failed().size(), 100U);
  EXPECT_TRUE(board.failed().contains("read 999"));
}

}  // namespace
}  // namespace slod
