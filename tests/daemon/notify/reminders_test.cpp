#include "daemon/notify/reminders.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/lib/alert/sample_notice.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

const Instant start{Duration(1'000'000)};

std::vector<alert::Notice> notices(const std::string& keys) {
  std::vector<alert::Notice> out;
  for (const char key : keys) {
    out.push_back(alert::sample_notice());
    out.back().key = key;
  }
  return out;
}

TEST(Reminders, OfSomethingNewAreDueAfterSomePatienceAndThenEveryMinute) {
  struct Row {
    const char* firing;  ///< one letter for each key
    bool is_new;
  };
  const std::vector<Row> rows{{"a", true},   {"a", false}, {"ab", true},
                              {"ba", false}, {"b", false}, {"c", true},  // as many, but another
                              {"", false},   {"c", true},  {"c", false}};
  Reminders reminders;
  EXPECT_EQ(reminders.due(), std::nullopt);
  Instant now = start;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const std::string firing = rows[i].firing;
    reminders.set(notices(firing), now);
    EXPECT_EQ(reminders.notices().size(), firing.size());
    if (firing.empty()) {
      EXPECT_EQ(reminders.due(), std::nullopt);
      continue;
    }
    EXPECT_EQ(reminders.due(), now + (rows[i].is_new ? Duration(5s) : Duration(50s)));
    reminders.begin(now);
    EXPECT_EQ(reminders.due(), now + 1min);
    now += 10s;
  }
}

TEST(Reminders, OfWhatAMessageSaidComeAMinuteAfterThat) {
  Reminders reminders;
  reminders.set(notices("a"), start);
  reminders.told("a", start + 1s);
  EXPECT_EQ(reminders.due(), start + 61s);
  reminders.set(notices("ab"), start + 2s);
  EXPECT_EQ(reminders.due(), start + 7s) << "of b";
  reminders.told("b", start + 3s);
  EXPECT_EQ(reminders.due(), start + 61s);
  reminders.begin(start + 61s);
  EXPECT_EQ(reminders.due(), start + 121s) << "of both";
}

TEST(Reminders, KnowWhatAMessageSaidBeforeItWasSeenToFire) {
  Reminders reminders;
  reminders.told("a", start);
  EXPECT_EQ(reminders.due(), std::nullopt);
  reminders.set(notices("a"), start + 1s);
  EXPECT_EQ(reminders.due(), start + 1min);
  reminders.set({}, start + 2s);
  reminders.set(notices("a"), start + 3s);
  EXPECT_EQ(reminders.due(), start + 8s) << "forgotten with what no longer fires";
}

TEST(Reminders, OfSomethingThatFiresWhileTheOthersAreBeingSentFollow) {
  Reminders reminders;
  reminders.set(notices("a"), start);
  reminders.begin(start);
  reminders.set(notices("ab"), start);
  EXPECT_EQ(reminders.due(), start + 5s);
}

TEST(Reminders, WaitAsLongAsTheyAreAskedToButNoLongerThanAnHour) {
  Reminders reminders;
  reminders.set(notices("a"), start);
  reminders.begin(start);
  reminders.hold(5s, start);
  EXPECT_EQ(reminders.due(), start + 1min);
  reminders.hold(3min, start);
  EXPECT_EQ(reminders.due(), start + 3min);
  reminders.set(notices("ab"), start);
  EXPECT_EQ(reminders.due(), start + 3min) << "whatever is new";
  reminders.hold(24h, start);
  EXPECT_EQ(reminders.due(), start + 1h);
}

}  // namespace
}  // namespace slod
