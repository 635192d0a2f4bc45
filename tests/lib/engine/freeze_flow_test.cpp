#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using freeze::Level;
using std::chrono::seconds;

constexpr const char* source = "scrape/api/a:1";

/// 10 % of errors allowed over an hour, in two services that read the same requests.
std::string shop(const std::string& more = "") {
  return R"(
scrape: [{job: api, targets: ['a:1']}]
services:
  - name: api
    slos:
      - name: availability
        objective: 90%
        window: 1h
        availability: {total: requests, bad: 'requests{code="500"}'}
)" + more +
         R"(
      - name: lenient
        objective: 5%
        window: 1h
        availability: {total: requests, bad: 'requests{code="500"}'}
  - name: other
    slos:
      - name: availability
        objective: 5%
        window: 1h
        availability: {total: requests, bad: 'requests{code="500"}'}
)";
}

std::string on_missing(const std::string& what) {
  return "        on_missing: " + what + "\n";
}

Level level_of(World& world, const std::string& service) {
  return world.engine().snapshot()->service(service)->level;
}

TEST(FreezeFlow, ClimbsAndDescendsTheLadderWithHysteresis) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);  // an hour: 4800 requests, of which 480 may be bad
  const double before = traffic.now() - 15;
  const auto reads_into = [&](int reads) { return at(before + 15 * reads); };

  struct Row {
    int reads;  ///< since the outage began
    Level level;
    int since;  ///< in the same reads; 0: from the start
  };
  const std::vector<Row> rows{
      {12, Level::open, 0},               // 240 of 480: half, and not more than half
      {13, Level::feature_freeze, 13},    //
      {23, Level::feature_freeze, 13},    //
      {24, Level::hotfix_only, 24},       // 480 of 480
      {240, Level::hotfix_only, 24},      // all of it still in the window
      {241, Level::feature_freeze, 241},  // 460 of 480: below 100 % - 2 %
      {252, Level::feature_freeze, 241},  // 240 of 480: not above 50 %, and not below 48 % either
      {253, Level::open, 253},            // 220 of 480
  };
  int reads = 0;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.reads);
    for (; reads < row.reads; ++reads) traffic.serve(1, reads < 24 ? 0 : 20, reads < 24 ? 20 : 0);
    EXPECT_EQ(level_of(world, "api"), row.level);
    if (row.since > 0) {
      EXPECT_EQ(world.engine().snapshot()->service("api")->since, reads_into(row.since));
    }
    EXPECT_EQ(level_of(world, "other"), Level::open);
    const bool spent = row.level == Level::hotfix_only;
    const auto exhausted = world.slo("api", "availability").exhausted_at;
    EXPECT_EQ(exhausted, spent ? std::optional(reads_into(24)) : std::nullopt);
  }

  const std::vector<VerdictChange>& changes = world.tables().verdicts;
  ASSERT_EQ(changes.size(), 4U);
  const std::vector<std::pair<std::string, std::string>> moves{{"open", "feature_freeze"},
                                                               {"feature_freeze", "hotfix_only"},
                                                               {"hotfix_only", "feature_freeze"},
                                                               {"feature_freeze", "open"}};
  const std::vector<int> times{13, 24, 241, 253};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(changes[i].service, "api");
    EXPECT_EQ(changes[i].from, moves[i].first);
    EXPECT_EQ(changes[i].to, moves[i].second);
    EXPECT_EQ(changes[i].at, reads_into(times[i]));
  }
  EXPECT_EQ(changes[0].reason,
            "54.2 % of the 1h error budget of api/availability is spent; features freeze above 50 "
            "%");
  EXPECT_EQ(changes[3].reason, "the error budgets of api have recovered");
}

TEST(FreezeFlow, PromisesTheThawThatThenHappens) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(24, 0, 20);
  const freeze::Verdict feature = world.verdict("api", freeze::Change::feature);
  const freeze::Verdict fix = world.verdict("api", freeze::Change::fix);
  EXPECT_EQ(feature.outcome, freeze::Outcome::deny);
  EXPECT_EQ(fix.outcome, freeze::Outcome::deny);
  EXPECT_EQ(world.verdict("api", freeze::Change::hotfix).outcome, freeze::Outcome::allow);
  ASSERT_TRUE(feature.earliest_thaw && fix.earliest_thaw);
  const auto thaw = [&](freeze::Change change) {
    while (world.verdict("api", change).outcome == freeze::Outcome::deny) traffic.serve(1, 20, 0);
    return at(traffic.now() - 15);
  };
  const auto fixed = thaw(freeze::Change::fix);
  EXPECT_LE(std::chrono::abs(fixed - *fix.earliest_thaw), seconds(15));
  const auto open = thaw(freeze::Change::feature);
  EXPECT_LE(std::chrono::abs(open - *feature.earliest_thaw), seconds(15));
}

TEST(FreezeFlow, KeepsTheLastKnownStandingForAnHourOnceTheEvidenceIsStale) {
  World world(shop(on_missing("last_known")), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(24, 0, 20);
  // The hour without evidence is longer than the errors stay in the window: missing time proves
  // nothing, so it thaws nothing either.
  traffic.hide(260, 20, 0);
  EXPECT_EQ(level_of(world, "api"), Level::hotfix_only);
  EXPECT_EQ(world.verdict("api", freeze::Change::fix).outcome, freeze::Outcome::deny);
  traffic.hide(1, 20, 0);  // stale_after and an hour have passed
  EXPECT_EQ(level_of(world, "api"), Level::open);
  EXPECT_EQ(world.verdict("api", freeze::Change::fix).outcome, freeze::Outcome::deny);
  EXPECT_EQ(world.verdict("api", freeze::Change::hotfix).outcome, freeze::Outcome::allow);
  EXPECT_EQ(world.verdict("api").reasons.at(0).kind, freeze::ReasonKind::evidence_missing);
  traffic.serve(1, 20, 0);
  EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::allow);
}

TEST(FreezeFlow, DoesWhatTheOwnerDeclaredWithoutEvidence) {
  for (const bool denies : {true, false}) {
    World world(shop(on_missing(denies ? "deny" : "allow")), at(0));
    Traffic traffic(world, source, 15);
    traffic.serve(241, 20, 0);
    traffic.hide(22, 20, 0);
    const freeze::Verdict verdict = world.verdict("api");
    EXPECT_EQ(verdict.outcome, denies ? freeze::Outcome::deny : freeze::Outcome::allow);
    EXPECT_EQ(verdict.level, Level::open);
    traffic.serve(1, 20, 0);
    EXPECT_EQ(world.verdict("api").outcome, freeze::Outcome::allow);
  }
}

TEST(FreezeFlow, MeasuresAStepOverAShorterTimeThanTheWindow) {
  const std::string policy = R"(
freeze:
  ladder: [{level: feature_freeze, spent: 25%, over: 10m, deny: [feature]}]
)";
  World world(shop() + policy, at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(6, 0, 20);
  EXPECT_EQ(level_of(world, "api"), Level::open) << "120 of 480 are 25 %, and not more";
  traffic.serve(1, 0, 20);
  EXPECT_EQ(level_of(world, "api"), Level::feature_freeze);
  traffic.serve(34, 20, 0);
  EXPECT_EQ(level_of(world, "api"), Level::feature_freeze);
  traffic.serve(1, 20, 0);  // 23 % is not below 25 % - 2 % until 100 of 480 are left
  traffic.serve(1, 20, 0);
  EXPECT_EQ(level_of(world, "api"), Level::open);
  EXPECT_GT(world.slo("api", "availability").budget.spent_ratio.value(), 0.28);
}

TEST(FreezeFlow, FreezesAYoungServiceByTheTrafficThatItProjects) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(41, 20, 0);  // ten minutes
  traffic.serve(12, 0, 20);
  // In 13 minutes 1040 requests, so 4800 an hour: half of the 480 are spent.
  EXPECT_NEAR(world.slo("api", "availability").budget.spent_ratio.value(), 0.5, 1e-6);
  EXPECT_EQ(world.slo("api", "availability").budget.basis, Basis::projected);
  EXPECT_EQ(level_of(world, "api"), Level::open);
  traffic.serve(1, 0, 20);
  EXPECT_EQ(level_of(world, "api"), Level::feature_freeze);
}

}  // namespace
}  // namespace slod
