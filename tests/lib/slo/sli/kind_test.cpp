// What a form of an SLI must answer: leaving out any one answer keeps it from being one.

#include "lib/slo/sli/kind.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/slo/sli/sli.h"

namespace slod {
namespace {

struct Described {
  static constexpr std::string_view kind = "test";
  static constexpr RolloutLimit rollout_limit = RolloutLimit::none;
  std::string fingerprint() const { return "test"; }
  static std::optional<SliPart> part() { return std::nullopt; }
};
struct Counted : Described {
  std::vector<Demanded> demands() const { return {}; }
  std::optional<BucketUse> bucket_use() const { return std::nullopt; }
};

struct ByEvents : Counted {
  Events events(const PendingCounts& /*counts*/) const { return {}; }
};
struct ByTimeSlices : Counted {
  Duration slice{};
  BucketCounts slice_events(const PendingCounts& /*counts*/) const { return {}; }
  SliceOutcome judge(const SliceCounts& /*slice*/) const { return SliceOutcome::good; }
};
struct ByExpressions : Described {
  Duration slice{};
  std::vector<const Expression*> expressions() const { return {}; }
  SliceValue judge(std::span<const ElementValues> /*values*/) const { return {}; }
};
static_assert(SliKind<ByEvents> && SliKind<ByTimeSlices> && SliKind<ByExpressions>);

// Each of these takes one answer away.
struct WithoutKind : ByEvents {
  void kind() const {}
};
struct WithoutRolloutLimit : ByEvents {
  void rollout_limit() const {}
};
struct WithoutFingerprint : ByEvents {
  void fingerprint() const {}
};
struct WithoutPart : ByEvents {
  void part() const {}
};
struct WithoutDemands : ByEvents {
  void demands() const {}
};
struct WithoutBucketUse : ByTimeSlices {
  void bucket_use() const {}
};
struct WithoutSlice : ByTimeSlices {
  void slice() const {}
};
struct WithoutSliceEvents : ByTimeSlices {
  void slice_events() const {}
};
struct WithoutJudgementOfCounts : ByTimeSlices {
  void judge() const {}
};
struct WithoutSliceOfExpressions : ByExpressions {
  void slice() const {}
};
struct WithoutExpressions : ByExpressions {
  void expressions() const {}
};
struct WithoutJudgementOfValues : ByExpressions {
  void judge() const {}
};
static_assert(!SliKind<Described> && !SliKind<Counted>, "not judged at all");
static_assert(!SliKind<WithoutKind>);
static_assert(!SliKind<WithoutRolloutLimit>);
static_assert(!SliKind<WithoutFingerprint>);
static_assert(!SliKind<WithoutPart>);
static_assert(!SliKind<WithoutDemands>);
static_assert(!SliKind<WithoutBucketUse>);
static_assert(!SliKind<WithoutSlice>);
static_assert(!SliKind<WithoutSliceEvents>);
static_assert(!SliKind<WithoutJudgementOfCounts>);
static_assert(!SliKind<WithoutSliceOfExpressions>);
static_assert(!SliKind<WithoutExpressions>);
static_assert(!SliKind<WithoutJudgementOfValues>);

// Judged in two ways, it would depend on the order of questions which one counts.
struct InTwoWays : ByTimeSlices {
  Events events(const PendingCounts& /*counts*/) const { return {}; }
};
static_assert(!SliKind<InTwoWays>);

template <class... Forms>
std::set<std::string_view> kinds(const std::variant<Forms...>* /*forms*/) {
  return {Forms::kind...};
}

TEST(SliKind, HasTheNameThatAnswersAndTheConfigurationUse) {
  EXPECT_EQ(kinds(static_cast<const Sli*>(nullptr)),
            (std::set<std::string_view>{"availability", "latency", "throughput", "threshold"}));
}

TEST(SliKind, SaysWhatTheWatchOfARolloutMayLimit) {
  EXPECT_EQ(rollout_limit_of("availability"), RolloutLimit::errors);
  EXPECT_EQ(rollout_limit_of("latency"), RolloutLimit::latency);
  EXPECT_EQ(rollout_limit_of("throughput"), RolloutLimit::none);
  EXPECT_EQ(rollout_limit_of("threshold"), RolloutLimit::none);
  EXPECT_EQ(rollout_limit_of("of a newer server"), RolloutLimit::none);
  EXPECT_EQ(rollout_limit_of(""), RolloutLimit::none);
}

TEST(PendingCounts, AddUpByRole) {
  PendingCounts counts;
  counts.add(Role::total, 0, 10);
  counts.add(Role::total, 0, 5);
  counts.add(Role::good, 0, 3);
  counts.add(Role::bad, 0, 2);
  counts.add(Role::bucket, 0.5, 4);
  counts.add(Role::bucket, 0.1, 1);
  counts.add(Role::bucket, 0.5, 4);
  counts.add(Role::value, 0, 99);
  EXPECT_EQ(counts.total, 15);
  EXPECT_EQ(counts.good, 3);
  EXPECT_EQ(counts.bad, 2);
  EXPECT_EQ(counts.buckets, (BucketCounts{{0.1, 0.5}, {1, 8}}));
}

}  // namespace
}  // namespace slod
