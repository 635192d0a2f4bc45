#include "daemon/memory/memory_meter.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace slod {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

/// A job on a thread of its own, so that one thread has one meter.
template <typename Job>
void on_thread(Job job) {
  std::thread(job).join();
}

TEST(MemoryMeter, IsNoLimitWhereNoneIsMade) {
  EXPECT_EQ(MemoryMeter::left(), MemoryMeter::no_limit);
  EXPECT_EQ(MemoryMeter::why(), "");
  MemoryMeter::adopt(mebibyte);
  EXPECT_EQ(MemoryMeter::left(), MemoryMeter::no_limit);
}

TEST(MemoryMeter, CountsWhateverItsThreadAllocatesAndFrees) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, 64 * mebibyte);
  const std::size_t before = MemoryMeter::left();
  {
    std::vector<std::string> texts(1000, std::string(1000, 'x'));
    const std::size_t taken = before - MemoryMeter::left();
    EXPECT_GE(taken, 1'000'000U + 1000 * sizeof(std::string));
    EXPECT_LE(taken, 1'100'000U + 1000 * sizeof(std::string));
    EXPECT_GE(budget->bytes(), taken - 64 * 1024);
  }
  EXPECT_EQ(MemoryMeter::left(), before);
  EXPECT_GE(meter.peak_bytes(), 1'000'000U);
}

/// Not what is in use of a vector, but what was allocated for it.
TEST(MemoryMeter, CountsCapacitiesAndNotSizes) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, 64 * mebibyte);
  const std::size_t before = MemoryMeter::left();
  std::vector<double> values;
  values.reserve(100'000);
  EXPECT_GE(before - MemoryMeter::left(), 800'000U);
}

TEST(MemoryMeter, DoesNotCountOtherThreads) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, 64 * mebibyte);
  const std::size_t before = MemoryMeter::left();
  std::string made_elsewhere;
  on_thread([&made_elsewhere] {
    EXPECT_EQ(MemoryMeter::left(), MemoryMeter::no_limit);
    made_elsewhere.assign(mebibyte, 'x');
  });
  EXPECT_LT(before - MemoryMeter::left(), 1024U);
  MemoryMeter::adopt(mebibyte);
  EXPECT_GE(before - MemoryMeter::left(), mebibyte);
}

TEST(MemoryMeter, LeavesNothingBeyondItsLimitAndSaysWhy) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, mebibyte);
  std::vector<std::string> texts;
  while (MemoryMeter::left() > 0) texts.emplace_back(10'000, 'x');
  EXPECT_LE(texts.size(), 110U);
  EXPECT_EQ(MemoryMeter::why(),
            "the query takes more than 1MiB of memory (query.query_memory); ask for fewer series, "
            "a shorter range or larger steps");
  texts.clear();
  EXPECT_GT(MemoryMeter::left(), 0U);
}

TEST(MemoryMeter, RefusesALargeAllocationThatDoesNotFit) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, 4 * mebibyte);
  EXPECT_THROW(std::string(5 * mebibyte, 'x'), MemoryExceeded);
  EXPECT_NO_THROW(std::string(3 * mebibyte, 'x'));
}

TEST(MemoryMeter, RefusesSmallOnesAtTwiceTheLimit) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, mebibyte);
  std::vector<std::string> texts;
  texts.reserve(10'000);
  EXPECT_THROW(while (texts.size() < 10'000) texts.emplace_back(1000, 'x'), MemoryExceeded);
  EXPECT_GE(texts.size(), 1700U);
  EXPECT_LE(texts.size(), 2200U);
}

/// A destructor that runs because of one exception must not be ended by another.
TEST(MemoryMeter, RefusesNothingWhileAnExceptionIsOnItsWay) {
  struct Allocating {
    ~Allocating() { EXPECT_NO_THROW(std::string(5 * mebibyte, 'x')); }
  };
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  const MemoryMeter meter(budget, mebibyte);
  const auto fail = [] {
    const Allocating allocating;
    throw std::runtime_error("any");
  };
  EXPECT_THROW(fail(), std::runtime_error);
}

TEST(MemoryBudget, IsGivenBackWhenTheMeterEnds) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  std::string kept;
  {
    const MemoryMeter meter(budget, 64 * mebibyte);
    kept.assign(mebibyte, 'x');
    EXPECT_GE(budget->bytes(), mebibyte);
  }
  EXPECT_EQ(budget->bytes(), 0U);
}

TEST(MemoryBudget, KeepsWhatIsStillInUseElsewhere) {
  const auto budget = std::make_shared<MemoryBudget>(64 * mebibyte);
  auto kept = MemoryBudget::keep(budget, mebibyte);
  EXPECT_EQ(budget->bytes(), mebibyte);
  kept = nullptr;
  EXPECT_EQ(budget->bytes(), 0U);
}

TEST(MemoryBudget, EndsTheLargestOfItsJobsAndLetsTheOthersGoOn) {
  const auto budget = std::make_shared<MemoryBudget>(4 * mebibyte);
  const MemoryMeter small(budget, 4 * mebibyte);
  std::vector<std::string> texts;
  for (int i = 0; i < 10; ++i) texts.emplace_back(100'000, 'x');
  on_thread([budget] {
    const MemoryMeter large(budget, 4 * mebibyte);
    std::vector<std::string> more;
    while (MemoryMeter::left() > 0) more.emplace_back(100'000, 'x');
    EXPECT_LE(more.size(), 33U);
    EXPECT_EQ(MemoryMeter::why(),
              "all queries together take more than 4MiB of memory (query.all_queries_memory), and "
              "this one takes the most; ask for fewer series or a shorter range, or try again "
              "later");
  });
  EXPECT_GT(MemoryMeter::left(), 0U);
}

TEST(MemoryBudget, EndsTheLargestAlsoWhereASmallOneTakesTheLastOfIt) {
  const auto budget = std::make_shared<MemoryBudget>(4 * mebibyte);
  std::vector<std::string> large_texts;
  large_texts.reserve(100);
  const MemoryMeter large(budget, 4 * mebibyte);
  for (int i = 0; i < 35; ++i) large_texts.emplace_back(100'000, 'x');
  on_thread([budget] {
    const MemoryMeter small(budget, 4 * mebibyte);
    std::vector<std::string> texts;
    for (int i = 0; i < 10; ++i) texts.emplace_back(100'000, 'x');
    EXPECT_GT(MemoryMeter::left(), 0U);
  });
  EXPECT_EQ(MemoryMeter::left(), 0U);
}

TEST(AllocationCount, CountsWhatItsScopeAllocatesForOthers) {
  std::string kept;
  std::size_t bytes = 0;
  {
    const AllocationCount count;
    kept.assign(mebibyte, 'x');
    const std::string gone(mebibyte, 'x');
    EXPECT_GE(count.bytes(), 2 * mebibyte);
    bytes = count.bytes() - mebibyte;
  }
  EXPECT_GE(bytes, mebibyte);
  EXPECT_LE(bytes, mebibyte + mebibyte / 10);
}

}  // namespace
}  // namespace slod
