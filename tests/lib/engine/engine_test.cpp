#include "lib/engine/engine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using std::chrono::seconds;

constexpr const char* source = "scrape/api/a:1";

/// One SLO with 10 % of errors allowed over an hour, and nothing projected into the unseen part.
std::string one_slo(const std::string& sources) {
  return sources + R"(
services:
  - name: api
    slos:
      - name: availability
        objective: 90%
        window: 1h
        cold_start: observed
        availability: {total: requests, bad: 'requests{code="500"}'}
)";
}

std::string one_target() {
  return one_slo("scrape: [{job: api, targets: ['a:1']}]");
}

/// Pages of a target that serves one request a second, all good.
class Steady {
 public:
  Steady(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  void read(double second) { world_.page(name_, requests_page(1000 + second, 0), at(second)); }
  void read_each(int from, int until) {
    for (int second = from; second <= until; second += 15) read(second);
  }
  void fail_each(int from, int until) {
    for (int second = from; second <= until; second += 15) world_.fail(name_, at(second));
  }

 private:
  World& world_;
  std::string name_;
};

TEST(Engine, TellsTheEndOfAWindowSliceBySlice) {
  World world(one_target(), at(0));
  Steady(world, source).read_each(0, 1800);
  const auto slices = [&](std::optional<Duration> last) {
    return world.engine().slos().timeline({"api", "availability"}, 10, last, at(1800)).value();
  };
  const auto end = slices(seconds(600));
  EXPECT_EQ(end.front().when.begin, at(1200));
  EXPECT_EQ(end.back().when.end, at(1800));
  double total = 0;
  for (const TimelineSlice& slice : end) total += slice.tally.total;
  EXPECT_NEAR(total, 600, 1e-6);
  EXPECT_EQ(slices(std::nullopt).front().when.begin, at(1800 - 3600));
  EXPECT_EQ(slices(std::chrono::hours(9)).front().when.begin, at(1800 - 3600)) << "no more than it";
  EXPECT_FALSE(world.engine().slos().timeline({"api", "other"}, 10, seconds(600), at(1800)));
}

TEST(Engine, TakesTheFirstPageAsABaselineAndCountsWhatIsBornLater) {
  World world(one_target(), at(0));
  world.page(source, "requests{code=\"200\"} 5000\n", at(15));
  world.step(at(15));
  EXPECT_EQ(world.slo("api", "availability").reading.total, 0);
  EXPECT_EQ(world.slo("api", "availability").observed_since, at(15));
  world.page(source, "requests{code=\"200\"} 5017\nrequests{code=\"500\"} 3\n", at(30));
  world.step(at(30));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_EQ(slo.reading.total, 20);
  EXPECT_EQ(slo.reading.bad, 3);
  EXPECT_NEAR(slo.budget.spent_ratio.value(), 1.5, 1e-9);
  EXPECT_EQ(slo.reading.coverage_ratio, 1);
}

TEST(Engine, CountsTheValueAfterAResetAsEvents) {
  World world(one_target(), at(0));
  world.page(source, requests_page(100, 10), at(15));
  world.page(source, requests_page(150, 12), at(30));
  world.page(source, requests_page(7, 1), at(45));
  world.step(at(45));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_EQ(slo.reading.total, 50 + 2 + 7 + 1);
  EXPECT_EQ(slo.reading.bad, 3);
  EXPECT_EQ(slo.budget.spent_worst_ratio, slo.budget.spent_ratio);
}

TEST(Engine, LowersTheCoverageAndNotTheWorstCaseOnceAGapIsRecovered) {
  World world(one_target(), at(0));
  Steady target(world, source);
  target.read_each(0, 300);
  target.fail_each(315, 375);
  world.step(at(375));
  EXPECT_EQ(world.slo("api", "availability").budget.spent_ratio, 0);
  EXPECT_GT(world.slo("api", "availability").budget.spent_worst_ratio, 0.1) << "the gap is open";
  target.read(390);
  world.step(at(390));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_NEAR(slo.reading.total, 390, 1e-9);
  EXPECT_EQ(slo.budget.spent_worst_ratio, slo.budget.spent_ratio);
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 300.0 / 390, 1e-9);
  target.read_each(405, 495);
  world.step(at(495));
  EXPECT_NEAR(world.slo("api", "availability").reading.coverage_ratio.value(), 405.0 / 495, 1e-9);
  EXPECT_NEAR(world.slo("api", "availability").reading.total, 495, 1e-9);
}

TEST(Engine, RaisesTheWorstCaseForAGapThatEndsWithAReset) {
  World world(one_target(), at(0));
  Steady target(world, source);
  target.read_each(0, 300);
  target.fail_each(315, 375);
  world.page(source, requests_page(20, 0), at(390));
  world.step(at(390));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_NEAR(slo.reading.total, 320, 1e-9);
  const double lost = 320.0 / 300 * 90;
  EXPECT_NEAR(slo.budget.spent_worst_ratio.value(), lost / (0.1 * (320 + lost)), 1e-6);
  EXPECT_EQ(slo.budget.spent_ratio, 0);
}

TEST(Engine, DoesNotTrustAGapAfterWhichAllSeriesAreOthers) {
  World world(one_target(), at(0));
  Steady target(world, source);
  target.read_each(0, 300);
  target.fail_each(315, 375);
  world.page(source, "requests{code=\"200\",version=\"2\"} 20\n", at(390));
  world.step(at(390));
  EXPECT_NEAR(world.slo("api", "availability").reading.total, 320, 1e-9);
  EXPECT_GT(world.slo("api", "availability").budget.spent_worst_ratio.value(), 0.5);
}

TEST(Engine, TakesReadsThatWereLateByLessThanOneAndAHalfIntervalsAsMeasured) {
  World world(one_target(), at(0));
  Steady target(world, source);
  for (const double second : {0, 15, 50, 85}) target.read(second);
  world.step(at(85));
  EXPECT_EQ(world.slo("api", "availability").reading.coverage_ratio, 1);
  target.read(130);  // three intervals without a word from the source
  world.step(at(130));
  EXPECT_NEAR(world.slo("api", "availability").reading.coverage_ratio.value(), 85.0 / 130, 1e-9);
  EXPECT_EQ(world.slo("api", "availability").budget.spent_worst_ratio, 0);
}

TEST(Engine, LosesAThirdOfTheCoverageWhileOneOfThreeTargetsIsGone) {
  World world(one_slo("scrape: [{job: api, targets: ['a:1', 'b:1', 'c:1']}]"), at(0));
  Steady a(world, "scrape/api/a:1");
  Steady b(world, "scrape/api/b:1");
  Steady c(world, "scrape/api/c:1");
  for (int second = 0; second <= 600; second += 15) {
    a.read(second);
    b.read(second);
    second > 300 ? c.fail_each(second, second) : c.read(second);
  }
  world.step(at(600));
  const auto during = world.over("api", "availability", seconds(300), at(600));
  EXPECT_NEAR(during.reading.coverage_ratio.value(), 2.0 / 3, 1e-3);
  EXPECT_NEAR(during.reading.total, 2 * 300, 1e-6);
  const auto whole = world.over("api", "availability", seconds(600), at(600));
  EXPECT_NEAR(whole.reading.coverage_ratio.value(), 5.0 / 6, 1e-3);
  for (int second = 615; second <= 900; second += 15) {
    a.read(second);
    b.read(second);
    c.read(second);
  }
  world.step(at(900));
  EXPECT_NEAR(world.slo("api", "availability").reading.total, 2700, 1e-6);
  EXPECT_NEAR(world.slo("api", "availability").budget.spent_worst_ratio.value(), 0, 1e-6);
  const auto after = world.over("api", "availability", seconds(270), at(900));
  EXPECT_NEAR(after.reading.coverage_ratio.value(), 1, 1e-3);
}

TEST(Engine, TakesBackWhatAGapReportedThoughSourcesJoinMeanwhile) {
  World world(one_slo("scrape: [{job: api, targets: ['a:1', 'b:1']}]"), at(0));
  Steady a(world, "scrape/api/a:1");
  Steady b(world, "scrape/api/b:1");
  a.read_each(0, 300);
  a.fail_each(315, 450);  // the only source of its SLO until b brings its series
  b.read(460);
  a.fail_each(465, 600);
  b.read_each(475, 600);
  world.step(at(600));
  const auto during = world.over("api", "availability", seconds(135), at(600));
  EXPECT_NEAR(during.reading.coverage_ratio.value(), 0.5, 0.02);
  // Of the time before b all is unknown, of that since then a half, to within one interval.
  const auto before = world.over("api", "availability", seconds(300), at(600));
  const double unknown = 150 + 0.5 * 150;
  const double lost = before.reading.total / (300 - unknown) * unknown;
  EXPECT_NEAR(before.budget.spent_worst_ratio.value(), lost / (0.1 * (before.reading.total + lost)),
              0.1);
  a.read(615);
  world.step(at(615));
  EXPECT_NEAR(world.slo("api", "availability").budget.spent_worst_ratio.value(), 0, 1e-6);
}

TEST(Engine, SeesIdleTimeAsMeasuredWithoutEvents) {
  World world(one_target(), at(0));
  for (int second = 0; second <= 600; second += 15) {
    world.page(source, requests_page(1000, 10), at(second));
  }
  world.step(at(600));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_EQ(slo.reading.total, 0);
  EXPECT_EQ(slo.reading.sli_ratio, std::nullopt);
  EXPECT_EQ(slo.budget.spent_ratio, std::nullopt);
  EXPECT_EQ(slo.reading.coverage_ratio, 1);
  EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::allow);
}

TEST(Engine, IsInconclusiveUntilASeriesMatches) {
  World world(one_target(), at(0));
  world.step(at(1));
  freeze::Verdict verdict = world.verdict("api");
  EXPECT_EQ(verdict.outcome, freeze::Outcome::inconclusive);
  ASSERT_EQ(verdict.reasons.size(), 1U);
  EXPECT_EQ(verdict.reasons[0].kind, freeze::ReasonKind::no_evidence);

  world.fail(source, at(5));
  world.step(at(5));
  verdict = world.verdict("api");
  EXPECT_EQ(verdict.reasons.at(0).kind, freeze::ReasonKind::no_evidence);
  EXPECT_NE(verdict.reasons[0].message.find("connection refused"), std::string::npos);

  world.page(source, "something_else 1\n", at(15));
  world.step(at(15));
  verdict = world.verdict("api");
  EXPECT_EQ(verdict.outcome, freeze::Outcome::inconclusive);
  EXPECT_EQ(verdict.reasons.at(0).kind, freeze::ReasonKind::no_series);
  EXPECT_EQ(verdict.reasons[0].message.find("refused"), std::string::npos) << "that was before";
  EXPECT_EQ(world.slo("api", "availability").observed_since, std::nullopt);

  world.page(source, requests_page(1, 0), at(30));
  world.step(at(30));
  EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::allow);
  EXPECT_EQ(world.slo("api", "availability").reading.total, 1) << "born on a page known without it";
}

TEST(Engine, AgesEvidenceFromTheNewestSuccessfulRead) {
  World world(one_target(), at(0));
  Steady target(world, source);
  target.read_each(0, 60);
  target.fail_each(75, 300);
  world.step(at(302));
  EXPECT_EQ(world.verdict("api").evidence_age, seconds(242));
  EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::allow);
  target.fail_each(315, 360);
  world.step(at(361));
  const freeze::Verdict stale = world.verdict("api");
  ASSERT_EQ(stale.reasons.size(), 1U);
  EXPECT_EQ(stale.reasons[0].kind, freeze::ReasonKind::evidence_missing);
  EXPECT_NE(stale.reasons[0].message.find("connection refused"), std::string::npos);
  EXPECT_EQ(stale.outcome, freeze::Outcome::allow) << "the last known standing counts for an hour";
  target.read(375);
  world.step(at(376));
  EXPECT_EQ(world.verdict("api").evidence_age, seconds(1));
}

TEST(Engine, LosesTimeInWhichNoSourceFedAnSlo) {
  World world(one_target(), at(0));
  Steady a(world, source);
  a.read_each(0, 300);
  const std::string moved = one_slo("scrape: [{job: api, targets: ['b:1']}]");
  world.reconfigure(moved, at(310));
  Steady b(world, "scrape/api/b:1");
  b.read_each(600, 900);
  world.step(at(900));
  const SloSnapshot& slo = world.slo("api", "availability");
  EXPECT_NEAR(slo.reading.total, 600, 1e-9);
  EXPECT_NEAR(slo.reading.coverage_ratio.value(), 600.0 / 900, 1e-9);
  EXPECT_NEAR(slo.budget.spent_worst_ratio.value(), 300 / (0.1 * 900), 1e-6);
}

TEST(Engine, LetsNoValueOfATargetIntoTheSumsThatIsNotACount) {
  World world(one_target(), at(0));
  world.page(source, requests_page(100, 0), at(0));
  for (int i = 1; i <= 8; ++i) {
    const double value = i % 2 == 1 ? 1.7e308 : 0;
    world.page(source, requests_page(value, value), at(15 * i));
    world.step(at(15 * i));
    world.commit();
  }
  world.page(source, "requests{code=\"200\"} NaN\nrequests{code=\"500\"} +Inf\n", at(150));
  world.page(source, requests_page(10, 1), at(165));
  world.page(source, requests_page(20, 2), at(180));
  world.step(at(180));
  world.commit();
  EXPECT_EQ(world.slo("api", "availability").reading.total, 22);
  EXPECT_EQ(world.slo("api", "availability").reading.bad, 2);
}

}  // namespace
}  // namespace slod
