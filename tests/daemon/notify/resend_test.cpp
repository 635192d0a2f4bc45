#include "daemon/notify/resend.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/lib/alert/sample_notice.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

const Instant start{Duration(1'000'000)};
const alert::ResendPolicy policy{.interval = 1min, .patience = 5s};

std::vector<alert::Notice> notices(const std::string& keys) {
  std::vector<alert::Notice> out;
  for (const char key : keys) {
    out.push_back(alert::sample_notice());
    out.back().key = key;
  }
  return out;
}

TEST(Resend, OfSomethingNewIsDueAfterSomePatienceAndThenEveryMinute) {
  struct Row {
    const char* firing;  ///< one character for each key
    bool is_new;
  };
  const std::vector<Row> rows{{"a", true},   {"a", false}, {"ab", true},
                              {"ba", false}, {"b", false}, {"c", true},  // as many, but another
                              {"", false},   {"c", true},  {"c", false}};
  Resend resend{policy};
  EXPECT_EQ(resend.due(), std::nullopt);
  Instant now = start;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    SCOPED_TRACE(i);
    const std::string firing = rows[i].firing;
    resend.set(notices(firing), now);
    EXPECT_EQ(resend.notices().size(), firing.size());
    if (firing.empty()) {
      EXPECT_EQ(resend.due(), std::nullopt);
      continue;
    }
    EXPECT_EQ(resend.due(), now + (rows[i].is_new ? Duration(5s) : Duration(50s)));
    resend.begin(now);
    EXPECT_EQ(resend.due(), now + 1min);
    now += 10s;
  }
}

TEST(Resend, OfWhatAMessageSaidComesAMinuteAfterThat) {
  Resend resend{policy};
  resend.set(notices("a"), start);
  resend.sent("a", start + 1s);
  EXPECT_EQ(resend.due(), start + 61s);
  resend.set(notices("ab"), start + 2s);
  EXPECT_EQ(resend.due(), start + 7s) << "of b";
  resend.sent("b", start + 3s);
  EXPECT_EQ(resend.due(), start + 61s);
  resend.begin(start + 61s);
  EXPECT_EQ(resend.due(), start + 121s) << "of both";
}

TEST(Resend, KnowsWhatAMessageSaidBeforeItWasSeenToFire) {
  Resend resend{policy};
  resend.sent("a", start);
  EXPECT_EQ(resend.due(), std::nullopt);
  resend.set(notices("a"), start + 1s);
  EXPECT_EQ(resend.due(), start + 1min);
  resend.set({}, start + 2s);
  resend.set(notices("a"), start + 3s);
  EXPECT_EQ(resend.due(), start + 8s) << "forgotten with what no longer fires";
}

TEST(Resend, OfSomethingThatFiresWhileTheOthersAreBeingSentFollows) {
  Resend resend{policy};
  resend.set(notices("a"), start);
  resend.begin(start);
  resend.set(notices("ab"), start);
  EXPECT_EQ(resend.due(), start + 5s);
}

TEST(Resend, WaitsAsLongAsItIsAskedToButNoLongerThanAnHour) {
  Resend resend{policy};
  resend.set(notices("a"), start);
  resend.begin(start);
  resend.hold(5s, start);
  EXPECT_EQ(resend.due(), start + 1min);
  resend.hold(3min, start);
  EXPECT_EQ(resend.due(), start + 3min);
  resend.set(notices("ab"), start);
  EXPECT_EQ(resend.due(), start + 3min) << "whatever is new";
  resend.hold(24h, start);
  EXPECT_EQ(resend.due(), start + 1h);
}

}  // namespace
}  // namespace slod
