#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <set>
#include <string>

#include "tests/daemon/notify/sending.h"
#include "tests/support/recording_server.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

Reaction take(const Posted&) {
  return {.status = 200};
}

alert::Notice notice_about(const std::string& slo) {
  alert::Notice notice = alert::sample_notice();
  notice.slo = notice.key = "slod-" + slo;
  return notice;
}

/// "availability until 2026-11-24T10:05:00Z" for each alert of a message.
std::set<std::string> alerts(const RecordingServer::Received& received) {
  std::set<std::string> out;
  for (const auto& alert : boost::json::parse(received.message.body).as_array()) {
    out.insert(std::string(alert.at("labels").at("slo").as_string()) + " until " +
               std::string(alert.at("endsAt").as_string()));
  }
  return out;
}

/// An Alertmanager that forgets what it does not hear of for five minutes.
class Firing : public testing::Test {
 protected:
  void expect_sent(std::size_t times, const std::set<std::string>& slos) {
    sending_.run_until([&] { return server_.received().size() >= times; });
    sending_.run_what_is_ready();
    const auto received = server_.received();
    ASSERT_EQ(received.size(), times);
    std::set<std::string> expected;
    for (const std::string& slo : slos) {
      expected.insert("slod-" + slo + " until " + format_instant(sending_.now + 4min));
    }
    EXPECT_EQ(alerts(received.back()), expected);
    // Its task must have read the answer before anything else is sent.
    sending_.run_until([&, end = std::chrono::steady_clock::now() + 20ms] {
      return std::chrono::steady_clock::now() > end;
    });
  }
  void set_firing(const std::set<std::string>& slos) {
    std::vector<alert::ActiveNotice> notices;
    for (const std::string& slo : slos) {
      notices.push_back({"alerts", notice_about(slo), sending_.now});
    }
    sending_.outbox().tick(std::move(notices));
  }

  /// As set_firing, until what is new is sent without a message.
  void start_firing(const std::set<std::string>& slos) {
    set_firing(slos);
    sending_.advance(alert::Alertmanager::patience);
  }

  std::vector<Reaction> script_;
  RecordingServer server_{[this](const Posted& message, std::size_t index) {
    return index < script_.size() ? script_[index] : take(message);
  }};
  RecordingServer hook_{in_turn({}, take)};
  Sending sending_{
      {{"alerts", alert::Alertmanager{.urls = {server_.url("")}}}, hook_at(hook_.url("/"))}};
};

TEST_F(Firing, IsSentToAlertmanagersSoonAndEveryMinute) {
  start_firing({"a"});
  expect_sent(1, {"a"});
  for (int second = 1; second < 60; ++second) {
    sending_.advance(1s);
    set_firing({"a"});
    sending_.run_what_is_ready();
  }
  EXPECT_EQ(server_.received().size(), 1U);
  sending_.advance(1s);
  set_firing({"a"});
  expect_sent(2, {"a"});
  sending_.advance(1s);
  start_firing({"a", "b"});
  expect_sent(3, {"b"});
  sending_.advance(1min);
  set_firing({"b"});
  expect_sent(4, {"b"});
  set_firing({});
  sending_.advance(1min);
  sending_.run_what_is_ready();
  EXPECT_EQ(server_.received().size(), 4U);
  EXPECT_TRUE(hook_.received().empty());
  EXPECT_TRUE(sending_.counted.empty()) << "no message of the outbox";
}

TEST_F(Firing, IsSentOnceByItsMessageAndThenEveryMinuteFromThere) {
  set_firing({"a"});
  sending_.run_what_is_ready();
  sending_.outbox().add({message_about("slod-a", "alerts")});
  expect_sent(1, {"a"});
  for (int second = 1; second < 60; ++second) {
    sending_.advance(1s);
    set_firing({"a"});
    sending_.run_what_is_ready();
  }
  EXPECT_EQ(server_.received().size(), 1U);
  sending_.advance(1s);
  set_firing({"a"});
  expect_sent(2, {"a"});
  EXPECT_EQ(sending_.counted, std::vector<std::string>{"alerts delivered"});
}

TEST_F(Firing, IsSentAgainSoonAfterItCouldNotBeSent) {
  script_ = {{.status = 500}};
  start_firing({"a"});
  expect_sent(1, {"a"});
  sending_.advance(1s);
  expect_sent(2, {"a"});
}

TEST_F(Firing, IsSentSoonToAnAlertmanagerThatIsNewOfItsName) {
  start_firing({"a"});
  expect_sent(1, {"a"});
  sending_.configure({{"alerts", alert::Alertmanager{.urls = {server_.url("/other")}}}});
  start_firing({"a"});
  expect_sent(2, {"a"});
  EXPECT_EQ(server_.received()[1].message.target, "/other/api/v2/alerts");
}

TEST_F(Firing, IsSentBesideTheMessagesThatWait) {
  sending_.outbox().add({message_about("slod-1", "alerts", true)});
  start_firing({"a"});
  sending_.run_until([&] { return server_.received().size() >= 2; });
  std::set<std::string> sent;
  for (const auto& received : server_.received()) sent.merge(alerts(received));
  EXPECT_EQ(sent, (std::set<std::string>{
                      "slod-1 until " + format_instant(*alert::resolved_notice().ends_at),
                      "slod-a until " + format_instant(sending_.now + 4min)}));
}

TEST_F(Firing, IsSentWhileAMessageWaitsForItsNextAttempt) {
  script_ = {{.status = 503, .headers = "Retry-After: 60\r\n"}};
  sending_.outbox().add({message_about("slod-1", "alerts")});
  sending_.run_until_updates(1);
  start_firing({"a"});
  expect_sent(2, {"a"});
}

TEST_F(Firing, IsForgottenWithItsReceiver) {
  start_firing({"a"});
  expect_sent(1, {"a"});
  sending_.configure({});
  sending_.run_what_is_ready();
  set_firing({});
  sending_.advance(1h);
  sending_.configure({{"alerts", alert::Alertmanager{.urls = {server_.url("")}}}});
  sending_.run_what_is_ready();
  EXPECT_EQ(server_.received().size(), 1U);
}

TEST_F(Firing, IsNotSentBeforeTheTimeThatAlertmanagerAsksForButWithinAMinute) {
  script_ = {{.status = 429, .headers = "Retry-After: 120\r\n"}};
  start_firing({"a"});
  expect_sent(1, {"a"});
  sending_.advance(59s);
  set_firing({"a"});
  sending_.run_what_is_ready();
  sending_.outbox().add({message_about("slod-b", "alerts")});
  sending_.run_until_updates(1);
  expect_sent(2, {"b"});
  sending_.advance(1s);
  expect_sent(3, {"a"});
}

}  // namespace
}  // namespace slod
