#include "daemon/api/past.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>

#include "daemon/net/target.h"
#include "lib/alert/episode.h"
#include "lib/alert/notice.h"
#include "lib/json/text.h"
#include "tests/support/scratch.h"

namespace slod::past {
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

OutboxMessage message(const std::string& id, const std::string& service) {
  alert::Notice notice;
  notice.key = "k";
  notice.service = service;
  notice.slo = "availability";
  notice.severity = "page";
  notice.window = "30d";
  notice.starts_at = notice.sent_at = then;
  return {
      .id = id, .receiver = "chat", .notice = json_text(alert::to_json(notice)), .created = then};
}

class Past : public testing::Test {
 protected:
  Past() : store(Database::open(scratch.state_file()).value(), [](auto) {}) {
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

  using Route = RouteReply (*)(Store&, const Request&);

  Response ask(Route route, std::string_view target, Fields headers = {}) {
    Request request;
    request.method = "GET";
    auto parsed = parse_target(target).value();
    request.path = parsed.path;
    request.query = parsed.query;
    request.headers = std::move(headers);
    RouteReply reply = route(store, request);
    if (auto* response = std::get_if<Response>(&reply)) return std::move(*response);
    return std::get<PoolWork>(reply).run({});
  }

  boost::json::array list(Route route, std::string_view target, const char* name) {
    const Response response = ask(route, target);
    EXPECT_EQ(response.status, 200) << response.body;
    return boost::json::parse(response.body).at(name).as_array();
  }

  ScratchDirectory scratch;
  Store store;
};

TEST_F(Past, ListsEpisodesNewestFirstAndLeavesOutWhatIsDamaged) {
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

TEST_F(Past, ListsChangesOfTheFreezeLevel) {
  const auto changes = list(verdicts, "/?service=api", "changes");
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].at("to"), "hotfix_only");
  EXPECT_EQ(changes[0].at("reason"), "<b>spent</b>");
  EXPECT_TRUE(list(verdicts, "/?service=shop", "changes").empty());
}

TEST_F(Past, ListsMessagesAndWhatBecameOfThem) {
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

TEST_F(Past, SendsNothingThatTheClientHas) {
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

TEST_F(Past, RefusesWhatItDoesNotKnow) {
  for (const char* target : {"/?limit=0", "/?limit=1001", "/?limit=-1", "/?limit=1x",
                             "/?limit=", "/?limt=1", "/?limit=1&limit=2"}) {
    const Response refused = ask(episodes, target);
    EXPECT_EQ(refused.status, 400) << target;
    EXPECT_NE(refused.body.find("expected"), std::string::npos) << refused.body;
  }
}

}  // namespace
}  // namespace slod::past
