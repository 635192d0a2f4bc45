// What a webhook is sent, and what its answers mean.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "lib/alert/plain_text.h"
#include "lib/alert/receivers/receivers.h"
#include "tests/lib/alert/receivers/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

TEST(Webhook, IsJudgedByItsStatus) {
  expect_meanings(Webhook{}, {
                                 {200, "", delivered},
                                 {201, "", delivered},
                                 {299, "", delivered},
                                 {300, "", rejected},
                                 {404, "", rejected},
                                 {401, "", rejected},
                                 {408, "", retry},
                                 {410, "", rejected},
                                 {422, "", rejected},
                                 {425, "", retry},
                                 {429, "", retry},
                                 {500, "", retry},
                                 {599, "", retry},
                                 {600, "", rejected},
                             });
}

TEST(Webhook, IsPostedItsNameAndWhereSlodIs) {
  Notice notice = sample_notice();
  const Receiver receiver{"hook", Webhook{"http://127.0.0.1:9000/hook", {}}};
  EXPECT_EQ(receiver.secret_file(), "");
  EXPECT_EQ(receiver.pace().pause, Duration(0));
  EXPECT_FALSE(receiver.resend());
  const DeliveryRequest request = receiver.request(std::vector{notice}, "", now);
  EXPECT_EQ(request.url, "http://127.0.0.1:9000/hook");
  EXPECT_EQ(request.headers, json_headers);
  EXPECT_TRUE(request.secrets.empty());
  const auto payload = boost::json::parse(request.body);
  EXPECT_EQ(payload.at("receiver").as_string(), "hook");
  EXPECT_EQ(payload.at("externalURL").as_string(), "http://slod.example.org");
  EXPECT_EQ(payload.at("alerts").at(0).at("generatorURL").as_string(), notice.link());
  notice.external_url.clear();
  EXPECT_EQ(
      boost::json::parse(receiver.request(std::vector{notice}, "", now).body).at("externalURL"),
      "");
}

TEST(Webhook, IsAlertmanagersPayload) {
  const boost::json::object firing = parsed(webhook_payload(std::vector{sample_notice()}, "hook"));
  EXPECT_EQ(firing.at("version"), "4");
  EXPECT_EQ(firing.at("groupKey"), R"({}:{alertname="SloBurnRate", service="api", )"
                                   R"(severity="page", slo="availability"})");
  EXPECT_EQ(firing.at("truncatedAlerts"), 0);
  EXPECT_EQ(firing.at("status"), "firing");
  EXPECT_EQ(firing.at("receiver"), "hook");
  EXPECT_EQ(firing.at("externalURL"), "http://slod.example.org");
  EXPECT_EQ(firing.at("groupLabels"), firing.at("commonLabels"));
  ASSERT_EQ(firing.at("alerts").as_array().size(), 1U);
  const boost::json::object& alert = firing.at("alerts").at(0).as_object();
  EXPECT_EQ(alert.at("status"), "firing");
  EXPECT_EQ(alert.at("labels"), firing.at("commonLabels"));
  EXPECT_EQ(alert.at("annotations"), firing.at("commonAnnotations"));
  EXPECT_EQ(alert.at("startsAt"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(alert.at("endsAt"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(text(alert.at("generatorURL")), sample_notice().link());
  EXPECT_EQ(alert.at("fingerprint"), "4847676d73384b49");

  const boost::json::object resolved =
      parsed(webhook_payload(std::vector{resolved_notice()}, "hook"));
  EXPECT_EQ(resolved.at("status"), "resolved");
  EXPECT_EQ(resolved.at("alerts").at(0).at("endsAt"), "2026-11-24T10:42:00Z");
  EXPECT_EQ(resolved.at("alerts").at(0).at("fingerprint"), alert.at("fingerprint"));
}

TEST(WebhookOfRules, IsAlertmanagersPayloadOfTheAlertItself) {
  const boost::json::object firing =
      parsed(webhook_payload(std::vector{rule_notice_of(alert_with_blanks())}, "hook"));
  EXPECT_EQ(firing.at("version"), "4");
  EXPECT_EQ(firing.at("groupKey"),
            R"({}:{alertname="HighErrorRate", instance="a:80", job="api", severity="critical", )"
            R"(team="team-api"})");
  EXPECT_EQ(firing.at("commonLabels"), labels_sent);
  EXPECT_EQ(firing.at("commonAnnotations"), annotations_sent);
  const boost::json::object& alert = firing.at("alerts").at(0).as_object();
  EXPECT_EQ(alert.at("labels"), labels_sent);
  EXPECT_EQ(alert.at("annotations"), annotations_sent);
  EXPECT_EQ(alert.at("status"), "firing");
  EXPECT_EQ(alert.at("endsAt"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(alert.at("generatorURL"), "http://slod.example.org/#/alerts");

  const boost::json::object resolved = parsed(webhook_payload(
      std::vector{rule_notice_of(alert_with_blanks(), Notice::Kind::resolved)}, "hook"));
  EXPECT_EQ(resolved.at("status"), "resolved");
  EXPECT_EQ(resolved.at("alerts").at(0).at("endsAt"), "2026-11-24T10:42:00Z");
  EXPECT_EQ(resolved.at("alerts").at(0).at("fingerprint"), alert.at("fingerprint"));
}

TEST(WebhookOfRules, FingerprintsLabelsAsPrometheusDoes) {
  const auto fingerprint = [](const std::map<std::string, std::string>& labels) {
    RuleAlert alert = sample_alert();
    alert.labels = labels;
    return text(parsed(webhook_payload(std::vector{rule_notice_of(alert)}, "hook"))
                    .at("alerts")
                    .at(0)
                    .at("fingerprint"));
  };
  EXPECT_EQ(fingerprint({}), "cbf29ce484222325");
  EXPECT_EQ(fingerprint(sample_alert().labels), "eb30b2a2b3d818ca");
}

}  // namespace
}  // namespace slod::alert
