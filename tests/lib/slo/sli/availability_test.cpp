#include "lib/slo/sli/availability.h"

#include <gtest/gtest.h>

#include "lib/sketch/limits.h"
#include "tests/lib/slo/sli/texts.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

using Texts = std::vector<std::string>;
constexpr double nan = not_a_number;
constexpr double inf = infinity;

AvailabilitySli by_good() {
  return {selector("requests_total"), selector(R"(requests_total{code="200"})"), {}};
}
AvailabilitySli by_bad() {
  return {selector("requests_total"), {}, selector("errors_total")};
}

TEST(Availability, DemandsTheTotalAndItsPart) {
  EXPECT_EQ(demanded(by_good()),
            (Texts{"total requests_total", "good requests_total{code=\"200\"}"}));
  EXPECT_EQ(demanded(by_bad()), (Texts{"total requests_total", "bad errors_total"}));
  const EventSum sum({{selector("a")}, {selector("b"), true}});
  EXPECT_EQ(demanded(AvailabilitySli{sum, {}, selector("c")}),
            (Texts{"total a", "total - b", "bad c"}));
  EXPECT_EQ(evaluated(by_good()), Texts{});
}

TEST(Availability, IsJudgedEventByEventWithoutAHistogram) {
  EXPECT_EQ(judging_of(by_good()), SliJudging::events);
  EXPECT_EQ(slice_of(by_good()), std::nullopt);
  EXPECT_FALSE(bucket_use(by_good()));
  EXPECT_EQ(kind_of(by_good()), "availability");
}

TEST(Availability, TakesTheBadEventsAsCountedOrAllButTheGood) {
  const PendingCounts counts{.total = 100, .good = 90, .bad = 7, .buckets = {}};
  EXPECT_EQ(events(by_good(), counts).total, 100);
  EXPECT_EQ(events(by_good(), counts).bad, 10);
  EXPECT_EQ(events(by_bad(), counts).total, 100);
  EXPECT_EQ(events(by_bad(), counts).bad, 7);
  EXPECT_EQ(events(by_good(), {}).bad, 0);
  const PendingCounts lagging{.total = 5, .good = 8, .bad = 0, .buckets = {}};
  EXPECT_EQ(events(by_good(), lagging).bad, -3) << "the ledger evens it out with the next read";
}

TEST(Availability, CountsWhatIsTakenOffTheTotalInsteadOfTheRest) {
  const EventSum total(selector("t"));
  const EventSum all_but_bad({{selector("t")}, {selector("b"), true}});
  const AvailabilitySli sli = availability(total, all_but_bad, true);
  EXPECT_FALSE(sli.good);
  EXPECT_EQ(sli.bad, EventSum(selector("b")));
  const AvailabilitySli turned = availability(total, all_but_bad, false);
  EXPECT_EQ(turned.good, EventSum(selector("b")));
  const EventSum of_others({{selector("u")}, {selector("b"), true}});
  EXPECT_EQ(availability(total, of_others, true).good, of_others) << "it is no part of the total";
  EXPECT_EQ(availability(total, EventSum(selector("g")), true).good, EventSum(selector("g")));
}

TEST(EvaluatedAvailability, HasTheExpressionsOfTheTotalAndItsPart) {
  const Sli good = EvaluatedAvailabilitySli{expression("sum(t)"), expression("sum(g)"), {}, 5min};
  const Sli bad = EvaluatedAvailabilitySli{expression("sum(t)"), {}, expression("sum(b)"), 5min};
  EXPECT_EQ(evaluated(good), (Texts{"sum(t)", "sum(g)"}));
  EXPECT_EQ(evaluated(bad), (Texts{"sum(t)", "sum(b)"}));
  EXPECT_EQ(demanded(good), Texts{});
  EXPECT_EQ(judging_of(good), SliJudging::expressions);
  EXPECT_EQ(slice_of(good), 5min);
  EXPECT_FALSE(bucket_use(good));
  EXPECT_EQ(kind_of(good), "availability");
}

TEST(EvaluatedAvailability, CountsTheValuesOfASliceAsEvents) {
  const Sli good = EvaluatedAvailabilitySli{expression(), expression(), {}, 1min};
  const Sli bad = EvaluatedAvailabilitySli{expression(), {}, expression(), 1min};
  struct Case {
    ElementValues total;
    ElementValues part;
    const char* with_good;
    const char* with_bad;
  };
  const Case cases[] = {
      {{10}, {8}, "10/2", "10/8"},
      {{4, 6}, {3, 5}, "10/2", "10/8"},
      {{10}, {0}, "10/10", "10/0"},
      {{0.5}, {0.25}, "0.5/0.25", "0.5/0.25"},
      {{10}, {11}, "10/0", "10/10"},
      {{10}, {10}, "10/0", "10/10"},
      {{10}, {-1}, "10/10", "10/0"},
      {{0}, {0}, "idle", "idle"},
      {{0}, {5}, "idle", "idle"},
      {{}, {1}, "total has no value", "total has no value"},
      {{10}, {}, "good has no value", "bad has no value"},
      {{0}, {}, "good has no value", "bad has no value"},
      {{nan}, {1}, "total is nan", "total is nan"},
      {{1, nan}, {1}, "total is nan", "total is nan"},
      {{inf}, {1}, "total is inf", "total is inf"},
      {{10}, {nan}, "good is nan", "bad is nan"},
      {{10}, {-inf}, "good is -inf", "bad is -inf"},
      {{-1}, {0}, "total is -1, below zero", "total is -1, below zero"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(judged(good, {each.total, each.part}), each.with_good);
    EXPECT_EQ(judged(bad, {each.total, each.part}), each.with_bad);
  }
}

TEST(EvaluatedAvailability, CountsAPartThatDoesNotExistAsNoEvents) {
  const Sli good = evaluated_availability(expression("sum(t)"), expression("sum(g)"), true, 1min);
  const Sli bad = evaluated_availability(expression("sum(t)"), expression("sum(b)"), false, 1min);
  EXPECT_EQ(evaluated(bad), (Texts{"sum(t)", "sum(b)", "(sum(b)) or on () vector(0)"}));
  EXPECT_EQ(fingerprint(bad), fingerprint(Sli{EvaluatedAvailabilitySli{
                                  expression("sum(t)"), {}, expression("sum(b)"), 1min}}));
  EXPECT_EQ(judged(bad, {{10}, {}, {0}}), "10/0");
  EXPECT_EQ(judged(good, {{10}, {}, {0}}), "10/10");
  EXPECT_EQ(judged(bad, {{10}, {3}, {}}), "10/3");
  EXPECT_EQ(judged(bad, {{0}, {}, {0}}), "idle");
  EXPECT_EQ(judged(bad, {{}, {}, {0}}), "total has no value");
  EXPECT_EQ(judged(bad, {{10}, {}, {}}), "bad has no value") << "its sides do not match";
}

TEST(ErrorRatio, IsZeroWhereItsPartDoesNotExist) {
  const Sli sli = error_ratio(expression("sum(b) / sum(t)"), 1min);
  EXPECT_EQ(evaluated(sli).size(), 2U);
  EXPECT_EQ(judged(sli, {{}, {0}}), "1/0");
  EXPECT_EQ(judged(sli, {{0.5}, {}}), "1/0.5");
  EXPECT_EQ(judged(sli, {{}, {nan}}), "idle");
  EXPECT_EQ(judged(sli, {{}, {}}), "error_ratio has no value");
  EXPECT_EQ(evaluated(error_ratio(expression("avg(r)"), 1min)), Texts{"avg(r)"});
}

TEST(ErrorRatio, IsTheBadPartOfOneEventInEachSlice) {
  const Sli sli = ErrorRatioSli{expression("avg(bad_ratio)"), 1min};
  EXPECT_EQ(evaluated(sli), Texts{"avg(bad_ratio)"});
  EXPECT_EQ(judging_of(sli), SliJudging::expressions);
  EXPECT_EQ(slice_of(sli), 1min);
  EXPECT_EQ(kind_of(sli), "availability");
  const std::pair<ElementValues, const char*> cases[] = {
      {{0}, "1/0"},
      {{0.25}, "1/0.25"},
      {{1}, "1/1"},
      {{1.5}, "1/1"},
      {{-0.5}, "1/0"},
      {{nan}, "idle"},
      {{inf}, "error_ratio is infinite"},
      {{-inf}, "error_ratio is infinite"},
      {{}, "error_ratio has no value"},
      {{0.1, 0.2}, "error_ratio has 2 elements instead of one"},
  };
  for (const auto& [values, expected] : cases) EXPECT_EQ(judged(sli, {values}), expected);
}

}  // namespace
}  // namespace slod
