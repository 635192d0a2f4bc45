// Ladders other than the default one: steps that do not repeat each other, and several in force.

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lib/freeze/verdict.h"

namespace slod::freeze {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

const Instant since = parse_instant("2026-11-24T10:00:00Z").value();
const Instant now = parse_instant("2026-11-24T12:00:00Z").value();

/// Each step names only what it adds to the one below.
Policy frugal() {
  Policy policy;
  policy.ladder = {{Level::feature_freeze, 0.5, std::nullopt, {Change::feature}},
                   {Level::hotfix_only, 1, std::nullopt, {Change::fix}}};
  return policy;
}

/// An SLO of which so much was spent by each step, and which stands where that and `before` put it.
SloEvidence slo(const Policy& policy, std::vector<double> spent, Level before = Level::open,
                std::string name = "availability") {
  SloEvidence out;
  out.name = std::move(name);
  std::vector<std::optional<double>> ratios;
  for (const double each : spent) {
    ratios.emplace_back(each);
    out.steps.push_back({.spent = each, .spent_worst = each, .earliest_thaw = now + hours(1)});
  }
  out.standing = next({before, since}, policy, ratios, since);
  out.window = std::chrono::days(30);
  out.window_text = "30d";
  out.evidence_at = now;
  out.observed_since = since;
  out.series_seen = true;
  return out;
}

Verdict ask(const Policy& policy, const std::vector<SloEvidence>& slos,
            Change change = Change::feature) {
  return verdict("api", change, slos, policy, since, now);
}

TEST(Ladder, DeniesAtAHigherLevelWhatOnlyALowerStepDenies) {
  const Policy policy = frugal();
  for (const Level level : {Level::open, Level::feature_freeze, Level::hotfix_only}) {
    for (const Change change : {Change::feature, Change::fix, Change::hotfix}) {
      bool denied = false;
      for (const Step& step : policy.ladder) {
        const bool in_force = static_cast<int>(step.level) <= static_cast<int>(level);
        denied = denied || (in_force && std::ranges::count(step.deny, change) > 0);
      }
      EXPECT_EQ(denies(policy, level, change), denied)
          << to_string(level) << ", " << to_string(change);
    }
  }
  EXPECT_EQ(ask(policy, {slo(policy, {1.2, 1.2})}).outcome, Outcome::deny);
  EXPECT_EQ(ask(policy, {slo(policy, {1.2, 1.2})}, Change::fix).outcome, Outcome::deny);
  EXPECT_EQ(ask(policy, {slo(policy, {0.7, 0.7})}, Change::fix).outcome, Outcome::allow);
}

TEST(Ladder, ThatDeniesHotfixesFreezesEverything) {
  Policy policy = frugal();
  policy.ladder[1].deny = {Change::feature, Change::fix, Change::hotfix};
  const Verdict answer = ask(policy, {slo(policy, {1.2, 1.2})}, Change::hotfix);
  EXPECT_EQ(answer.outcome, Outcome::deny);
  EXPECT_EQ(answer.reasons.at(0).message,
            "120.0 % of the 30d error budget of api/availability is spent; everything freezes "
            "from 100 %");
}

TEST(Ladder, IsExplainedByAStepInForceThoughAHigherOneIsNear) {
  const Policy policy = frugal();
  // 98.5 % would hold hotfix_only, but did not bring it.
  const Verdict answer = ask(policy, {slo(policy, {0.985, 0.985}, Level::feature_freeze)});
  EXPECT_EQ(answer.level, Level::feature_freeze);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons[0].threshold, 0.5);
}

TEST(Ladder, IsNotHeldUpByAHigherStepThatIsNear) {
  const Policy policy = frugal();
  SloEvidence near = slo(policy, {0.985, 0.985}, Level::feature_freeze);
  near.steps[0].earliest_thaw = now + hours(2);
  near.steps[1].earliest_thaw = now + hours(5);
  EXPECT_EQ(ask(policy, {near}).earliest_thaw, now + hours(2));
}

TEST(Ladder, IsExplainedByItsHighestStepThoughALowerOneSpentMore) {
  Policy policy = frugal();
  policy.ladder[1].spent = 0.8;
  policy.ladder[0].over = hours(6);
  const Verdict answer = ask(policy, {slo(policy, {0.95, 0.85})});
  EXPECT_EQ(answer.level, Level::hotfix_only);
  ASSERT_EQ(answer.reasons.size(), 1U);
  EXPECT_EQ(answer.reasons[0].threshold, 0.8);
  EXPECT_EQ(answer.reasons[0].spent, 0.85);
}

TEST(Ladder, IsExplainedByTheStepThatSpentMostOfTwoAtItsLevel) {
  Policy policy = frugal();
  policy.ladder[1] = {Level::feature_freeze, 0.25, hours(6), {Change::feature}};
  EXPECT_EQ(ask(policy, {slo(policy, {0.6, 0.4})}).reasons.at(0).threshold, 0.5);
  EXPECT_EQ(ask(policy, {slo(policy, {0.6, 0.7})}).reasons.at(0).threshold, 0.25);
  EXPECT_EQ(ask(policy, {slo(policy, {0.6, 0.6})}).reasons.at(0).threshold, 0.5) << "the first";
}

TEST(Ladder, WaitsForAllOfItsStepsToThaw) {
  const Policy policy = frugal();
  for (const bool higher_is_last : {false, true}) {
    SloEvidence spent = slo(policy, {1.2, 1.2});
    spent.steps[0].earliest_thaw = now + hours(higher_is_last ? 1 : 3);
    spent.steps[1].earliest_thaw = now + hours(2);
    EXPECT_EQ(ask(policy, {spent}).earliest_thaw, now + hours(higher_is_last ? 2 : 3));
    EXPECT_EQ(ask(policy, {spent}, Change::hotfix).earliest_thaw,
              now + hours(higher_is_last ? 2 : 3))
        << "allowed: when the level is open";
  }
}

TEST(Ladder, PromisesNoThawForAChangeAllowedByTheStandingThatDoesNotCount) {
  const Policy policy = frugal();
  const SloEvidence frozen = slo(policy, {1.2, 1.2});
  SloEvidence stale = slo(policy, {1.2, 1.2}, Level::open, "latency");
  stale.on_missing = OnMissing::deny;
  stale.evidence_at = now - minutes(10);
  for (StepEvidence& step : stale.steps) step.earliest_thaw = now + hours(9);
  const Verdict hotfix = ask(policy, {frozen, stale}, Change::hotfix);
  EXPECT_EQ(hotfix.outcome, Outcome::allow);
  EXPECT_EQ(hotfix.earliest_thaw, now + hours(1)) << "of the SLO whose standing counts";
}

TEST(Ladder, ThawsWithTheLastOfItsSlos) {
  const Policy policy = frugal();
  SloEvidence soon = slo(policy, {1.2, 1.2});
  SloEvidence late = slo(policy, {1.2, 1.2}, Level::open, "latency");
  for (StepEvidence& step : late.steps) step.earliest_thaw = now + hours(9);
  EXPECT_EQ(ask(policy, {soon, late}).earliest_thaw, now + hours(9));
  EXPECT_EQ(ask(policy, {late, soon}).earliest_thaw, now + hours(9));
}

TEST(Ladder, StandsWhereALaterStepOfALowerLevelWouldPutItLower) {
  Policy policy = frugal();
  std::ranges::reverse(policy.ladder);
  EXPECT_EQ(slo(policy, {1.2, 1.2}).standing.level, Level::hotfix_only);
  EXPECT_EQ(slo(policy, {0.7, 0.7}).standing.level, Level::feature_freeze);
}

TEST(Evidence, OfAServiceIsAsOldAsItsOldestAndAsGoodAsItsLeastCovered) {
  const Policy policy = frugal();
  SloEvidence old = slo(policy, {0, 0});
  old.evidence_at = now - minutes(2);
  old.coverage = 0.4;
  SloEvidence young = slo(policy, {0, 0}, Level::open, "latency");
  young.evidence_at = now - minutes(1);
  young.coverage = 0.9;
  SloEvidence ahead = slo(policy, {0, 0}, Level::open, "throughput");
  ahead.evidence_at = now + minutes(1);
  for (const auto& slos : {std::vector{old, young}, std::vector{young, old}}) {
    EXPECT_EQ(ask(policy, slos).evidence_age, Duration(minutes(2)));
    EXPECT_EQ(ask(policy, slos).coverage, 0.4);
  }
  EXPECT_EQ(ask(policy, {ahead}).evidence_age, std::nullopt) << "a clock that runs ahead";
  SloEvidence never = young;
  never.evidence_at.reset();
  EXPECT_EQ(ask(policy, {never, old}).evidence_age, std::nullopt);
  EXPECT_EQ(ask(policy, {old, never}).evidence_age, std::nullopt);
}

TEST(Evidence, CountsToTheLastMomentThatItIsSaidTo) {
  const Policy policy = frugal();
  SloEvidence last = slo(policy, {0.7, 0.7});
  last.on_missing = OnMissing::last_known;
  last.evidence_at = now - last.stale_after - last_known_counts_for;
  const Verdict counts = ask(policy, {last});
  EXPECT_EQ(counts.level, Level::feature_freeze);
  EXPECT_TRUE(
      counts.reasons.at(1).message.ends_with("on_missing is last_known, so the last level "
                                             "(feature_freeze) applies until 2026-11-24T12:00:00Z"))
      << counts.reasons.at(1).message;
  *last.evidence_at -= Duration(1);
  EXPECT_EQ(ask(policy, {last}).level, Level::open);
  EXPECT_TRUE(
      ask(policy, {last})
          .reasons.at(0)
          .message.ends_with(
              "but the last level expired at 2026-11-24T11:59:59Z, so only hotfixes are allowed"));
}

TEST(Policy, MayHaveNoThawMargin) {
  Policy policy = frugal();
  policy.thaw_margin = 0;
  EXPECT_TRUE(check(policy));
  policy.thaw_margin = -0.01;
  EXPECT_FALSE(check(policy));
  policy.thaw_margin = 0.02;
  policy.ladder[0].over = Duration(1);
  EXPECT_TRUE(check(policy));
  policy.ladder[0].over = Duration(-1);
  EXPECT_FALSE(check(policy));
}

}  // namespace
}  // namespace slod::freeze
