#include "lib/engine/notices.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {
namespace {

using Texts = std::vector<std::string>;

const std::string routes = R"(
services: [{name: api}]
external_url: https://slod.example
alerting:
  receivers:
    - {name: oncall, webhook: {url: 'http://127.0.0.1:9/a'}}
    - {name: chat, webhook: {url: 'http://127.0.0.1:9/b'}}
  routes: {page: [oncall, chat], ticket: [chat]}
)";

SloDefinition slo() {
  SloDefinition definition;
  definition.service = "api";
  definition.name = "availability";
  return definition;
}

alert::Episode episode(const std::string& severity, alert::State state) {
  alert::Episode out;
  out.key = "slod-1";
  out.slo = "api/availability";
  out.severity = severity;
  out.state = state;
  out.since = at(10);
  out.fired_at = at(10);
  return out;
}

rules::StoredAlert busy(rules::AlertState state) {
  rules::StoredAlert stored;
  stored.file = "slod.yaml";
  stored.group = "rules";
  stored.rule = "Busy";
  stored.expr = "load > 1";
  stored.alert.key = "slod-2";
  stored.alert.labels = Labels{{"alertname", "Busy"}, {"severity", "ticket"}};
  stored.alert.state = state;
  stored.alert.active_at = at(10);
  stored.alert.fired_at = at(10);
  return stored;
}

class NoticesTest : public testing::Test {
 protected:
  NoticesTest() { notices_.reconfigure(configured(routes)); }

  Changes taken() {
    Changes changes;
    notices_.take_into(changes);
    return changes;
  }
  static Texts ids(const Changes& changes) {
    Texts out;
    for (const OutboxMessage& message : changes.outbox) out.push_back(message.id);
    return out;
  }

  Notices notices_;
};

TEST_F(NoticesTest, GoToEachReceiverOfTheRouteAsAnEpisodeBeginsAndEndsToFire) {
  using enum alert::State;
  struct Row {
    alert::State from;
    alert::State to;
    Texts messages;
    bool open;
  };
  const std::vector<Row> rows{
      {inactive, pending, {}, true},
      {pending, firing, {"slod-1/firing/oncall", "slod-1/firing/chat"}, true},
      {firing, resolved, {"slod-1/resolved/oncall", "slod-1/resolved/chat"}, false},
      {pending, inactive, {}, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(alert::to_string(row.to));
    notices_.note(slo(), {episode("page", row.to), {row.from, row.to}}, at(20));
    EXPECT_EQ(notices_.has_messages(), !row.messages.empty());
    const Changes changes = taken();
    EXPECT_EQ(ids(changes), row.messages);
    ASSERT_EQ(changes.episodes.size(), 1U);
    EXPECT_EQ(changes.episodes[0].key, "slod-1");
    EXPECT_EQ(changes.episodes[0].open, row.open);
    EXPECT_EQ(changes.episodes[0].at, at(20));
    EXPECT_FALSE(notices_.has_messages());
  }
}

TEST_F(NoticesTest, SayNothingOfAnEpisodeThatNeverBegan) {
  alert::Episode none = episode("page", alert::State::inactive);
  none.key.clear();
  notices_.note(slo(), {none, {alert::State::resolved, alert::State::inactive}}, at(20));
  EXPECT_TRUE(taken().empty());
}

TEST_F(NoticesTest, StoreAnEpisodeThatNoRouteNames) {
  const EpisodeStep step{episode("audit", alert::State::firing),
                         {alert::State::inactive, alert::State::firing}};
  notices_.note(slo(), step, at(20));
  const Changes changes = taken();
  EXPECT_EQ(changes.episodes.size(), 1U);
  EXPECT_TRUE(changes.outbox.empty());
}

TEST_F(NoticesTest, ResolveWhatNoRuleFollowsAnyLonger) {
  using enum alert::State;
  notices_.abandon(slo(), episode("ticket", firing), at(30));
  Changes changes = taken();
  EXPECT_EQ(ids(changes), Texts{"slod-1/resolved/chat"});
  EXPECT_FALSE(changes.episodes.at(0).open);
  notices_.abandon(slo(), episode("ticket", pending), at(30));
  changes = taken();
  EXPECT_TRUE(changes.outbox.empty()) << "it was never said that it fired";
  EXPECT_FALSE(changes.episodes.at(0).open);
  notices_.abandon(slo(), episode("ticket", resolved), at(30));
  EXPECT_TRUE(taken().empty());
}

TEST_F(NoticesTest, SayOfARulesAlertWhatTheySayOfAnEpisode) {
  using enum rules::AlertState;
  notices_.note(busy(pending), inactive, at(20));
  EXPECT_EQ(ids(taken()), Texts());
  notices_.note(busy(firing), pending, at(20));
  EXPECT_EQ(ids(taken()), Texts{"slod-2/firing/chat"});
  notices_.note(busy(firing), firing, at(20));
  EXPECT_EQ(ids(taken()), Texts()) << "it was said before";
  notices_.abandon(busy(firing), at(30));
  const Changes changes = taken();
  EXPECT_EQ(ids(changes), Texts{"slod-2/resolved/chat"});
  EXPECT_FALSE(changes.episodes.at(0).open);
}

const std::string alertmanagers = R"(
services: [{name: api}]
alerting:
  receivers:
    - {name: am, alertmanager: {url: 'http://127.0.0.1:9'}}
    - {name: chat, webhook: {url: 'http://127.0.0.1:9/b'}}
  routes: {page: [chat, am], default: [am]}
)";

TEST_F(NoticesTest, AddressWhatIsActiveToReceiversThatForget) {
  std::vector<alert::ActiveNotice> active;
  EXPECT_FALSE(notices_.resends());
  notices_.add_active(slo(), episode("page", alert::State::firing), at(20), active);
  EXPECT_TRUE(active.empty()) << "no route has one";
  notices_.reconfigure(configured(alertmanagers));
  EXPECT_TRUE(notices_.resends());
  notices_.add_active(slo(), episode("page", alert::State::firing), at(20), active);
  notices_.add_active(slo(), episode("page", alert::State::resolved), at(20), active);
  notices_.add_active(slo(), episode("page", alert::State::pending), at(20), active);
  notices_.add_active(busy(rules::AlertState::firing), at(15), at(20), active);
  ASSERT_EQ(active.size(), 3U);
  for (const alert::ActiveNotice& each : active) EXPECT_EQ(each.receiver, "am");
  EXPECT_TRUE(active[1].is_pending);
  EXPECT_EQ(active[2].notice.key, "slod-2");
  EXPECT_EQ(active[2].evaluated, at(15));
}

const std::string with_fallback = R"(
services: [{name: api}]
alerting:
  receivers:
    - {name: oncall, webhook: {url: 'http://127.0.0.1:9/a'}, fallback: {receiver: chat, after: 5m}}
    - {name: chat, webhook: {url: 'http://127.0.0.1:9/b'}}
  routes: {page: [oncall], default: [oncall, chat]}
)";

TEST_F(NoticesTest, GoToAFallbackOnceAndSoDoesTheEnd) {
  using enum alert::State;
  notices_.reconfigure(configured(with_fallback));
  notices_.note(slo(), {episode("page", firing), {inactive, firing}}, at(10));
  const Changes fired = taken();
  ASSERT_EQ(ids(fired), Texts{"slod-1/firing/oncall"});
  notices_.forward(fired.outbox[0], at(310));
  const Changes forwarded = taken();
  EXPECT_EQ(ids(forwarded), Texts{"slod-1/firing/chat"});
  ASSERT_EQ(forwarded.remembered.forwarded.size(), 1U);
  EXPECT_EQ(forwarded.remembered.forwarded[0].key, "oncall/slod-1");

  Notices after;  // a restart, in which the outbox finds the message overdue again
  after.restore(forwarded.remembered);
  after.reconfigure(configured(with_fallback));
  after.forward(fired.outbox[0], at(400));
  EXPECT_FALSE(after.has_messages());
  after.note(slo(), {episode("page", resolved), {firing, resolved}}, at(500));
  Changes over;
  after.take_into(over);
  EXPECT_EQ(ids(over), (Texts{"slod-1/resolved/oncall", "slod-1/resolved/chat"}));
  EXPECT_EQ(over.remembered.forwarded.at(0).value, std::nullopt) << "forgotten";
}

TEST_F(NoticesTest, GoToAFallbackThatIsInTheRouteOnlyOnce) {
  using enum alert::State;
  notices_.reconfigure(configured(with_fallback));
  notices_.note(slo(), {episode("ticket", firing), {inactive, firing}}, at(10));
  const Changes fired = taken();
  ASSERT_EQ(ids(fired), (Texts{"slod-1/firing/oncall", "slod-1/firing/chat"}));
  notices_.forward(fired.outbox[0], at(310));
  EXPECT_FALSE(notices_.has_messages());
}

}  // namespace
}  // namespace slod
