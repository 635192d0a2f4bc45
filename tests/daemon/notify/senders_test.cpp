#include "daemon/notify/senders.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "lib/alert/pagerduty.h"
#include "lib/alert/slack.h"
#include "tests/daemon/notify/secret_file.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using alert::sample_notice;
using Texts = std::vector<std::string>;

const std::string routing_key(32, 'k');
const Instant now = sample_notice().starts_at + 10min;

Written letter_to(alert::Receiver receiver, const alert::Notice& notice = sample_notice()) {
  return write_letter(receiver, notice, now);
}

TEST(Senders, PostJsonToPagerDutyWithTheRoutingKey) {
  const SecretFile key(routing_key);
  const alert::PagerDuty pagerduty{.url = "https://events.eu.pagerduty.com/v2/enqueue",
                                   .routing_key_file = key.path()};
  const Written letter = letter_to({"oncall", pagerduty});
  ASSERT_TRUE(letter) << letter.error();
  EXPECT_EQ(letter->fetch.method, "POST");
  EXPECT_EQ(letter->fetch.url, pagerduty.url);
  EXPECT_EQ(letter->fetch.headers, (Fields{{"Content-Type", "application/json"}}));
  EXPECT_EQ(letter->fetch.body, alert::pagerduty_event(sample_notice(), routing_key));
  EXPECT_EQ(letter->secrets, Texts{routing_key});
}

TEST(Senders, PostToSlacksUrlWhichIsTheSecret) {
  const std::string url = "https://hooks.slack.com/services/T0TEAM0001/B0BOT00001/s3cr3ts3cr3t";
  const SecretFile file(url);
  const Written letter = letter_to({"chat", alert::Slack{file.path()}});
  ASSERT_TRUE(letter) << letter.error();
  EXPECT_EQ(letter->fetch.url, url);
  EXPECT_TRUE(letter->fetch.secret_url);
  EXPECT_EQ(letter->fetch.body, alert::slack_message(sample_notice()));
  EXPECT_EQ(letter->secrets, (Texts{"T0TEAM0001", "B0BOT00001", "s3cr3ts3cr3t"}));
}

TEST(Senders, KnowWhatIsSecretInTheUrlsOfThoseWhoSpeakAsSlackDoes) {
  struct Row {
    const char* url;
    Texts secrets;
  };
  for (const Row& row : {
           Row{"https://chat.example.org/hooks/abcdefghijklmn", {"abcdefghijklmn"}},
           Row{"https://discord.example.org/api/webhooks/123456789012/tokentoken/slack",
               {"123456789012", "tokentoken"}},
           Row{"https://example.org/hook?key=0123456789&x=1#9876543210",
               {"0123456789", "9876543210"}},
           Row{"https://a-long-host-name.example.org", {}},
           Row{"no URL", {}},
       }) {
    const SecretFile file(row.url);
    const Written letter = letter_to({"chat", alert::Slack{file.path()}});
    ASSERT_TRUE(letter) << letter.error();
    EXPECT_EQ(letter->secrets, row.secrets) << row.url;
  }
}

TEST(Senders, ReadASecretEachTime) {
  SecretFile key("old-key");
  const alert::Receiver receiver{"oncall", alert::PagerDuty{.routing_key_file = key.path()}};
  EXPECT_TRUE(letter_to(receiver)->fetch.body.contains("old-key"));
  key.write("new-key");
  EXPECT_TRUE(letter_to(receiver)->fetch.body.contains("new-key"));
  key.remove();
  const Written none = letter_to(receiver);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), "cannot read " + key.path() + ": No such file or directory");
}

TEST(Senders, TellAlertmanagerWhenWhatFiresEndsUnlessItIsToldAgain) {
  for (const char* url : {"http://127.0.0.1:9093", "http://127.0.0.1:9093/"}) {
    const Written letter = letter_to({"alerts", alert::Alertmanager{url}});
    ASSERT_TRUE(letter) << letter.error();
    EXPECT_EQ(letter->fetch.url, "http://127.0.0.1:9093/api/v2/alerts");
    const auto alerts = boost::json::parse(letter->fetch.body).as_array();
    ASSERT_EQ(alerts.size(), 1U);
    EXPECT_EQ(alerts[0].at("endsAt").as_string(), format_instant(now + 5min));
  }
  const Written resolved =
      letter_to({"alerts", alert::Alertmanager{"http://a"}}, alert::resolved_notice());
  EXPECT_EQ(boost::json::parse(resolved->fetch.body).at(0).at("endsAt").as_string(),
            format_instant(*alert::resolved_notice().ends_at));
}

TEST(Senders, TellAWebhookItsNameAndWhereSlodIs) {
  alert::Notice notice = sample_notice();
  const alert::Receiver receiver{"hook", alert::Webhook{"http://127.0.0.1:9000/hook"}};
  const Written letter = letter_to(receiver, notice);
  ASSERT_TRUE(letter) << letter.error();
  EXPECT_EQ(letter->fetch.url, "http://127.0.0.1:9000/hook");
  const auto payload = boost::json::parse(letter->fetch.body);
  EXPECT_EQ(payload.at("receiver").as_string(), "hook");
  EXPECT_EQ(payload.at("externalURL").as_string(), "http://slod.example.org");
  EXPECT_EQ(payload.at("alerts").at(0).at("generatorURL").as_string(), notice.link());
  notice.external_url.clear();
  EXPECT_EQ(boost::json::parse(letter_to(receiver, notice)->fetch.body).at("externalURL"), "");
}

TEST(Senders, ShowNoTextThatRepeatsASecret) {
  const Texts secrets{"T0TEAM0001", "s3cr3ts3cr3t"};
  EXPECT_EQ(without_secrets("no_service", secrets), "no_service");
  EXPECT_EQ(without_secrets("ok", {}), "ok");
  EXPECT_EQ(without_secrets("<p>Cannot POST /services&#x2F;T0TEAM0001</p>", secrets),
            "(not shown, because it repeats a secret)");
}

TEST(Senders, LeaveReceiversThePausesThatTheyAskFor) {
  EXPECT_EQ(pause_between(alert::ReceiverKind::slack), 1s);
  EXPECT_EQ(pause_between(alert::ReceiverKind::pagerduty), 500ms);
  EXPECT_EQ(pause_between(alert::ReceiverKind::alertmanager), 0s);
  EXPECT_EQ(pause_between(alert::ReceiverKind::webhook), 0s);
}

}  // namespace
}  // namespace slod
