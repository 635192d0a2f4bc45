#include "lib/series/source_kind.h"

#include <gtest/gtest.h>

namespace slod {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(SourceKind, MeasuresTimeByReadsUpToTwoAndAHalfIntervals) {
  EXPECT_EQ(longest_step(Timing::by_reads, seconds(15)), Duration(37'500));
  EXPECT_EQ(longest_step(Timing::by_reads, minutes(4)), minutes(10));
}

TEST(SourceKind, MeasuresTimeBySamplesUpToTheLookbackAtLeast) {
  EXPECT_EQ(longest_step(Timing::by_samples, seconds(15)), minutes(5));
  EXPECT_EQ(longest_step(Timing::by_samples, minutes(4)), minutes(10));
}

TEST(SourceKind, IsOneOrTheOther) {
  EXPECT_EQ(target_kind, target_kind);
  EXPECT_NE(target_kind, server_kind);
  EXPECT_NE(target_kind.state_text, server_kind.state_text);
  EXPECT_EQ(SourceOptions{}.kind, target_kind);
}

}  // namespace
}  // namespace slod
