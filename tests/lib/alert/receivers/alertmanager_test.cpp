// What Alertmanager is sent, and what its answers mean.
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

TEST(Alertmanager, IsJudgedByItsStatus) {
  expect_meanings(Alertmanager{},
                  {
                      {200, "", delivered},
                      {204, "", delivered},
                      {400, "bad alert", rejected},
                      {401, "", rejected},
                      {403, "", rejected},
                      {404, "", rejected},
                      {405, "", rejected},
                      {408, "", retry},
                      {413, "", rejected},
                      {415, "", rejected},
                      {422, R"({"code":602,"message":"body is required"})", rejected},
                      {425, "", retry},
                      {429, "", retry},
                      {500, "", retry},
                      {503, "", retry},
                      {301, "", rejected},
                  });
}

TEST(Alertmanager, IsSentAgainWhatIsFiringBeforeThatEndsThere) {
  const Receiver receiver{"alerts", Alertmanager{.urls = {"http://127.0.0.1:9093"}}};
  EXPECT_EQ(receiver.secret_file(), "");
  EXPECT_EQ(receiver.pace().pause, Duration(0));
  ASSERT_TRUE(receiver.resend());
  const DeliveryRequest request = receiver.request(std::vector{sample_notice()}, "", now);
  EXPECT_EQ(request.url, "http://127.0.0.1:9093/api/v2/alerts");
  EXPECT_EQ(request.headers, json_headers);
  const auto alerts = boost::json::parse(request.body).as_array();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].at("endsAt").as_string(), format_instant(now + std::chrono::minutes(4)));
  const std::vector<Notice> both = {sample_notice(), rule_notice_of(sample_alert())};
  const DeliveryRequest again = receiver.request(both, "", now);
  EXPECT_EQ(again.url, request.url);
  EXPECT_EQ(boost::json::parse(again.body).as_array().size(), 2U);
}

TEST(Alertmanager, IsSentWhenWhatIsResolvedEnded) {
  const Receiver receiver{"alerts", Alertmanager{.urls = {"http://a"}}};
  const DeliveryRequest request = receiver.request(std::vector{resolved_notice()}, "", now);
  EXPECT_EQ(boost::json::parse(request.body).at(0).at("endsAt").as_string(),
            format_instant(*resolved_notice().ends_at));
}

TEST(Alertmanager, IdentifiesAnAlertByTheSameLabelsFiringAndResolved) {
  const boost::json::object firing = alert_of(sample_notice());
  EXPECT_EQ(firing.at("labels"), (boost::json::value{{"alertname", "SloBurnRate"},
                                                     {"service", "api"},
                                                     {"severity", "page"},
                                                     {"slo", "availability"}}));
  EXPECT_EQ(alert_of(resolved_notice()).at("labels"), firing.at("labels"));
  EXPECT_EQ(text(firing.at("annotations").at("summary")), sample_notice().summary());
  EXPECT_EQ(firing.at("annotations").at("runbook_url"), "https://example.org/runbooks/api");
  EXPECT_EQ(firing.at("annotations").at("slod_key"), "slod-0123456789abcdef");
  EXPECT_EQ(text(firing.at("generatorURL")), sample_notice().link());
}

TEST(Alertmanager, HoldsAFiringAlertForItsValidityAndEndsAResolvedOne) {
  const boost::json::object firing = alert_of(sample_notice());
  EXPECT_EQ(firing.at("startsAt"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(firing.at("endsAt"), "2026-11-24T10:09:00Z");
  EXPECT_EQ(alert_of(resolved_notice()).at("endsAt"), "2026-11-24T10:42:00Z");

  Notice before_it_began = resolved_notice();
  before_it_began.ends_at = before_it_began.starts_at - std::chrono::hours(1);
  EXPECT_EQ(alert_of(before_it_began).at("endsAt"), "2026-11-24T10:00:00Z");
  Notice from_a_clock_ahead = sample_notice();
  from_a_clock_ahead.starts_at = now + std::chrono::hours(1);
  EXPECT_EQ(alert_of(from_a_clock_ahead).at("endsAt"), "2026-11-24T11:09:00Z");
}

TEST(Alertmanager, IsGivenNoGeneratorThatIsNoUri) {
  for (const char* url : {"", "slod", "http://", "http://a b/", "http://a/\n", "ftp://a/"}) {
    Notice notice = sample_notice();
    notice.external_url = url;
    EXPECT_FALSE(alert_of(notice).contains("generatorURL")) << url;
  }
}

TEST(Alertmanager, TakesSeveralAlertsAtOnce) {
  const std::vector<Notice> notices = {sample_notice(), resolved_notice()};
  const std::string body = alertmanager_alerts(notices, now, std::chrono::minutes(4));
  EXPECT_EQ(boost::json::parse(body).as_array().size(), 2U);
  EXPECT_EQ(alertmanager_alerts({}, now, std::chrono::minutes(4)), "[]");
}

TEST(Alertmanager, HoldsARulesAlertForFourOfItsIntervalsIfTheyAreLonger) {
  RuleAlert alert = sample_alert();
  alert.interval = std::chrono::minutes(2);
  EXPECT_EQ(alert_of(rule_notice_of(alert)).at("endsAt"), "2026-11-24T10:13:00Z");
  alert.interval = std::chrono::seconds(30);
  EXPECT_EQ(alert_of(rule_notice_of(alert)).at("endsAt"), "2026-11-24T10:09:00Z");
}

TEST(Alertmanager, IsSentNamesThatEveryVersionTakes) {
  RuleAlert alert = sample_alert();
  alert.labels = {{"alertname", "A"}, {"b.c", "1"}, {"b_c", "2"}, {"9", "3"}, {"ü", "4"}};
  alert.annotations = {{"a-b", "x"}};
  const boost::json::object sent = alert_of(rule_notice_of(alert));
  EXPECT_EQ(sent.at("labels"),
            (boost::json::value{
                {"alertname", "A"}, {"b_c", "2"}, {"_9", "3"}, {"b_c_", "1"}, {"__", "4"}}));
  EXPECT_EQ(sent.at("annotations"), (boost::json::value{{"a_b", "x"}}));
}

TEST(Alertmanager, HasSeveralAddresses) {
  const Receiver receiver{"alerts", Alertmanager{.urls = {"http://a", "http://b/prefix"}}};
  ASSERT_EQ(receiver.addresses(), 2U);
  EXPECT_EQ(receiver.request(std::vector{sample_notice()}, "", now, 1).url,
            "http://b/prefix/api/v2/alerts");
}

TEST(AlertmanagerOfRules, IsSentTheAlertsOwnLabelsAndAnnotations) {
  const boost::json::object firing = alert_of(rule_notice_of(alert_with_blanks()));
  EXPECT_EQ(firing.at("labels"), labels_sent);
  EXPECT_EQ(firing.at("annotations"), annotations_sent);
  EXPECT_EQ(firing.at("startsAt"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(firing.at("endsAt"), "2026-11-24T10:09:00Z");
  EXPECT_EQ(firing.at("generatorURL"), "http://slod.example.org/#/alerts");

  const boost::json::object resolved =
      alert_of(rule_notice_of(alert_with_blanks(), Notice::Kind::resolved));
  EXPECT_EQ(resolved.at("labels"), labels_sent);
  EXPECT_EQ(resolved.at("annotations"), annotations_sent);
  EXPECT_EQ(resolved.at("endsAt"), "2026-11-24T10:42:00Z");
}

}  // namespace
}  // namespace slod::alert
