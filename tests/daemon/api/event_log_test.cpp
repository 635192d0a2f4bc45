#include "daemon/api/event_log.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/net/target.h"
#include "daemon/store/store.h"
#include "lib/alert/episode.h"
#include "lib/alert/notice.h"
#include "lib/json/text.h"
#include "lib/rules/stored_alert.h"
#include "tests/daemon/api/fake_daemon.h"
#include "tests/support/state/memory_database.h"

namespace slod::event_log {
namespace {

const Instant then = parse_instant("2026-01-01T10:00:00Z").value();

EpisodeChange episode(const std::string& slo, int minute, bool is_open) {
  alert::Episode episode;
  episode.slo = slo;
  episode.severity = "page";
  episode.since = then + std::chrono::minutes(minute);
  episode.fired_at = episode.since;
  episode.state = is_open ? alert::State::firing : alert::State::resolved;
  if (!is_open) episode.resolved_at = episode.since + std::chrono::minutes(1);
  episode.key = alert::dedup_key(slo, "page", episode.since);
  return {.key = episode.key,
          .episode = json_text(alert::to_json(episode)),
          .open = is_open,
          .at = episode.since};
}

/// A rule's alert that was never more than `state`, and is over unless `is_open`.
EpisodeChange rule_alert(const std::string& key, rules::AlertState state, int minute,
                         bool is_open) {
  rules::StoredAlert stored;
  stored.file = "rules.yml";
  stored.group = "errors";
  stored.rule = "ManyErrors";
  stored.expr = "errors > 5";
  stored.alert.key = key;
  stored.alert.labels = Labels(
      {{"alertname", "ManyErrors"}, {"job", "api"}, {"severity", "ticket"}, {"note", "<b>"}});
  stored.alert.annotations = Labels({{"summary", "many <i>errors</i>"}});
  stored.alert.active_at = then + std::chrono::minutes(minute);
  stored.alert.value = std::numeric_limits<double>::infinity();
  if (state == rules::AlertState::firing) stored.alert.fired_at = stored.alert.active_at;
  if (!is_open && stored.alert.fired_at) {
    stored.alert.resolved_at = *stored.alert.fired_at + std::chrono::minutes(5);
  }
  stored.alert.state = is_open ? state : rules::AlertState::inactive;
  return {.key = key,
          .episode = json_text(rules::to_json(stored)),
          .open = is_open,
          .at = stored.alert.active_at};
}

OutboxMessage message(const std::string& id, const std::string& service) {
  alert::Notice notice;
  notice.key = "k";
  notice.service = service;
  notice.slo = "availability";
  notice.severity = "page";
  notice.window = "30d";
  notice.starts_at = notice.sent_at = then;
  return {.id = id, .receiver = "chat", .notice = notice, .created = then};
}

class EventLog : public testing::Test {
 protected:
  EventLog() : store(std::make_unique<MemoryDatabase>(), [](auto) {}) {
    daemon.past = &store;
    Changes changes;
    changes.episodes = {episode("api/availability", 0, false),
                        episode("shop/availability", 1, true), episode("api/latency", 2, true)};
    changes.episodes.push_back({.key = "damaged", .episode = "{", .open = false, .at = then});
    changes.verdicts = {{.at = then,
                         .service = "api",
                         .from = "open",
                         .to = "hotfix_only",
                         .reason = "<b>spent</b>"}};
    changes.outbox = {message("m1", "api"), message("m2", "shop")};
    store.submit(changes, [](const auto&) {});
    OutboxUpdate update;
    update.id = "m1";
    update.state = OutboxState::rejected;
    update.attempts = 2;
    update.error = "status 410";
    store.submit({update}, [](const auto&) {});
  }

  using Answer = RouteReply (*)(Daemon&, const Request&);

  Response ask(Answer answer, std::string_view target, Fields headers = {}) {
    Request request;
    request.method = "GET";
    auto parsed = parse_target(target).value();
    request.path = parsed.path;
    request.query = parsed.query;
    request.headers = std::move(headers);
    RouteReply reply = answer(daemon, request);
    if (auto* response = std::get_if<Response>(&reply)) return std::move(*response);
    return std::get<PoolJob>(reply).run({});
  }

  boost::json::array list(Answer answer, std::string_view target, const char* name) {
    const Response response = ask(answer, target);
    EXPECT_EQ(response.status, 200) << response.body;
    return boost::json::parse(response.body).at(name).as_array();
  }

  Store store;
  FakeDaemon daemon;
};

TEST_F(EventLog, ListsEpisodesNewestFirstAndLeavesOutWhatIsDamaged) {
  const auto all = list(episodes, "/", "episodes");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].at("slo"), "latency");
  EXPECT_EQ(all[0].at("state"), "firing");
  EXPECT_TRUE(all[0].at("resolved_at").is_null());
  EXPECT_EQ(all[2].at("service"), "api");
  EXPECT_EQ(all[2].at("resolved_at"), "2026-01-01T10:01:00Z");
  EXPECT_EQ(list(episodes, "/?limit=1", "episodes").size(), 1U);
  EXPECT_EQ(list(episodes, "/?service=api", "episodes").size(), 2U);
  EXPECT_EQ(list(episodes, "/?service=api&limit=1", "episodes").size(), 1U);
  EXPECT_EQ(list(episodes, "/?service=api&slo=availability", "episodes").size(), 1U);
  EXPECT_EQ(list(episodes, "/?service=nobody", "episodes").size(), 0U);
}

TEST_F(EventLog, ListsAlertsOfRulesAmongThoseOfSlos) {
  using enum rules::AlertState;
  Changes changes;
  changes.episodes = {rule_alert("r1", firing, 10, true), rule_alert("r2", firing, 11, false),
                      rule_alert("r3", pending, 12, false), rule_alert("r4", pending, 13, true)};
  store.submit(changes, [](const auto&) {});
  const auto all = list(episodes, "/", "episodes");
  ASSERT_EQ(all.size(), 7U);
  std::vector<std::pair<std::string, std::string>> states;
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(all[i].at("kind"), "rule");
    states.emplace_back(all[i].at("key").as_string(), all[i].at("state").as_string());
  }
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"r4", "pending"}, {"r3", "inactive"}, {"r2", "resolved"}, {"r1", "firing"}};
  EXPECT_EQ(states, expected);
  EXPECT_EQ(all[4].at("kind"), "burn_rate");
  const boost::json::value wanted = boost::json::parse(R"({
    "key": "r2", "kind": "rule", "service": "api", "slo": "", "severity": "ticket",
    "state": "resolved", "since": "2026-01-01T10:11:00Z", "fired_at": "2026-01-01T10:11:00Z",
    "resolved_at": "2026-01-01T10:16:00Z", "alert": "ManyErrors", "group": "errors",
    "expr": "errors > 5", "summary": "many <i>errors</i>",
    "labels": {"alertname": "ManyErrors", "job": "api", "note": "<b>", "severity": "ticket"},
    "annotations": {"summary": "many <i>errors</i>"}, "value": "+Inf"})");
  EXPECT_EQ(all[2], wanted) << json_text(all[2]);
  EXPECT_EQ(list(episodes, "/?limit=2", "episodes").size(), 2U);
  EXPECT_EQ(list(episodes, "/?service=api", "episodes").size(), 6U);
  EXPECT_EQ(list(episodes, "/?service=api&slo=latency", "episodes").size(), 1U);
}

TEST_F(EventLog, ShowsHowFastAnEpisodeBurnedAtMost) {
  alert::Episode burned =
      alert::episode_from_json(boost::json::parse(episode("api/peak", 20, false).episode)).value();
  burned.peak.long_burn = 71.5;
  burned.peak.long_window = std::chrono::hours(1);
  burned.peak.factor = 14.4;
  Changes changes;
  changes.episodes = {{.key = burned.key,
                       .episode = json_text(alert::to_json(burned)),
                       .open = false,
                       .at = burned.since}};
  store.submit(changes, [](const auto&) {});
  const auto all = list(episodes, "/", "episodes");
  EXPECT_EQ(all[0].at("peak"),
            boost::json::parse(R"({"burn_rate": 71.5, "window_seconds": 3600, "factor": 14.4})"));
  EXPECT_TRUE(all[1].at("peak").is_null());
}

TEST_F(EventLog, ListsChangesOfTheFreezeLevel) {
  const auto changes = list(verdicts, "/?service=api", "changes");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].at("to"), "hotfix_only");
  EXPECT_EQ(changes[0].at("reason"), "<b>spent</b>");
  EXPECT_TRUE(list(verdicts, "/?service=shop", "changes").empty());
}

TEST_F(EventLog, ListsMessagesAndWhatBecameOfThem) {
  const auto all = list(outbox, "/", "messages");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].at("id"), "m2");
  EXPECT_EQ(all[0].at("state"), "pending");
  EXPECT_TRUE(all[0].at("next_attempt").is_string());
  EXPECT_EQ(all[1].at("state"), "rejected");
  EXPECT_EQ(all[1].at("attempts"), 2);
  EXPECT_EQ(all[1].at("error"), "status 410");
  EXPECT_TRUE(all[1].at("next_attempt").is_null());
  EXPECT_EQ(all[1].at("kind"), "firing");
  EXPECT_TRUE(all[1].at("summary").as_string().starts_with("api/availability"));
  EXPECT_EQ(list(outbox, "/?service=shop", "messages").size(), 1U);
}

TEST_F(EventLog, SendsNothingThatTheClientHas) {
  const Response first = ask(outbox, "/");
  ASSERT_FALSE(first.headers.empty());
  ASSERT_EQ(first.headers[0].first, "ETag");
  const Response again = ask(outbox, "/", {{"if-none-match", first.headers[0].second}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  store.submit({OutboxUpdate{.id = "m2",
                             .state = OutboxState::delivered,
                             .attempts = 1,
                             .next_attempt = then,
                             .error = {}}},
               [](const auto&) {});
  EXPECT_EQ(ask(outbox, "/", {{"if-none-match", first.headers[0].second}}).status, 200);
}

TEST_F(EventLog, DoesNotWaitForADiskThatHangs) {
  daemon.hangs = true;
  for (const Answer answer : {episodes, verdicts, outbox}) {
    EXPECT_EQ(ask(answer, "/").status, 503);
    EXPECT_EQ(ask(answer, "/").body, R"({"error":"the disk does not answer"})");
  }
}

TEST_F(EventLog, RefusesWhatItDoesNotKnow) {
  for (const char* target : {"/?limit=0", "/?limit=1001", "/?limit=-1", "/?limit=1x",
                             "/?limit=", "/?limt=1", "/?limit=1&limit=2"}) {
    const Response refused = ask(episodes, target);
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_NE(refused.body.find("expected"), std::string::npos) << refused.body;
  }
}

}  // namespace
}  // namespace slod::event_log
