#include "daemon/notify/outbox.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "tests/daemon/notify/secret_file.h"
#include "tests/daemon/notify/sending.h"
#include "tests/support/recording_server.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using Kind = Reaction::Kind;
using Texts = std::vector<std::string>;

const std::string routing_key = "R0UT1NGKEY0123456789abcdefABCDEF";

Reaction take(const Posted&) {
  return {.status = 200};
}

/// "trigger slod-1" for each message that PagerDuty got, in order.
Texts events(const RecordingServer& server) {
  Texts out;
  for (const auto& [message, reaction] : server.received()) {
    const auto event = boost::json::parse(message.body);
    out.push_back(fmt::format("{} {}", std::string_view(event.at("event_action").as_string()),
                              std::string_view(event.at("dedup_key").as_string())));
  }
  return out;
}

class PagerDutyOutbox : public testing::Test {
 protected:
  alert::Receiver oncall(const RecordingServer& server) const {
    return {"oncall", alert::PagerDuty{server.url("/v2/enqueue"), key_.path()}};
  }

  SecretFile key_{routing_key};
};

TEST_F(PagerDutyOutbox, DeliversInOrderAndReportsToTheStore) {
  RecordingServer server(in_turn({}, react_as_pagerduty));
  Sending sending({oncall(server)});
  sending.outbox().add({message_about("slod-1", "oncall"), message_about("slod-2", "oncall")});
  EXPECT_EQ(sending.outbox().pending(), 2U);
  EXPECT_EQ(sending.outbox().pending_by_receiver().at("oncall"), 2U);
  sending.run_until_updates(1);
  sending.outbox().add({message_about("slod-1", "oncall", true)});
  sending.run_until_empty();
  EXPECT_EQ(events(server), (Texts{"trigger slod-1", "trigger slod-2", "resolve slod-1"}));
  EXPECT_EQ(sending.counted, Texts(3, "oncall delivered"));
  ASSERT_EQ(sending.updates.size(), 3U);
  EXPECT_EQ(sending.updates[2].id, "slod-1/resolved/oncall");
  for (const OutboxUpdate& update : sending.updates) {
    EXPECT_EQ(update.state, OutboxState::delivered);
    EXPECT_EQ(update.attempts, 1);
    EXPECT_EQ(update.error, "");
  }
  EXPECT_EQ(sending.outbox().pending_by_receiver().at("oncall"), 0U);
}

TEST_F(PagerDutyOutbox, KeepsThePauseThatPagerDutyNeeds) {
  RecordingServer server(in_turn({}, react_as_pagerduty));
  Sending sending({oncall(server)});
  sending.outbox().add({message_about("slod-1", "oncall"), message_about("slod-2", "oncall")});
  sending.run_until_updates(1);
  sending.advance(499ms);
  sending.run_what_is_ready();
  EXPECT_EQ(sending.updates.size(), 1U);
  sending.advance(1ms);
  sending.run_until_updates(2);
  EXPECT_EQ(events(server).size(), 2U);
}

struct Trouble {
  const char* what;
  Reaction reaction;
  std::string error;  ///< how that of the first update begins
  Duration wait_min{};
  Duration wait_max{};
};

class TroubledOutbox : public PagerDutyOutbox, public testing::WithParamInterface<Trouble> {};

TEST_P(TroubledOutbox, SendsTheSameAgainWithTheSameKey) {
  const Trouble& row = GetParam();
  SCOPED_TRACE(row.what);
  RecordingServer server(in_turn({row.reaction}, react_as_pagerduty));
  Sending sending({oncall(server)}, row.reaction.kind == Kind::silence ? 50ms : 5s);
  sending.outbox().add({message_about("slod-1", "oncall")});
  const Instant began = sending.now;
  sending.run_until_updates(1);
  ASSERT_EQ(sending.updates.size(), 1U);
  const OutboxUpdate first = sending.updates[0];
  EXPECT_EQ(first.id, "slod-1/firing/oncall");
  EXPECT_EQ(first.state, OutboxState::pending);
  EXPECT_EQ(first.attempts, 1);
  EXPECT_TRUE(first.error.starts_with(row.error)) << first.error;
  EXPECT_GE(first.next_attempt, began + row.wait_min);
  EXPECT_LE(first.next_attempt, began + row.wait_max);
  sending.advance(first.next_attempt - sending.now - 1ms);
  sending.run_what_is_ready();
  EXPECT_EQ(sending.updates.size(), 1U) << "tried again too soon";
  sending.run_until_empty();
  sending.outbox().add({message_about("slod-1", "oncall", true)});
  sending.run_until_empty();
  EXPECT_EQ(events(server), (Texts{"trigger slod-1", "trigger slod-1", "resolve slod-1"}));
  const auto received = server.received();
  EXPECT_EQ(received[0].message.body, received[1].message.body);
  EXPECT_EQ(sending.counted, (Texts{"oncall retried", "oncall delivered", "oncall delivered"}));
}

INSTANTIATE_TEST_SUITE_P(
    All, TroubledOutbox,
    testing::Values(
        Trouble{"busy for a while",
                {.status = 429, .body = "slow", .headers = "Retry-After: 7\r\n"},
                "pagerduty answered 429: slow",
                7s,
                7s},
        Trouble{"busy", {.status = 429}, "pagerduty answered 429", 500ms, 1s},
        Trouble{"down", {.status = 500, .body = "oops"}, "pagerduty answered 500: oops", 500ms, 1s},
        Trouble{"down until then",
                {.status = 503, .headers = "Retry-After: 3600\r\n"},
                "pagerduty answered 503",
                1min,
                1min},
        Trouble{
            "a proxy's", {.status = 200, .body = "<html>"}, "pagerduty answered 200", 500ms, 1s},
        Trouble{"acknowledgement lost", {.kind = Kind::close}, "no answer: POST http", 500ms, 1s},
        Trouble{"reset", {.kind = Kind::reset}, "no answer: POST http", 500ms, 1s},
        Trouble{"silent", {.kind = Kind::silence}, "no answer: POST http", 500ms, 1s}));

TEST_F(PagerDutyOutbox, TriesAgainWhatIsRefusedAndGivesUpWhatCannotBeRead) {
  RecordingServer server(in_turn({{.status = 400, .body = "invalid event"}}, react_as_pagerduty));
  Sending sending({oncall(server)});
  std::vector<OutboxRow> rows;
  for (const char* key : {"slod-1", "slod-2", "slod-3", "slod-4"}) {
    rows.push_back({.message = message_about(key, "oncall"),
                    .attempts = 0,
                    .next_attempt = sending.now,
                    .error = {}});
  }
  rows[1].unreadable = "the stored message cannot be read: expected \"kind\" to be firing";
  rows[2].unreadable = "the stored message cannot be read: it is not JSON";
  sending.outbox().restore(std::move(rows));
  sending.run_until_empty();
  EXPECT_EQ(events(server), (Texts{"trigger slod-1", "trigger slod-4", "trigger slod-1"}));
  std::ranges::sort(sending.counted);
  EXPECT_EQ(sending.counted, (Texts{"oncall delivered", "oncall delivered", "oncall rejected",
                                    "oncall rejected", "oncall rejected"}));
  Texts errors;
  for (const OutboxUpdate& update : sending.updates) errors.push_back(update.error);
  std::ranges::sort(errors);
  EXPECT_EQ(errors[2], "pagerduty answered 400: invalid event");
  EXPECT_EQ(errors[4], "the stored message cannot be read: it is not JSON");
}

TEST_F(PagerDutyOutbox, UsesTheSecretThatIsThereAtEachAttempt) {
  RecordingServer server(in_turn({{.status = 500}}, react_as_pagerduty));
  Sending sending({oncall(server)});
  key_.remove();
  sending.outbox().add({message_about("slod-1", "oncall")});
  sending.run_until_updates(1);
  EXPECT_TRUE(sending.updates[0].error.contains("cannot read " + key_.path()));
  const std::string other_key(32, 'x');
  for (const std::string& key : {routing_key, other_key}) {
    key_.write(key);
    sending.advance(10s);
    sending.run_until_updates(sending.updates.size() + 1);
  }
  const auto received = server.received();
  ASSERT_EQ(received.size(), 2U);
  EXPECT_TRUE(received[0].message.body.contains(routing_key));
  EXPECT_TRUE(received[1].message.body.contains(other_key));
}

TEST_F(PagerDutyOutbox, ShowsNoSecretWhateverComesBack) {
  const std::string path = "/services/T0TEAM0001/B0BOT00001/s3cr3ts3cr3t";
  RecordingServer pagerduty(in_turn({{.status = 500, .body = "bad key " + routing_key},
                                     {.status = 400, .body = "bad key " + routing_key}},
                                    react_as_pagerduty));
  RecordingServer slack(in_turn({{.status = 500, .body = "no route to " + path},
                                 {.kind = Kind::close},
                                 {.status = 404, .body = path + " is gone"}},
                                react_as_slack));
  SecretFile url("nonsense " + slack.url(path));
  testing::internal::CaptureStderr();
  Sending sending({oncall(pagerduty), {"chat", alert::Slack{url.path()}}});
  sending.outbox().add({message_about("slod-1", "oncall"), message_about("slod-1", "chat")});
  sending.run_until_updates(2);
  url.write(slack.url(path));
  sending.run_until_empty();
  std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(shown.contains("cannot deliver a message")) << shown;
  for (const OutboxUpdate& update : sending.updates) shown += update.error + "\n";
  EXPECT_TRUE(shown.contains("slack answered 404: (not shown")) << shown;
  for (const char* secret : {routing_key.c_str(), "T0TEAM0001", "B0BOT00001", "s3cr3ts3cr3t"}) {
    EXPECT_FALSE(shown.contains(secret)) << shown;
  }
}

TEST(Outbox, DeliversToEveryKindOfReceiver) {
  RecordingServer pagerduty(in_turn({}, react_as_pagerduty));
  RecordingServer slack(in_turn({}, react_as_slack));
  RecordingServer alertmanager(in_turn({}, take));
  RecordingServer hook(in_turn({}, take));
  const SecretFile key(routing_key);
  const SecretFile url(slack.url("/services/T/B/x"));
  Sending sending({{"oncall", alert::PagerDuty{pagerduty.url("/v2/enqueue"), key.path()}},
                   {"chat", alert::Slack{url.path()}},
                   {"alerts", alert::Alertmanager{.urls = {alertmanager.url("")}}},
                   hook_at(hook.url("/hook"))});
  for (const bool resolved : {false, true}) {
    for (const char* name : {"oncall", "chat", "alerts", "hook"}) {
      sending.outbox().add({message_about("slod-1", name, resolved)});
    }
    sending.run_until_empty();
  }
  EXPECT_EQ(sending.updates.size(), 8U);
  for (const OutboxUpdate& update : sending.updates) {
    EXPECT_EQ(update.state, OutboxState::delivered) << update.id << ": " << update.error;
  }
  for (const auto& [server, target] :
       {std::pair(&pagerduty, "/v2/enqueue"), std::pair(&slack, "/services/T/B/x"),
        std::pair(&alertmanager, "/api/v2/alerts"), std::pair(&hook, "/hook")}) {
    const auto received = server->received();
    ASSERT_EQ(received.size(), 2U) << target;
    EXPECT_EQ(received[0].message.target, target);
    EXPECT_TRUE(received[0].message.head.contains("\r\nContent-Type: application/json\r\n"));
  }
}

TEST(Outbox, LetsASlowReceiverDelayNoOther) {
  RecordingServer slow(in_turn({{.kind = Kind::silence}}, take));
  RecordingServer broken(in_turn({{.status = 500}}, take));
  RecordingServer fast(in_turn({}, take));
  Sending sending({hook_at(slow.url("/"), "slow"), hook_at(broken.url("/"), "broken"),
                   hook_at(fast.url("/"), "fast")});
  std::vector<OutboxMessage> messages;
  for (int i = 0; i < 20; ++i) {
    for (const char* name : {"slow", "broken", "fast"}) {
      messages.push_back(message_about(fmt::format("slod-{}", i), name));
    }
  }
  sending.outbox().add(std::move(messages));
  sending.run_until([&] { return sending.outbox().pending_by_receiver().at("fast") == 0; });
  EXPECT_EQ(fast.received().size(), 1U) << "they go in one request";
  EXPECT_EQ(sending.outbox().pending_by_receiver(),
            (std::map<std::string, std::size_t>{{"slow", 20}, {"broken", 20}, {"fast", 0}}));
}

TEST(Outbox, SendsAMessageOnceThatIsAddedAgainWhileItIsPending) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  const std::vector<OutboxMessage> messages{message_about("slod-1", "hook")};
  sending.outbox().add(messages);
  sending.outbox().add(messages);
  EXPECT_EQ(sending.outbox().pending(), 1U);
  sending.run_until_updates(1);
  EXPECT_EQ(sending.outbox().pending(), 0U);
  sending.outbox().add({message_about("slod-2", "hook")});
  sending.run_until_updates(2);
  EXPECT_EQ(server.received().size(), 2U);
  EXPECT_EQ(sending.counted, Texts(2, "hook delivered"));
}

TEST(Outbox, LogsWhichAlertAMessageIsAbout) {
  RecordingServer server(in_turn({{.status = 500}, {.status = 400}}, take));
  Sending sending({hook_at(server.url("/"))});
  testing::internal::CaptureStderr();
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until_empty();
  sending.outbox().add({message_about("slod-1", "hook", true)});
  sending.run_until_empty();
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string_view firing = "alert=api/slod-1 severity=page state=firing";
  EXPECT_TRUE(log.contains(fmt::format(
      "level=warning msg=\"cannot deliver a message; will retry\" receiver=hook {}", firing)))
      << log;
  EXPECT_TRUE(log.contains(fmt::format(
      "level=warning msg=\"a receiver refused a message; will retry\" receiver=hook {}", firing)))
      << log;
  EXPECT_TRUE(
      log.contains("level=info msg=\"delivered a message\" receiver=hook "
                   "alert=api/slod-1 severity=page state=resolved"))
      << log;
}

TEST(Outbox, LogsAFailureForAnotherReasonWhateverItsNumber) {
  RecordingServer server(
      in_turn({{.status = 500}, {.status = 500}, {.status = 401}, {.status = 401}}, take));
  Sending sending({hook_at(server.url("/"))});
  testing::internal::CaptureStderr();
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until_empty();
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(log.contains("attempts=3 ")) << log;
  EXPECT_TRUE(log.contains("webhook answered 401")) << log;
}

TEST(Outbox, GivesUpATicketThatAlertmanagerCannotReadAfterADay) {
  RecordingServer server(in_turn({}, [](const Posted&) {
    return Reaction{.status = 422, .body = R"({"code":602,"message":"labels is required"})"};
  }));
  testing::internal::CaptureStderr();
  Sending sending({{"alerts", alert::Alertmanager{.urls = {server.url("")}}}});
  OutboxMessage ticket = message_about("slod-1", "alerts");
  ticket.notice.severity = "ticket";
  sending.outbox().add({ticket});
  sending.run_until_updates(1);
  EXPECT_EQ(sending.updates[0].state, OutboxState::pending);
  EXPECT_EQ(sending.updates[0].error,
            R"(alertmanager answered 422: {"code":602,"message":"labels is required"})");
  sending.advance(25h);
  sending.run_until_updates(2);
  EXPECT_EQ(sending.updates[1].state, OutboxState::rejected);
  EXPECT_EQ(sending.counted, Texts(2, "alerts rejected"));
  EXPECT_EQ(sending.outbox().pending(), 0U);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(log.contains("labels is required")) << log;
}

TEST(Outbox, HoldsUpNoAlertByOneThatItsReceiverFailsAt) {
  RecordingServer server([](const Posted& message, std::size_t) {
    return Reaction{.status = message.body.contains("slod-bad") ? 500 : 200};
  });
  Sending sending({hook_at(server.url("/"))});
  sending.outbox().add({message_about("slod-bad", "hook")});
  sending.run_until_updates(1);
  sending.outbox().add({message_about("slod-good", "hook")});
  sending.run_until([&] { return sending.outbox().pending() == 1; });
  EXPECT_EQ(sending.counted.back(), "hook delivered");
}

TEST(Outbox, TellsEveryAddressOfAReceiver) {
  RecordingServer down(in_turn({{.status = 500}}, take));
  RecordingServer up(in_turn({}, take));
  Sending sending({{"alerts", alert::Alertmanager{.urls = {down.url("/a"), up.url("/b")}}}});
  sending.outbox().add({message_about("slod-1", "alerts")});
  sending.run_until([&] { return sending.outbox().pending() == 0; });
  sending.run_until([&] {
    sending.advance(250ms);
    return down.received().size() == 2;
  });
  EXPECT_EQ(up.received().size(), 1U);
  EXPECT_EQ(down.received()[1].message.target, "/a/api/v2/alerts");
  EXPECT_EQ(sending.outbox().pending_by_receiver().at("alerts"), 0U);
}

TEST(Outbox, ForwardsOnceWhatAReceiverDoesNotTakeInTime) {
  RecordingServer server(in_turn({}, [](const Posted&) { return Reaction{.status = 500}; }));
  alert::Receiver hook = hook_at(server.url("/"));
  hook.fallback = {.receiver = "chat", .after = 5min};
  Sending sending({hook});
  OutboxMessage message = message_about("slod-1", "hook");
  message.created = sending.now;
  sending.outbox().add({message});
  for (Duration at = 0min; at < 10min; at += 1min) {
    sending.outbox().tick({});
    EXPECT_EQ(sending.forwarded.size(), at < 5min ? 0U : 1U) << at.count();
    sending.advance(1min);
  }
  EXPECT_EQ(sending.forwarded, Texts{"slod-1/firing/hook"});
}

TEST(Outbox, KeepsMessagesForAReceiverUntilItIsThereAgain) {
  RecordingServer server(in_turn({}, take));
  testing::internal::CaptureStderr();
  Sending sending({});
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.outbox().add({message_about("slod-2", "hook", true)});
  sending.configure({});
  sending.run_what_is_ready();
  EXPECT_EQ(sending.outbox().pending(), 2U);
  EXPECT_EQ(sending.outbox().pending_by_receiver().at("hook"), 2U);
  const std::string log = testing::internal::GetCapturedStderr();
  const std::string_view sentence = "messages wait for a receiver that is not in the configuration";
  EXPECT_TRUE(log.contains(sentence)) << log;
  EXPECT_EQ(log.find(sentence), log.rfind(sentence)) << "logged twice";
  sending.configure({hook_at(server.url("/"))});
  sending.run_until_empty();
  EXPECT_EQ(server.received().size(), 2U);
  sending.configure({});
  EXPECT_FALSE(sending.outbox().pending_by_receiver().contains("hook"));
}

TEST(Outbox, LetsAMessageArriveWhoseReceiverIsRemovedMeanwhile) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until([&] { return !server.received().empty(); });
  sending.configure({});
  sending.outbox().add({message_about("slod-2", "hook")});
  sending.run_until_updates(1);
  EXPECT_EQ(sending.updates[0].state, OutboxState::delivered);
  sending.run_what_is_ready();
  EXPECT_EQ(server.received().size(), 1U);
  EXPECT_EQ(sending.outbox().pending(), 1U);
}

TEST(Outbox, ForgetsAReceiverThatIsRemovedWithNothingToSend) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  for (int i = 0; i < 3; ++i) {
    sending.configure({});
    sending.run_what_is_ready();
    EXPECT_TRUE(sending.outbox().pending_by_receiver().empty());
    sending.configure({hook_at(server.url("/"))});
    sending.outbox().add({message_about(fmt::format("slod-{}", i), "hook")});
    sending.run_until_empty();
  }
  EXPECT_EQ(server.received().size(), 3U);
}

TEST(Outbox, TriesACorrectedReceiverAtOnce) {
  RecordingServer wrong(in_turn({{.status = 503, .headers = "Retry-After: 1800\r\n"}}, take));
  RecordingServer right(in_turn({}, take));
  Sending sending({hook_at(wrong.url("/"))});
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until_updates(1);
  sending.configure({hook_at(right.url("/"))});
  sending.run_until_updates(2);
  EXPECT_EQ(sending.updates[1].state, OutboxState::delivered);
  EXPECT_EQ(right.received().size(), 1U);
}

TEST(Outbox, GoesOnAfterATaskEndedByItself) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  bool has_thrown = false;
  sending.on_update = [&](const OutboxUpdate&) {
    if (!std::exchange(has_thrown, true)) throw std::runtime_error("out of luck");
  };
  sending.outbox().add({message_about("slod-1", "hook"), message_about("slod-2", "hook")});
  sending.run_until([&] { return has_thrown; });
  sending.run_what_is_ready();
  sending.now += 10s;  // without advance(), which would start the task
  sending.outbox().add({message_about("slod-3", "hook")});
  sending.run_until([&] { return sending.outbox().pending() == 0; });
  EXPECT_EQ(server.received().size(), 3U);
}

TEST(Outbox, WaitsNoLongerThanAnHourForWhatAWrongClockWrote) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  sending.restart({{.message = message_about("slod-1", "hook"),
                    .attempts = 3,
                    .next_attempt = sending.now + 24h * 365,
                    .error = {}}});
  sending.advance(1h - 1ms);
  sending.run_what_is_ready();
  EXPECT_EQ(sending.outbox().pending(), 1U);
  sending.advance(1ms);
  sending.run_until_updates(1);
  EXPECT_EQ(sending.updates[0].attempts, 4);
}

TEST(Outbox, LetsWhatIsOnItsWayArriveWhenItStops) {
  RecordingServer server(in_turn({}, take));
  Sending sending({hook_at(server.url("/"))});
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until([&] { return !server.received().empty(); });
  sending.outbox().add({message_about("slod-2", "hook")});
  sending.stop(5s);
  // One or both were on their way; what was sent is known to be delivered, the rest is kept.
  ASSERT_EQ(sending.updates.size(), server.received().size());
  EXPECT_EQ(sending.updates[0].state, OutboxState::delivered);
  EXPECT_EQ(sending.outbox().pending(), 2U - sending.updates.size());
}

TEST(Outbox, CancelsWhatDoesNotArriveInTimeAndKeepsItPending) {
  RecordingServer server(in_turn({{.kind = Kind::silence}}, take));
  Sending sending({hook_at(server.url("/"))});
  sending.outbox().add({message_about("slod-1", "hook")});
  sending.run_until([&] { return !server.received().empty(); });
  const auto began = std::chrono::steady_clock::now();
  sending.stop(50ms);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 4s);
  EXPECT_TRUE(sending.updates.empty());
  EXPECT_EQ(sending.outbox().pending(), 1U);
  EXPECT_TRUE(sending.counted.empty());
}

}  // namespace
}  // namespace slod
