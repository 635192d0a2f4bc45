#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "tests/lib/engine/traffic.h"
#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using alert::State;
using std::chrono::minutes;

constexpr const char* source = "scrape/api/a:1";
constexpr const char* alerting = R"(
alerting:
  burn_rates:
    - {severity: page, long: 5m, short: 1m, factor: 5}
    - {severity: page, long: 30m, short: 2m, factor: 3}
    - {severity: ticket, long: 1h, short: 5m, factor: 1}
  min_events: 10
  receivers:
    - {name: oncall, alertmanager: {url: 'http://127.0.0.1:9/a'}}
    - {name: chat, alertmanager: {url: 'http://127.0.0.1:9/b'}}
  routes: {page: [oncall, chat], ticket: [chat]}
)";

std::string shop(
    const std::string& sli = "availability: {total: requests, bad: 'requests{code=\"500\"}'}",
    const std::string& targets = "'a:1'") {
  return fmt::format(R"(
scrape: [{{job: api, targets: [{}]}}]
services:
  - name: api
    owner: team-api
    slos: [{{name: slo, objective: 90%, window: 1h, {}}}]
{})",
                     targets, sli, alerting);
}

State state_of(World& world, const std::string& severity) {
  for (const alert::Episode& episode : world.slo("api", "slo").episodes) {
    if (episode.severity == severity) return episode.state;
  }
  return State::inactive;
}

/// What each receiver is sent again.
std::vector<alert::ActiveNotice> firing(World& world, double second) {
  std::vector<alert::ActiveNotice> active = world.engine().active(at(second));
  std::erase_if(active, [](const alert::ActiveNotice& notice) { return notice.is_pending; });
  return active;
}

std::string key_of(const std::string& severity, double since) {
  return alert::dedup_key("api/slo", severity, at(since));
}

TEST(AlertFlow, TellsEachReceiverOfARouteOnceWhenAnEpisodeFiresAndWhenItEnds) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  EXPECT_TRUE(world.tables().messages.empty());
  // 10 of the 20 intervals of five minutes are a burn of 5, not above it; of the 120 of half an
  // hour 30 % would be 36. So the first rule is the first to fire, with the 11th.
  traffic.serve(10, 0, 20);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
  traffic.serve(1, 0, 20);
  const double fired = traffic.now() - 15;
  EXPECT_EQ(state_of(world, "page"), State::firing);
  EXPECT_EQ(state_of(world, "ticket"), State::inactive);
  const std::string page = key_of("page", fired);
  EXPECT_EQ(world.tables().messages,
            (std::map<std::string, int>{{page + "/firing/oncall", 1}, {page + "/firing/chat", 1}}));
  EXPECT_EQ(firing(world, fired).size(), 2U);

  traffic.serve(14, 0, 20);  // 25 of 240 intervals: more than a tenth
  EXPECT_EQ(state_of(world, "ticket"), State::firing);
  const std::string ticket = key_of("ticket", traffic.now() - 15);
  EXPECT_EQ(world.tables().messages.at(ticket + "/firing/chat"), 1);

  // The first rule ends with a minute of which half was good; the second does not hold, with 25 of
  // the 120 intervals of half an hour.
  traffic.serve(1, 20, 0);
  EXPECT_EQ(state_of(world, "page"), State::firing);
  traffic.serve(1, 20, 0);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
  EXPECT_EQ(world.tables().messages.at(page + "/resolved/oncall"), 1);
  EXPECT_EQ(world.tables().messages.at(page + "/resolved/chat"), 1);
  EXPECT_FALSE(world.tables().episodes.at(page).open);
  EXPECT_EQ(world.tables().episodes.at(page).at, at(traffic.now() - 15));
  EXPECT_TRUE(world.tables().episodes.at(ticket).open);
  traffic.serve(20, 20, 0);
  EXPECT_EQ(world.tables().messages.at(ticket + "/resolved/chat"), 1);
  EXPECT_EQ(world.tables().messages.size(), 6U);
  EXPECT_TRUE(firing(world, traffic.now()).empty());
}

TEST(AlertFlow, SaysWhatItIsAboutInTheNotice) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(11, 0, 20);
  const auto again = firing(world, traffic.now());
  ASSERT_EQ(again.size(), 2U);
  const alert::Notice& notice = again[0].notice;
  EXPECT_EQ(notice.id(), "api/slo");
  EXPECT_EQ(notice.owner, "team-api");
  EXPECT_EQ(notice.facts.long_window, minutes(5));
  EXPECT_NEAR(notice.facts.long_burn.value(), 5.5, 1e-9);
  EXPECT_NEAR(notice.facts.long_bad, 220, 1e-9);
  EXPECT_NEAR(notice.facts.spent.value(), 220.0 / 480, 1e-9);
  EXPECT_EQ(notice.link(), "http://127.0.0.1:9750/#/slo/api/slo");
}

TEST(AlertFlow, WaitsForEnoughBadEventsBeforeItWakesAnyone) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 0.1, 0);
  traffic.serve(12, 0, 0.5);  // all bad, but only 6
  EXPECT_EQ(state_of(world, "page"), State::pending);
  EXPECT_TRUE(world.tables().messages.empty());
  ASSERT_FALSE(world.tables().episodes.empty());
  const std::string key = world.slo("api", "slo").episodes[0].key;
  traffic.serve(8, 0, 0.5);
  EXPECT_EQ(state_of(world, "page"), State::firing);
  EXPECT_EQ(world.tables().messages.at(key + "/firing/oncall"), 1) << "the key of the pending one";
}

TEST(AlertFlow, FiresByTheRuleThatHasEnoughEventsThoughAnotherBurnsFaster) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 0.01, 0);
  traffic.serve(20, 0.6, 0.4);  // burns 4 times too fast: less than the rule of five minutes asks
  EXPECT_EQ(state_of(world, "page"), State::pending);
  traffic.serve(20, 0, 0.4);  // 8 bad in the last five minutes, and 16 in the last half hour
  EXPECT_EQ(state_of(world, "page"), State::firing);
  for (const alert::Episode& episode : world.slo("api", "slo").episodes) {
    if (episode.severity != "page") continue;
    EXPECT_EQ(episode.facts.long_window, minutes(30));
    EXPECT_GE(episode.facts.long_bad, 10 - 1e-6);
  }
}

TEST(AlertFlow, ForgetsAPendingEpisodeWithoutAWord) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 0.1, 0);
  traffic.serve(12, 0, 0.5);
  ASSERT_EQ(state_of(world, "page"), State::pending);
  traffic.serve(40, 5, 0);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
  EXPECT_TRUE(world.tables().messages.empty());
  for (const auto& [key, episode] : world.tables().episodes) EXPECT_FALSE(episode.open);
}

TEST(AlertFlow, EndsNothingWhileDataIsMissing) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  ASSERT_EQ(state_of(world, "page"), State::firing);
  const std::size_t messages = world.tables().messages.size();
  traffic.hide(200, 20, 0);  // long enough for every window to hold nothing that was bad
  EXPECT_EQ(state_of(world, "page"), State::firing);
  EXPECT_EQ(world.tables().messages.size(), messages);
  EXPECT_EQ(firing(world, traffic.now()).size(), 2U);
  traffic.serve(1, 20, 0);
  EXPECT_EQ(state_of(world, "page"), State::firing) << "one page after a gap shows nothing yet";
  traffic.serve(8, 20, 0);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
  EXPECT_EQ(world.tables().messages.size(), messages + 2);
}

TEST(AlertFlow, EndsWithIdleTimeForThatWasSeen) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  traffic.serve(12, 0, 20);
  ASSERT_EQ(state_of(world, "page"), State::firing);
  traffic.serve(9, 0, 0);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
}

TEST(AlertFlow, BeginsANewEpisodeWithANewKey) {
  World world(shop(), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  for (int outage = 0; outage < 3; ++outage) {
    traffic.serve(12, 0, 20);
    EXPECT_EQ(state_of(world, "page"), State::firing);
    traffic.serve(40, 20, 0);
    EXPECT_EQ(state_of(world, "page"), State::inactive);
  }
  std::map<std::string, int> kinds;
  for (const auto& [id, times] : world.tables().messages) {
    EXPECT_EQ(times, 1) << id;
    if (id.ends_with("/oncall")) ++kinds[id.find("/firing/") != id.npos ? "firing" : "resolved"];
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"firing", 3}, {"resolved", 3}}));
}

TEST(AlertFlow, JudgesSlicesOfTimeAndNeedsNoNumberOfEventsForThem) {
  World world(shop("throughput: {total: requests, at_least: 1/s, slice: 1m}"), at(0));
  Traffic traffic(world, source, 15);
  traffic.serve(241, 20, 0);
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 60, 1.1);
  EXPECT_EQ(world.slo("api", "slo").reading.bad, 0);
  traffic.serve(24, 1, 0);  // six slow minutes
  EXPECT_EQ(state_of(world, "page"), State::firing);
  EXPECT_NEAR(world.slo("api", "slo").reading.bad, 6, 1e-9);
  traffic.serve(24, 20, 0);
  EXPECT_EQ(state_of(world, "page"), State::inactive);
  traffic.hide(40, 20, 0);  // ten minutes that were not seen are neither good nor bad
  traffic.serve(24, 20, 0);
  EXPECT_NEAR(world.slo("api", "slo").reading.bad, 6, 1e-9);
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 50, 1.1);
}

TEST(AlertFlow, ClosesSlicesThoughOneOfTwoTargetsIsDead) {
  World world(shop("throughput: {total: requests, at_least: 2/s, slice: 1m}", "'a:1', 'b:1'"),
              at(0));
  for (int read = 1; read <= 240; ++read) {
    const Instant now = at(15 * read);
    world.page(source, requests_page(1000 + 20 * read, 0), now);
    if (read <= 80) {
      world.page("scrape/api/b:1", requests_page(1000 + 20 * read, 0), now);
    } else {
      world.fail("scrape/api/b:1", now);
    }
    world.step(now);
    world.commit();
  }
  // Half of the targets seen is half of the time measured, so the rate is still that of both.
  EXPECT_NEAR(world.slo("api", "slo").reading.total, 60, 1.1);
  EXPECT_EQ(world.slo("api", "slo").reading.bad, 0);
  EXPECT_NEAR(world.slo("api", "slo").reading.coverage_ratio.value(), 2.0 / 3, 0.01);
}

}  // namespace
}  // namespace slod
