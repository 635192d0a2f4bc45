// What PagerDuty is sent, and what its answers mean.
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

TEST(PagerDuty, IsJudgedByItsStatus) {
  expect_meanings(PagerDuty{}, {
                                   {202, R"({"status":"success"})", delivered},
                                   {200, "<html>log in</html>", retry},
                                   {400, R"({"status":"invalid event"})", rejected},
                                   {403, "", rejected},
                                   {404, "", rejected},
                                   {408, "", retry},
                                   {413, "", rejected},
                                   {425, "", retry},
                                   {429, "", retry},
                                   {500, "", retry},
                                   {502, "", retry},
                                   {302, "", rejected},
                               });
}

TEST(PagerDuty, IsPostedItsEventWithTheRoutingKey) {
  const Receiver oncall{"oncall", PagerDuty{.url = "https://events.eu.pagerduty.com/v2/enqueue",
                                            .routing_key_file = "secrets/key"}};
  EXPECT_EQ(oncall.secret_file(), "secrets/key");
  EXPECT_EQ(oncall.pace().pause, std::chrono::milliseconds(500));
  EXPECT_FALSE(oncall.resend());
  const DeliveryRequest request = oncall.request(std::vector{sample_notice()}, "R0UTING", now);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://events.eu.pagerduty.com/v2/enqueue");
  EXPECT_EQ(request.headers, json_headers);
  EXPECT_EQ(request.body, pagerduty_event(sample_notice(), "R0UTING"));
  EXPECT_FALSE(request.is_url_secret);
  EXPECT_EQ(request.secrets, std::vector<std::string>{"R0UTING"});
}

TEST(PagerDuty, IsTriggeredAndResolvedUnderOneKey) {
  const boost::json::object trigger = parsed(pagerduty_event(sample_notice(), "R0UTING"));
  EXPECT_EQ(trigger.at("routing_key"), "R0UTING");
  EXPECT_EQ(trigger.at("event_action"), "trigger");
  EXPECT_EQ(trigger.at("dedup_key"), "slod-0123456789abcdef");
  EXPECT_EQ(trigger.at("client"), "slod");
  EXPECT_EQ(text(trigger.at("client_url")), sample_notice().link());
  EXPECT_EQ(trigger.at("links").at(0).at("href"), "https://example.org/runbooks/api");
  const boost::json::object& payload = trigger.at("payload").as_object();
  EXPECT_EQ(text(payload.at("summary")), sample_notice().summary());
  EXPECT_EQ(payload.at("source"), "api/availability");
  EXPECT_EQ(payload.at("severity"), "critical");
  EXPECT_EQ(payload.at("timestamp"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(payload.at("component"), "availability");
  EXPECT_EQ(payload.at("group"), "api");
  EXPECT_EQ(payload.at("custom_details").at("long_burn_rate"), 14.9);

  const boost::json::object resolve = parsed(pagerduty_event(resolved_notice(), "R0UTING"));
  EXPECT_EQ(resolve.at("event_action"), "resolve");
  EXPECT_EQ(resolve.at("dedup_key"), trigger.at("dedup_key"));
}

TEST(PagerDuty, KnowsOurSeverities) {
  for (const auto& [ours, theirs] : {std::pair("page", "critical"), std::pair("ticket", "warning"),
                                     std::pair("whatever", "info")}) {
    Notice notice = sample_notice();
    notice.severity = ours;
    EXPECT_EQ(parsed(pagerduty_event(notice, "k")).at("payload").at("severity"), theirs);
  }
}

TEST(PagerDuty, CutsTextsToItsLimits) {
  for (const char* part : {"é", "\x01", "\"", "\xff", "𝄞"}) {
    std::string text;
    while (text.size() < 1'000'000) text += part;
    const std::string body = pagerduty_event(notice_saying(text), text);
    EXPECT_LT(body.size(), 512'000U);
    const boost::json::object event = parsed(body);
    const std::string summary(event.at("payload").at("summary").as_string());
    EXPECT_EQ(cut(summary, 1024), summary);
    EXPECT_TRUE(summary.ends_with("…"));
    const std::string key(event.at("dedup_key").as_string());
    EXPECT_EQ(cut(key, 255), key);
  }
}

TEST(PagerDuty, LinksOnlyWhatCanBeOpened) {
  Notice notice = sample_notice();
  notice.runbook = "javascript:alert(1)";
  notice.external_url = "see the wiki";
  const boost::json::object event = parsed(pagerduty_event(notice, "k"));
  EXPECT_TRUE(event.at("links").as_array().empty());
  EXPECT_FALSE(event.contains("client_url"));
}

TEST(PagerDutyOfRules, IsTriggeredAndResolvedUnderOneKey) {
  const boost::json::object trigger = parsed(pagerduty_event(rule_notice_of(sample_alert()), "k"));
  EXPECT_EQ(trigger.at("event_action"), "trigger");
  EXPECT_EQ(trigger.at("dedup_key"), "slod-fedcba9876543210");
  EXPECT_EQ(trigger.at("links").at(0).at("href"), "https://example.org/runbooks/errors");
  const boost::json::object& payload = trigger.at("payload").as_object();
  EXPECT_EQ(payload.at("summary"), "7 % of the requests of a:80 fail");
  EXPECT_EQ(payload.at("severity"), "critical");
  EXPECT_EQ(payload.at("source"), "a:80");
  EXPECT_EQ(payload.at("component"), "api");
  EXPECT_EQ(payload.at("group"), "api");
  EXPECT_EQ(payload.at("class"), "HighErrorRate");
  EXPECT_EQ(payload.at("timestamp"), "2026-11-24T10:00:00Z");
  const boost::json::object& details = payload.at("custom_details").as_object();
  EXPECT_EQ(details.at("labels"), labels_sent);
  EXPECT_EQ(details.at("annotations"), annotations_sent);
  EXPECT_EQ(details.at("value"), "0.07");
  EXPECT_EQ(text(details.at("expr")), sample_alert().expr);
  EXPECT_FALSE(details.contains("objective_ratio"));

  const boost::json::object resolve =
      parsed(pagerduty_event(rule_notice_of(sample_alert(), Notice::Kind::resolved), "k"));
  EXPECT_EQ(resolve.at("event_action"), "resolve");
  EXPECT_EQ(resolve.at("dedup_key"), trigger.at("dedup_key"));
}

TEST(PagerDutyOfRules, KnowsTheSeveritiesInUse) {
  const std::map<std::string, std::string> table = {
      {"page", "critical"},   {"critical", "critical"}, {"error", "error"}, {"ticket", "warning"},
      {"warning", "warning"}, {"info", "info"},         {"none", "info"},   {"", "info"}};
  for (const auto& [severity, theirs] : table) {
    RuleAlert alert = sample_alert();
    alert.labels["severity"] = severity;
    const boost::json::object event = parsed(pagerduty_event(rule_notice_of(alert), "k"));
    EXPECT_EQ(text(event.at("payload").at("severity")), theirs) << severity;
  }
}

TEST(PagerDutyOfRules, SaysWhatItIsAboutWithoutAnyLabel) {
  const boost::json::object event = parsed(pagerduty_event(rule_notice_of({}), "k"));
  EXPECT_FALSE(text(event.at("payload").at("summary")).empty());
  EXPECT_FALSE(text(event.at("payload").at("source")).empty());
}

TEST(PagerDutyOfRules, StaysBelowItsLimitWhateverIsWritten) {
  for (const char* part : {"é", "\x01", "\"", "\xff", "𝄞"}) {
    std::string text;
    while (text.size() < 1'000'000) text += part;
    const std::string body = pagerduty_event(rule_notice_saying(text), text);
    EXPECT_LT(body.size(), 512'000U) << part;
    EXPECT_LE(cut(parsed(body).at("payload").at("summary").as_string(), 1024).size(), 1024U * 4);
  }
  RuleAlert many = sample_alert();
  for (int i = 0; i < 100'000; ++i) {
    many.labels["l" + std::to_string(i)] = "\x01";
    many.annotations["a" + std::to_string(i)] = "\x01";
  }
  const std::string body = pagerduty_event(rule_notice_of(many), "k");
  EXPECT_LT(body.size(), 512'000U);
  const boost::json::object event = parsed(body);
  const boost::json::object& labels =
      event.at("payload").at("custom_details").at("labels").as_object();
  EXPECT_EQ(text(labels.at("…")),
            std::to_string(many.labels.size() - (labels.size() - 1)) + " more are left out");
}

}  // namespace
}  // namespace slod::alert
