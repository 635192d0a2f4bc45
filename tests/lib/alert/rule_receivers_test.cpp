// What each receiver is sent about a rule's alert.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <map>
#include <string>

#include "lib/alert/alertmanager.h"
#include "lib/alert/pagerduty.h"
#include "lib/alert/plain_text.h"
#include "lib/alert/slack.h"
#include "lib/alert/webhook.h"
#include "tests/lib/alert/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

/// The sample with an empty label and an empty annotation.
RuleAlert alert_with_blanks() {
  RuleAlert out = sample_alert();
  out.labels["zone"] = "";
  out.annotations["dashboard"] = "";
  return out;
}

const boost::json::value labels_told = {{"alertname", "HighErrorRate"},
                                        {"instance", "a:80"},
                                        {"job", "api"},
                                        {"severity", "critical"},
                                        {"team", "team-api"}};
const boost::json::value annotations_told = {{"description", "More than 5 % for a minute."},
                                             {"runbook_url", "https://example.org/runbooks/errors"},
                                             {"summary", "7 % of the requests of a:80 fail"}};

TEST(AlertmanagerOfRules, IsToldTheAlertsOwnLabelsAndAnnotations) {
  const boost::json::object firing = alert_of(rule_notice_of(alert_with_blanks()));
  EXPECT_EQ(firing.at("labels"), labels_told);
  EXPECT_EQ(firing.at("annotations"), annotations_told);
  EXPECT_EQ(firing.at("startsAt"), "2026-11-24T10:00:00Z");
  EXPECT_EQ(firing.at("endsAt"), "2026-11-24T10:09:00Z");
  EXPECT_EQ(firing.at("generatorURL"), "http://slod.example.org/#/alerts");

  const boost::json::object resolved =
      alert_of(rule_notice_of(alert_with_blanks(), Notice::Kind::resolved));
  EXPECT_EQ(resolved.at("labels"), labels_told);
  EXPECT_EQ(resolved.at("annotations"), annotations_told);
  EXPECT_EQ(resolved.at("endsAt"), "2026-11-24T10:42:00Z");
}

TEST(WebhookOfRules, IsAlertmanagersPayloadOfTheAlertItself) {
  const boost::json::object firing =
      parsed(webhook_payload(rule_notice_of(alert_with_blanks()), "hook"));
  EXPECT_EQ(firing.at("version"), "4");
  EXPECT_EQ(firing.at("groupKey"),
            R"({}:{alertname="HighErrorRate", instance="a:80", job="api", severity="critical", )"
            R"(team="team-api"})");
  EXPECT_EQ(firing.at("commonLabels"), labels_told);
  EXPECT_EQ(firing.at("commonAnnotations"), annotations_told);
  const boost::json::object& alert = firing.at("alerts").at(0).as_object();
  EXPECT_EQ(alert.at("labels"), labels_told);
  EXPECT_EQ(alert.at("annotations"), annotations_told);
  EXPECT_EQ(alert.at("status"), "firing");
  EXPECT_EQ(alert.at("endsAt"), "0001-01-01T00:00:00Z");
  EXPECT_EQ(alert.at("generatorURL"), "http://slod.example.org/#/alerts");

  const boost::json::object resolved =
      parsed(webhook_payload(rule_notice_of(alert_with_blanks(), Notice::Kind::resolved), "hook"));
  EXPECT_EQ(resolved.at("status"), "resolved");
  EXPECT_EQ(resolved.at("alerts").at(0).at("endsAt"), "2026-11-24T10:42:00Z");
  EXPECT_EQ(resolved.at("alerts").at(0).at("fingerprint"), alert.at("fingerprint"));
}

TEST(WebhookOfRules, FingerprintsLabelsAsPrometheusDoes) {
  const auto fingerprint = [](const std::map<std::string, std::string>& labels) {
    RuleAlert alert = sample_alert();
    alert.labels = labels;
    return text(parsed(webhook_payload(rule_notice_of(alert), "hook"))
                    .at("alerts")
                    .at(0)
                    .at("fingerprint"));
  };
  EXPECT_EQ(fingerprint({}), "cbf29ce484222325");
  EXPECT_EQ(fingerprint(sample_alert().labels), "eb30b2a2b3d818ca");
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
  EXPECT_EQ(details.at("labels"), labels_told);
  EXPECT_EQ(details.at("annotations"), annotations_told);
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

TEST(SlackOfRules, ShowsTheRulesTextsWithALinkAndAColor) {
  const boost::json::object message = parsed(slack_message(rule_notice_of(sample_alert())));
  EXPECT_EQ(message.at("text"), "Firing (critical): 7 % of the requests of a:80 fail");
  const boost::json::object& attachment = message.at("attachments").at(0).as_object();
  EXPECT_EQ(attachment.at("title"), "api/HighErrorRate");
  EXPECT_EQ(attachment.at("title_link"), "http://slod.example.org/#/alerts");
  EXPECT_TRUE(text(attachment.at("text")).starts_with("About: More than 5 % for a minute.\n"));
  EXPECT_EQ(attachment.at("color"), "danger");

  const boost::json::object resolved =
      parsed(slack_message(rule_notice_of(sample_alert(), Notice::Kind::resolved)));
  EXPECT_EQ(resolved.at("text"), "Resolved (critical): 7 % of the requests of a:80 fail");
  EXPECT_EQ(resolved.at("attachments").at(0).at("color"), "good");

  RuleAlert without_severity = sample_alert();
  without_severity.labels.erase("severity");
  const boost::json::object plain = parsed(slack_message(rule_notice_of(without_severity)));
  EXPECT_EQ(plain.at("text"), "Firing: 7 % of the requests of a:80 fail");
}

TEST(SlackOfRules, IsNeverMadeToMentionAnyone) {
  const std::string body =
      slack_message(rule_notice_saying("<!channel> <@U123> <https://evil.example|click> & \xff"));
  EXPECT_EQ(body.find_first_of("<>"), std::string::npos) << body;
  EXPECT_NE(body.find("&lt;!channel&gt; &lt;@U123&gt;"), std::string::npos);
}

TEST(BodiesOfRules, AreJsonWhateverTheTextsHold) {
  std::string control;
  for (char c = 0; c < 0x20; ++c) control += c;
  for (const std::string& said :
       {control, std::string("\"quoted\" \\ back"), std::string("<!channel> &amp;"),
        std::string("\xff\xfe\xc0\x80"), std::string("cut off \xe2\x82"), std::string(),
        std::string("né 𝄞 \u2028"), std::string(1'000'000, '\n')}) {
    Notice notice = rule_notice_saying(said);
    for (const Notice::Kind kind : {Notice::Kind::firing, Notice::Kind::resolved}) {
      notice.kind = kind;
      for (const std::string& body :
           {pagerduty_event(notice, said), slack_message(notice),
            alertmanager_alerts({&notice, 1}, now, std::chrono::minutes(4)),
            webhook_payload(notice, said)}) {
        boost::json::error_code error;
        boost::json::parse(body, error);
        EXPECT_FALSE(error) << error.message() << "\n" << body.substr(0, 500);
      }
    }
  }
}

}  // namespace
}  // namespace slod::alert
