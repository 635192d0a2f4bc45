// What each receiver is sent.
#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <vector>

#include "lib/alert/alertmanager.h"
#include "lib/alert/pagerduty.h"
#include "lib/alert/plain_text.h"
#include "lib/alert/receiver.h"
#include "lib/alert/slack.h"
#include "lib/alert/webhook.h"
#include "tests/lib/alert/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

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

TEST(Slack, ShowsWhatBurnsWithALinkAndAColor) {
  const boost::json::object message = parsed(slack_message(sample_notice()));
  EXPECT_EQ(text(message.at("text")), "Firing (page): " + sample_notice().summary());
  const boost::json::object& attachment = message.at("attachments").at(0).as_object();
  EXPECT_EQ(attachment.at("title"), "api/availability");
  EXPECT_EQ(text(attachment.at("title_link")), sample_notice().link());
  EXPECT_EQ(text(attachment.at("text")), sample_notice().details());
  EXPECT_EQ(attachment.at("color"), "danger");
  EXPECT_EQ(attachment.at("ts"), 1795514400);

  const boost::json::object resolved = parsed(slack_message(resolved_notice()));
  EXPECT_EQ(text(resolved.at("text")), "Resolved (page): " + resolved_notice().summary());
  EXPECT_EQ(resolved.at("attachments").at(0).at("color"), "good");
}

TEST(Slack, IsNeverMadeToMentionAnyone) {
  const std::string body =
      slack_message(notice_saying("<!channel> <@U123> <https://evil.example|click> & \xff"));
  EXPECT_EQ(body.find_first_of("<>"), std::string::npos) << body;
  EXPECT_NE(body.find("&lt;!channel&gt; &lt;@U123&gt;"), std::string::npos);
  EXPECT_NE(body.find("&amp; \uFFFD"), std::string::npos);
  EXPECT_FALSE(parsed(body).at("attachments").at(0).as_object().contains("title_link"));
}

TEST(Slack, CutsTheTitle) {
  std::string text;
  while (text.size() < 10'000) text += "é&";
  const boost::json::object message = parsed(slack_message(notice_saying(text)));
  const std::string title(message.at("attachments").at(0).at("title").as_string());
  EXPECT_TRUE(title.ends_with("…"));
  EXPECT_LT(title.size(), 1024U * 5);
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

TEST(Webhook, IsAlertmanagersPayload) {
  const boost::json::object firing = parsed(webhook_payload(sample_notice(), "hook"));
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

  const boost::json::object resolved = parsed(webhook_payload(resolved_notice(), "hook"));
  EXPECT_EQ(resolved.at("status"), "resolved");
  EXPECT_EQ(resolved.at("alerts").at(0).at("endsAt"), "2026-11-24T10:42:00Z");
  EXPECT_EQ(resolved.at("alerts").at(0).at("fingerprint"), alert.at("fingerprint"));
}

TEST(Bodies, AreJsonWhateverTheTextsHold) {
  std::string control;
  for (char c = 0; c < 0x20; ++c) control += c;
  for (const std::string& text :
       {control, std::string("\"quoted\" \\ back"), std::string("<!channel> <@U1> &amp;"),
        std::string("\xff\xfe\xc0\x80"), std::string("cut off \xe2\x82"),
        std::string("\xed\xa0\x80 surrogate"), std::string("\xf4\x90\x80\x80 beyond"),
        std::string(), std::string("né 𝄞 \u2028")}) {
    for (Notice notice : {notice_saying(text), notice_saying("http://a/" + text)}) {
      for (const Notice::Kind kind : {Notice::Kind::firing, Notice::Kind::resolved}) {
        notice.kind = kind;
        for (const std::string& body :
             {pagerduty_event(notice, text), slack_message(notice),
              alertmanager_alerts({&notice, 1}, now, std::chrono::minutes(4)),
              webhook_payload(notice, text)}) {
          boost::json::error_code error;
          boost::json::parse(body, error);
          EXPECT_FALSE(error) << error.message() << "\n" << body;
        }
      }
    }
  }
}

TEST(Routes, NameTheReceiversOfASeverity) {
  Routes routes;
  routes.by_severity["page"] = {"oncall", "chat"};
  ASSERT_EQ(routes.receivers("page").size(), 2U);
  EXPECT_EQ(routes.receivers("page")[1], "chat");
  EXPECT_TRUE(routes.receivers("ticket").empty());
}

TEST(Receiver, KnowsItsKind) {
  EXPECT_EQ((Receiver{"a", PagerDuty{}}.kind()), ReceiverKind::pagerduty);
  EXPECT_EQ((Receiver{"a", Slack{}}.kind()), ReceiverKind::slack);
  EXPECT_EQ((Receiver{"a", Alertmanager{}}.kind()), ReceiverKind::alertmanager);
  EXPECT_EQ((Receiver{"a", Webhook{}}.kind()), ReceiverKind::webhook);
}

}  // namespace
}  // namespace slod::alert
