#include "daemon/notify/requests.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "tests/daemon/notify/secret_file.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using alert::sample_notice;
using Texts = std::vector<std::string>;

const Instant now = sample_notice().starts_at + 10min;

TEST(Requests, AreWhatTheReceiverAsksForWithItsSecret) {
  const std::string routing_key(32, 'k');
  const SecretFile key(routing_key);
  const alert::Receiver receiver{
      "oncall", alert::PagerDuty{.url = "https://events.eu.pagerduty.com/v2/enqueue",
                                 .routing_key_file = key.path()}};
  const BuiltRequest built = build_request(receiver, {}, std::vector{sample_notice()}, 0, now);
  ASSERT_TRUE(built) << built.error();
  const alert::DeliveryRequest asked =
      receiver.request(std::vector{sample_notice()}, routing_key, now);
  EXPECT_EQ(built->fetch.method, "POST");
  EXPECT_EQ(built->fetch.url, asked.url);
  EXPECT_EQ(built->fetch.headers, (Fields{{"Content-Type", "application/json"}}));
  EXPECT_EQ(built->fetch.body, asked.body);
  EXPECT_FALSE(built->fetch.secret_url);
  EXPECT_EQ(built->secrets, Texts{routing_key});
}

TEST(Requests, KeepAUrlThatIsTheSecretOutOfMessages) {
  const std::string url = "https://hooks.slack.com/services/T0TEAM0001/B0BOT00001/s3cr3ts3cr3t";
  const SecretFile file(url);
  const BuiltRequest built =
      build_request({"chat", alert::Slack{file.path()}}, {}, std::vector{sample_notice()}, 0, now);
  ASSERT_TRUE(built) << built.error();
  EXPECT_EQ(built->fetch.url, url);
  EXPECT_TRUE(built->fetch.secret_url);
  EXPECT_EQ(built->secrets, (Texts{"T0TEAM0001", "B0BOT00001", "s3cr3ts3cr3t"}));
}

TEST(Requests, ReadTheSecretEachTime) {
  SecretFile key("old-key");
  const alert::Receiver receiver{"oncall", alert::PagerDuty{.routing_key_file = key.path()}};
  EXPECT_TRUE(build_request(receiver, {}, std::vector{sample_notice()}, 0, now)
                  ->fetch.body.contains("old-key"));
  key.write("new-key");
  EXPECT_TRUE(build_request(receiver, {}, std::vector{sample_notice()}, 0, now)
                  ->fetch.body.contains("new-key"));
  key.remove();
  const BuiltRequest none = build_request(receiver, {}, std::vector{sample_notice()}, 0, now);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error(), "cannot read " + key.path() + ": No such file or directory");
}

TEST(Requests, GoToOneOfTheAddresses) {
  const alert::Receiver receiver{
      "alerts", alert::Alertmanager{.urls = {"http://127.0.0.1:9093", "http://127.0.0.1:9094/a"}}};
  const std::vector<alert::Notice> firing = {sample_notice(),
                                             alert::rule_notice_of(alert::sample_alert())};
  const BuiltRequest built = build_request(receiver, {}, firing, 1, now);
  ASSERT_TRUE(built) << built.error();
  EXPECT_EQ(built->fetch.url, "http://127.0.0.1:9094/a/api/v2/alerts");
  const auto alerts = boost::json::parse(built->fetch.body).as_array();
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0].at("endsAt").as_string(), format_instant(now + 4min));
}

TEST(Requests, AreLetInAsTheConfigurationSays) {
  const SecretFile password("s3cr3t-password");
  const alert::Receiver receiver{"hook",
                                 alert::Webhook{.url = "http://127.0.0.1:9", .url_file = {}}};
  config::Access access;
  access.basic_auth = {"u", password.path()};
  access.proxy_url = "http://proxy:3128";
  const BuiltRequest built = build_request(receiver, access, std::vector{sample_notice()}, 0, now);
  ASSERT_TRUE(built) << built.error();
  EXPECT_EQ(built->fetch.headers.back(),
            std::pair(std::string("authorization"), std::string("Basic dTpzM2NyM3QtcGFzc3dvcmQ=")));
  EXPECT_EQ(built->fetch.proxy_url, "http://proxy:3128");
  EXPECT_EQ(without_secrets("no such user: s3cr3t-password", built->secrets),
            "(not shown, because it repeats a secret)");

  access.basic_auth.reset();
  access.bearer_token_file = password.path();
  access.authorization_type = "Token";
  const BuiltRequest other = build_request(receiver, access, std::vector{sample_notice()}, 0, now);
  EXPECT_EQ(other->fetch.headers.back().second, "Token s3cr3t-password");
  access.bearer_token_file = "/nowhere";
  EXPECT_FALSE(build_request(receiver, access, std::vector{sample_notice()}, 0, now));
}

TEST(Requests, ShowNoTextThatRepeatsASecret) {
  const Texts secrets{"T0TEAM0001", "s3cr3ts3cr3t"};
  EXPECT_EQ(without_secrets("no_service", secrets), "no_service");
  EXPECT_EQ(without_secrets("ok", {}), "ok");
  EXPECT_EQ(without_secrets("<p>Cannot POST /services&#x2F;T0TEAM0001</p>", secrets),
            "(not shown, because it repeats a secret)");
}

}  // namespace
}  // namespace slod
