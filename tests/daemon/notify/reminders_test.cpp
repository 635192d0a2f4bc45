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

TEST(Reminders, AreDueAtOnceWhenSomethingNewFiresAndThenEveryMinute) {
  struct Row {
    const char* firing;  ///< one letter for each key
    bool at_once;
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
    reminders.set(notices(firing));
    EXPECT_EQ(reminders.notices().size(), firing.size());
    if (firing.empty()) {
      EXPECT_EQ(reminders.due(), std::nullopt);
      continue;
    }
    EXPECT_EQ(reminders.due().value() <= now, rows[i].at_once);
    reminders.begin(now);
    EXPECT_EQ(reminders.due(), now + 1min);
    now += 10s;
  }
}

TEST(Reminders, OfSomethingThatFiresWhileTheOthersAreBeingSentFollow) {
  Reminders reminders;
  reminders.set(notices("a"));
  reminders.begin(start);
  reminders.set(notices("ab"));
  EXPECT_LE(reminders.due(), start);
}

TEST(Reminders, WaitAsLongAsTheyAreAskedToButNoLongerThanAnHour) {
  Reminders reminders;
  reminders.set(notices("a"));
  reminders.begin(start);
  reminders.hold(5s, start);
  EXPECT_EQ(reminders.due(), start + 1min);
  reminders.hold(3min, start);
  EXPECT_EQ(reminders.due(), start + 3min);
  reminders.hold(24h, start);
  EXPECT_EQ(reminders.due(), start + 1h);
}

}  // namespace
}  // namespace slod
