#include "daemon/notify/backlog.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
using alert::DeliveryStatus;

const Instant start{Duration(1'000'000)};

OutboxRow row(const std::string& id, Instant next_attempt = Instant::min(), int attempts = 0) {
  return {.message = {.id = id, .receiver = "oncall", .notice = {}, .created = start},
          .attempts = attempts,
          .next_attempt = next_attempt,
          .error = {}};
}

TEST(Backlog, OfNoMessageIsNeverDue) {
  EXPECT_EQ(Backlog().due(), std::nullopt);
}

TEST(Backlog, IsServedInTheOrderOfArrival) {
  Backlog backlog;
  for (const char* id : {"a", "b", "c"}) backlog.add(row(id));
  for (const char* id : {"a", "b", "c"}) {
    EXPECT_EQ(backlog.front().message.id, id);
    backlog.begin(start, 0ms);
    const OutboxUpdate update =
        backlog.end({DeliveryStatus::delivered, ""}, std::nullopt, start, 0);
    EXPECT_EQ(update.id, id);
    EXPECT_EQ(update.state, OutboxState::delivered);
    EXPECT_EQ(update.attempts, 1);
    EXPECT_EQ(update.error, "");
  }
  EXPECT_TRUE(backlog.empty());
}

TEST(Backlog, LetsNothingPassTheFirstWhileThatIsTriedAgain) {
  Backlog backlog;
  backlog.add(row("trigger"));
  backlog.add(row("resolve"));
  backlog.begin(start, 0ms);
  const OutboxUpdate update = backlog.end({DeliveryStatus::retry, "busy"}, std::nullopt, start, 1);
  EXPECT_EQ(update.id, "trigger");
  EXPECT_EQ(update.state, OutboxState::pending);
  EXPECT_EQ(update.error, "busy");
  EXPECT_EQ(update.next_attempt, start + 1s);
  EXPECT_EQ(backlog.front().message.id, "trigger");
  EXPECT_EQ(backlog.due(), start + 1s);
  EXPECT_EQ(backlog.size(), 2U);
}

struct Step {
  Instant begin;
  Instant end;
  DeliveryStatus delivery;
  std::optional<Duration> retry_after;
  int attempts;                ///< as the store hears of them
  std::optional<Instant> due;  ///< afterwards
};

TEST(Backlog, WaitsForTheReceiverAndForItsPace) {
  constexpr Duration pause = 500ms;
  const std::vector<Step> steps{
      // Answered sooner than the pace allows the next: counted from the beginning.
      {start, start + 100ms, DeliveryStatus::delivered, {}, 1, start + 500ms},
      // Answered later than that: the next goes at once.
      {start + 500ms, start + 3s, DeliveryStatus::delivered, {}, 1, start + 1s},
      {start + 3s, start + 3s, DeliveryStatus::retry, {}, 1, start + 4s},
      {start + 4s, start + 4s, DeliveryStatus::retry, {}, 2, start + 6s},
      {start + 6s, start + 6s, DeliveryStatus::retry, 90s, 3, start + 96s},
      {start + 96s, start + 96s, DeliveryStatus::retry, 5h, 4, start + 96s + 1h},
      {start + 2h, start + 2h, DeliveryStatus::rejected, {}, 5, std::nullopt},
  };
  Backlog backlog;
  for (const char* id : {"a", "b", "c"}) backlog.add(row(id));
  for (std::size_t i = 0; i < steps.size(); ++i) {
    SCOPED_TRACE(i);
    const Step& step = steps[i];
    backlog.begin(step.begin, pause);
    const OutboxUpdate update = backlog.end({step.delivery, "why"}, step.retry_after, step.end, 1);
    EXPECT_EQ(update.attempts, step.attempts);
    EXPECT_EQ(backlog.due(), step.due);
  }
}

TEST(Backlog, GoesOnWhereARestartInterruptedIt) {
  Backlog backlog;
  backlog.add(row("a", start + 10s, 3));
  EXPECT_EQ(backlog.due(), start + 10s);
  backlog.begin(start + 10s, 0ms);
  const OutboxUpdate update =
      backlog.end({DeliveryStatus::retry, "busy"}, std::nullopt, start + 10s, 1);
  EXPECT_EQ(update.attempts, 4);
  EXPECT_EQ(update.next_attempt, start + 18s);
}

TEST(Backlog, InAHurryKeepsThePaceAlone) {
  Backlog backlog;
  backlog.hurry();
  backlog.add(row("a"));
  backlog.begin(start, 500ms);
  backlog.end({DeliveryStatus::retry, "busy"}, 1h, start, 1);
  backlog.hurry();
  EXPECT_EQ(backlog.due(), start + 500ms);
}

TEST(Backlog, NeverSendsFasterThanItsPaceWhateverHappens) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Backlog backlog;
    for (int i = 0; i < 100; ++i) backlog.add(row(std::to_string(i)));
    Instant now = start;
    std::optional<Instant> began;
    int next = 0;
    while (const auto due = backlog.due()) {
      now = std::max(now, *due) + Duration(random() % 3);
      if (began) {
        ASSERT_GE(now - *began, 500ms);
      }
      began = now;
      ASSERT_EQ(backlog.front().message.id, std::to_string(next));
      backlog.begin(now, 500ms);
      now += Duration(random() % 2000);
      const auto delivery = static_cast<DeliveryStatus>(random() % 3);
      backlog.end({delivery, "why"}, std::nullopt, now, 0.5);
      if (delivery != DeliveryStatus::retry) ++next;
    }
    EXPECT_EQ(next, 100);
  }
}

}  // namespace
}  // namespace slod
