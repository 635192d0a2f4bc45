#include "lib/slo/ledger.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

using namespace std::chrono_literals;

constexpr Instant day_one{std::chrono::sys_days{std::chrono::year{2026} / 10 / 1}};

TEST(Ledger, KnowsNothingBeforeItBegins) {
  const Ledger ledger(15s, 24h);
  const Tally tally = ledger.over({day_one, day_one + 1h});
  EXPECT_EQ(tally.total, 0);
  EXPECT_EQ(tally.counted.length(), 0s);
  EXPECT_FALSE(ledger.observed_since());
}

}  // namespace
}  // namespace slod
