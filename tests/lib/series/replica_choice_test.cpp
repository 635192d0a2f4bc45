#include "lib/series/replica_choice.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/lib/series/source_pages.h"

namespace slod {
namespace {

ReplicaChoice pair() {
  return {true, {.kind = server_kind, .interval = std::chrono::seconds(15)}};
}

TEST(ReplicaChoice, IsOneServerForGoodWhereThereIsNoOther) {
  ReplicaChoice choice(false, {.kind = server_kind});
  choice.read(0, std::nullopt, second(0));
  choice.turn();
  EXPECT_EQ(choice.current(), 0U);
  EXPECT_FALSE(choice.is_in_doubt(second(1000)));
}

TEST(ReplicaChoice, StaysWithTheOneThatWasReadLast) {
  ReplicaChoice choice = pair();
  EXPECT_EQ(choice.current(), 0U);
  choice.read(0, second(-1), second(0));
  choice.read(1, second(14), second(15));
  EXPECT_EQ(choice.current(), 1U);
  choice.turn();
  EXPECT_EQ(choice.current(), 0U);
}

TEST(ReplicaChoice, DoubtsAServerThatShowsNothingNew) {
  ReplicaChoice choice = pair();
  for (int at = 0; at <= 60; at += 15) {
    choice.read(0, second(at - 1), second(at));
    EXPECT_FALSE(choice.is_in_doubt(second(at + 15)));
  }
  choice.read(0, second(59), second(75));
  choice.read(0, second(59), second(90));
  EXPECT_FALSE(choice.is_in_doubt(second(97)));
  EXPECT_TRUE(choice.is_in_doubt(second(98)));
}

TEST(ReplicaChoice, KnowsAServerThatScrapesMoreSlowlyThanItIsRead) {
  ReplicaChoice choice = pair();
  for (int at = 0; at <= 600; at += 15) choice.read(0, second(at / 60 * 60), second(at));
  EXPECT_FALSE(choice.is_in_doubt(second(600 + 150)));
  EXPECT_TRUE(choice.is_in_doubt(second(600 + 151)));
}

TEST(ReplicaChoice, DoubtsAServerWithoutSeriesAndOneThatLags) {
  ReplicaChoice choice = pair();
  choice.read(0, std::nullopt, second(0));
  EXPECT_TRUE(choice.is_in_doubt(second(1)));
  choice.read(0, second(-290), second(15));
  EXPECT_TRUE(choice.is_in_doubt(second(30)));
}

TEST(ReplicaChoice, IsBehindByMoreThanTheLongestStepOrStanding) {
  ReplicaChoice choice = pair();
  choice.read(0, second(0), second(1));
  struct Row {
    std::optional<double> newest;
    std::optional<double> of_other;
    double now;
    bool expected;
  };
  for (const auto& [newest, of_other, now, expected] :
       {Row{15, 14, 16, false}, Row{15, 314, 316, false}, Row{15, 316, 317, true},
        Row{0, 0, 60, false}, Row{0, 1, 60, true}, Row{0, 1, 30, false}, Row{15, 20, 60, false},
        Row{15, std::nullopt, 60, false}, Row{std::nullopt, 0, 60, true},
        Row{std::nullopt, std::nullopt, 60, false}}) {
    const auto at = [](std::optional<double> value) {
      return value ? std::optional(second(*value)) : std::nullopt;
    };
    EXPECT_EQ(choice.is_behind(at(newest), at(of_other), second(now)), expected)
        << newest.value_or(-1) << " " << of_other.value_or(-1) << " " << now;
  }
}

}  // namespace
}  // namespace slod
