// What an SLO says at the edges: of windows longer than its own, of evidence that is just too old,
// of the last part of a budget, and over reloads.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using alert::State;
using freeze::Level;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* source = "scrape/api/a:1";
constexpr const char* requests = "availability: {total: requests, bad: 'requests{code=\"500\"}'}";

/// 10 % of errors allowed over an hour.
std::string shop(const std::string& slo = requests, const std::string& more = "",
                 const std::string& interval = "15s") {
  return fmt::format(R"(
scrape: [{{job: api, targets: ['a:1'], interval: {}}}]
services:
  - name: api
    slos: [{{name: slo, objective: 90%, window: 1h, {}}}]
{})",
                     interval, slo, more);
}

std::string page_by(const std::string& long_window, const std::string& short_window, int factor) {
  return fmt::format(R"(
alerting:
  burn_rates: [{{severity: page, long: {}, short: {}, factor: {}}}]
  receivers: [{{name: hook, webhook: {{url: 'http://127.0.0.1:9/a'}}}}]
  routes: {{page: [hook]}}
)",
                     long_window, short_window, factor);
}

const SloSnapshot& slo(const World& world) {
  return world.slo("api", "slo");
}

bool fires(const World& world) {
  return std::ranges::any_of(slo(world).episodes, [](const alert::Episode& episode) {
    return episode.state == State::firing;
  });
}

/// A target that is read once a minute: 600 requests an hour, of which so many are bad.
void live(World& world, int from, int until, double bad) {
  static double all_good = 0;
  static double all_bad = 0;
  if (from == 1) all_good = all_bad = 1000;
  for (int minute = from; minute <= until; ++minute) {
    all_good += 10 - bad;
    all_bad += bad;
    world.page(source, requests_page(all_good, all_bad), at(60 * minute));
    world.step(at(60 * minute));
  }
}

TEST(SloEdges, PromiseTheThawOfABudgetThatComesBackSlowly) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(200, 17, 3);  // each read that leaves the window gives 0.6 % of the budget back
  for (const freeze::Change change : {freeze::Change::fix, freeze::Change::feature}) {
    const freeze::Verdict denied = world.verdict("api", change);
    ASSERT_EQ(denied.outcome, freeze::Outcome::deny);
    ASSERT_TRUE(denied.earliest_thaw);
    while (world.verdict("api", change).outcome == freeze::Outcome::deny) traffic.serve(1, 20, 0);
    EXPECT_LE(std::chrono::abs(at(traffic.now() - 15) - *denied.earliest_thaw), seconds(15));
  }
}

TEST(SloEdges, KnowBurnRatesOverWindowsThatAreLongerThanTheirOwn) {
  World world(shop(requests, page_by("6h", "5m", 5), "1m"), at(0));
  live(world, 1, 121, 5);    // two hours of errors
  live(world, 122, 482, 0);  // and six of none
  const std::vector<WindowBurn>& rates = slo(world).burn_rates;
  const auto six_hours = std::ranges::find(rates, Duration(hours(6)), &WindowBurn::window);
  ASSERT_NE(six_hours, rates.end());
  EXPECT_EQ(six_hours->value, 0);
}

TEST(SloEdges, CountTheEventsOfAStepOverMoreThanTheirWindow) {
  const std::string ladder =
      "freeze: {ladder: [{level: feature_freeze, spent: 25%, over: 6h, deny: [feature]}]}\n";
  World world(shop(requests, ladder + page_by("5m", "1m", 5), "1m"), at(0));
  live(world, 1, 361, 0);
  live(world, 362, 482, 5);
  const freeze::Verdict verdict = world.verdict("api");
  ASSERT_EQ(verdict.reasons.size(), 1U);
  EXPECT_EQ(verdict.reasons[0].window, Duration(hours(6)));
  const double blur = 3600 * 6 * 0.004 / 60 * 10;
  EXPECT_NEAR(verdict.reasons[0].total.value(), 3600, blur);
  EXPECT_NEAR(verdict.reasons[0].good.value(), 3600 - 121 * 5, blur);
  EXPECT_NEAR(verdict.reasons[0].allowed_bad.value(), 60, 1e-6) << "of the window";
  EXPECT_FALSE(verdict.reasons[0].spent_worst) << "that is known of the window only";
}

TEST(SloEdges, HaveDefaultBurnRatesOverSeveralSlices) {
  const std::string slices = "throughput: {total: requests, at_least: 1/s, slice: 5m}";
  World world(shop(slices), at(0));
  ASSERT_FALSE(slo(world).rules.empty());
  for (const alert::BurnRateRule& rule : slo(world).rules) {
    EXPECT_GE(rule.short_window, minutes(10)) << rule.severity << " " << rule.factor;
    EXPECT_GE(rule.long_window, minutes(20)) << rule.severity << " " << rule.factor;
  }
  World counted(shop(), at(0));
  for (const alert::BurnRateRule& rule : slo(counted).rules) {
    EXPECT_GE(rule.short_window, seconds(30)) << rule.severity << " " << rule.factor;
    EXPECT_GE(rule.long_window, seconds(60)) << rule.severity << " " << rule.factor;
  }
}

TEST(SloEdges, KeepTheirLevelWhileTheirEvidenceIsTooOld) {
  World world(shop(std::string(requests) + ", on_missing: last_known"), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(24, 0, 20);
  traffic.serve(194, 20, 0);
  ASSERT_EQ(world.verdict("api").level, Level::hotfix_only);
  // From the sixth minute on the errors leave the window, but that is not seen.
  for (int read = 1; read <= 44; ++read) {
    traffic.hide(1, 20, 0);
    ASSERT_EQ(world.verdict("api").level, Level::hotfix_only) << read << " reads failed";
  }
}

TEST(SloEdges, ResolveNothingOnceTheirEvidenceIsStale) {
  // The short window is long, so that most of it is measured even when the evidence is too old.
  World world(shop(std::string(requests) + ", stale_after: 60s", page_by("20m", "10m", 2)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(20, 0, 20);
  traffic.serve(28, 20, 0);
  ASSERT_TRUE(fires(world));
  for (int read = 1; read <= 12; ++read) {
    traffic.hide(1, 20, 0);
    ASSERT_TRUE(fires(world)) << read << " reads failed";
  }
}

TEST(SloEdges, ResolveWhatIsOverWithinAMinuteOfFreshEvidence) {
  World world(shop(std::string(requests) + ", stale_after: 60s", page_by("20m", "10m", 2)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(20, 0, 20);
  traffic.serve(31, 20, 0);
  ASSERT_TRUE(fires(world)) << "9 of 40 intervals were bad";
  traffic.hide(3, 20, 0);  // 6 of 37
  EXPECT_FALSE(fires(world));
}

TEST(SloEdges, ResolveWhatIsOverThoughTheEvidenceIsAsOldAsAServersMayBe) {
  World world(shop(requests, page_by("20m", "10m", 2)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(20, 0, 20);
  traffic.serve(28, 20, 0);
  traffic.hide(4, 20, 0);
  ASSERT_TRUE(fires(world)) << "8 of 36 intervals were bad";
  traffic.hide(2, 20, 0);  // 6 of 34, and the last read is 90 seconds ago
  EXPECT_FALSE(fires(world));
}

TEST(SloEdges, SeeARecoveryWithHalfOfTheShortWindow) {
  World world(shop(requests, page_by("5m", "2m", 5)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  ASSERT_TRUE(fires(world));
  traffic.hide(4, 20, 0);
  traffic.serve(1, 20, 0);  // after a gap: its time was not measured either
  traffic.serve(3, 20, 0);
  EXPECT_TRUE(fires(world)) << "45 of 120 seconds were seen";
  traffic.serve(1, 20, 0);
  EXPECT_FALSE(fires(world)) << "60 of 120 seconds were seen";
}

TEST(SloEdges, AreExhaustedThoughRoundingTakesTheLastBit) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(23, 0, 20);
  ASSERT_FALSE(slo(world).exhausted_at);
  const double lacks = 480 * 1e-10;
  traffic.serve(1, lacks, 20 - lacks);
  ASSERT_LT(slo(world).budget.spent_ratio.value(), 1);
  EXPECT_EQ(slo(world).exhausted_at, at(traffic.now() - 15));
}

TEST(SloEdges, GiveAStandingOutOnlyWhereItChanged) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(13, 0, 20);
  ASSERT_EQ(world.verdict("api").level, Level::feature_freeze);
  world.step(at(traffic.now() - 10));
  EXPECT_TRUE(world.engine().take_changes().remembered.standings.empty());
}

TEST(SloEdges, KeepOverAReloadWhenTheirBudgetWasExhausted) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(26, 0, 20);
  const std::optional<Instant> exhausted = slo(world).exhausted_at;
  ASSERT_TRUE(exhausted);
  world.reconfigure(shop(requests, page_by("5m", "1m", 5)), at(traffic.now() - 10));
  EXPECT_EQ(slo(world).exhausted_at, exhausted);
  traffic.serve(4, 0, 20);
  EXPECT_EQ(slo(world).exhausted_at, exhausted);
  world.restart(shop(), at(traffic.now()));
  EXPECT_EQ(slo(world).exhausted_at, exhausted);
}

TEST(SloEdges, EndAPendingEpisodeWithoutANotice) {
  World world(shop(requests, page_by("5m", "1m", 5)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 0.1, 0);
  traffic.serve(12, 0, 0.5);  // all bad, but only 6
  ASSERT_EQ(slo(world).episodes.size(), 1U);
  ASSERT_EQ(slo(world).episodes[0].state, State::pending);
  const std::string key = slo(world).episodes[0].key;
  const std::string renamed = "services: [{name: api, slos: [{name: other, " +
                              std::string(requests) + ", objective: 90%, window: 1h}]}]\n";
  world.reconfigure("scrape: [{job: api, targets: ['a:1']}]\n" + renamed + page_by("5m", "1m", 5),
                    at(traffic.now() - 10));
  traffic.serve(4, 20, 0);
  EXPECT_FALSE(world.tables().episodes.at(key).open);
  EXPECT_TRUE(world.tables().messages.empty()) << world.tables().messages.begin()->first;
}

TEST(SloEdges, AnswerForEveryWindowThatTheyKeep) {
  World world(shop(requests, page_by("2h", "5m", 5)), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(41, 20, 0);
  const Instant now = at(traffic.now() - 15);
  const auto answers = [&](Duration window) {
    return world.engine().slos().over_window({"api", "slo"}, window, now).value().has_value();
  };
  EXPECT_TRUE(answers(seconds(15))) << "the resolution";
  EXPECT_TRUE(answers(hours(2))) << "the retention";
  EXPECT_FALSE(answers(seconds(15) - Duration(1)));
  EXPECT_FALSE(answers(hours(2) + Duration(1)));
  EXPECT_NEAR(world.over("api", "slo", seconds(15), now).reading.total, 20, 1e-6);
  EXPECT_FALSE(world.engine().slos().over_window({"api", "other"}, hours(1), now));
}

}  // namespace
}  // namespace slod
