#include "lib/engine/freeze_levels.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using freeze::Level;

std::vector<config::Service> services(const std::vector<std::string>& names) {
  std::vector<config::Service> out;
  for (const std::string& name : names) {
    config::Service& service = out.emplace_back();
    service.name = name;
  }
  return out;
}

/// Of one service whose only SLO stands at `level`, on evidence that is fresh.
Snapshot snapshot_at(double second, const std::string& service, Level level) {
  Snapshot snapshot;
  snapshot.at = at(second);
  snapshot.policy = freeze::default_policy();
  freeze::SloEvidence evidence;
  evidence.name = "availability";
  evidence.standing = {level, at(second)};
  evidence.steps.resize(snapshot.policy.ladder.size());
  evidence.evidence_at = at(second);
  evidence.observed_since = at(0);
  evidence.series_seen = true;
  evidence.stale_after = std::chrono::minutes(5);
  snapshot.services.push_back(
      {.name = service, .owner = {}, .first_slo = 0, .evidence = {evidence}, .since = at(0)});
  return snapshot;
}

Changes taken(FreezeLevels& levels) {
  Changes changes;
  levels.take_into(changes);
  return changes;
}

TEST(FreezeLevels, AreOpenAtFirstAndStoredOnce) {
  FreezeLevels levels;
  levels.reconfigure(services({"api", "web"}), at(5));
  EXPECT_EQ(levels.of("api"), (freeze::Standing{Level::open, at(5)}));
  EXPECT_EQ(taken(levels).remembered.levels.size(), 2U);
  EXPECT_TRUE(taken(levels).empty());
}

TEST(FreezeLevels, MoveWithTheEvidenceAndSayWhy) {
  FreezeLevels levels;
  levels.reconfigure(services({"api"}), at(0));
  taken(levels);
  Snapshot frozen = snapshot_at(60, "api", Level::feature_freeze);
  levels.move(frozen);
  EXPECT_EQ(levels.of("api"), (freeze::Standing{Level::feature_freeze, at(60)}));
  EXPECT_EQ(frozen.services[0].level, Level::feature_freeze);
  EXPECT_EQ(frozen.services[0].since, at(60));
  const Changes changes = taken(levels);
  ASSERT_EQ(changes.verdicts.size(), 1U);
  EXPECT_EQ(changes.verdicts[0].from, "open");
  EXPECT_EQ(changes.verdicts[0].to, "feature_freeze");
  EXPECT_EQ(changes.verdicts[0].at, at(60));
  EXPECT_FALSE(changes.verdicts[0].reason.empty());
  EXPECT_EQ(changes.remembered.levels.size(), 1U);

  Snapshot later = snapshot_at(120, "api", Level::feature_freeze);
  levels.move(later);
  EXPECT_EQ(levels.of("api").since, at(60)) << "it is the same level";
  EXPECT_TRUE(taken(levels).empty());

  Snapshot thawed = snapshot_at(180, "api", Level::open);
  levels.move(thawed);
  EXPECT_EQ(taken(levels).verdicts.at(0).reason, "the error budgets of api have recovered");
}

TEST(FreezeLevels, GoOnAfterARestartAndAReload) {
  FreezeLevels levels;
  levels.reconfigure(services({"api", "web"}), at(100));
  levels.restore({{"api", freeze::Standing{Level::hotfix_only, at(7)}},
                  {"web", std::nullopt},
                  {"gone", freeze::Standing{Level::hotfix_only, at(7)}}});
  EXPECT_EQ(levels.of("api"), (freeze::Standing{Level::hotfix_only, at(7)}));
  EXPECT_EQ(levels.of("web"), (freeze::Standing{Level::open, at(100)})) << "it cannot be read";
  EXPECT_EQ(taken(levels).remembered.levels.size(), 1U) << "what is stored is not stored again";
  levels.reconfigure(services({"api"}), at(200));
  EXPECT_EQ(levels.of("api").since, at(7));
  levels.reconfigure(services({"api", "web"}), at(300));
  EXPECT_EQ(levels.of("web").since, at(300)) << "it is another service of that name";
}

}  // namespace
}  // namespace slod
