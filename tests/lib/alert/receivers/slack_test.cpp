// What Slack is sent, and what its answers mean.
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

TEST(Slack, IsJudgedByItsStatusAndItsBody) {
  expect_meanings(Slack{}, {
                               {200, "ok", delivered},
                               {200, "ok\n", delivered},
                               {200, "no_text", rejected},
                               {200, "", rejected},
                               {200, "not ok", rejected},
                               {400, "invalid_payload", rejected},
                               {403, "action_prohibited", rejected},
                               {404, "channel_not_found", rejected},
                               {410, "channel_is_archived", rejected},
                               {408, "", retry},
                               {425, "", retry},
                               {429, "rate_limited", retry},
                               {500, "rollup_error", retry},
                               {503, "", retry},
                           });
}

TEST(Slack, IsPostedToItsUrlWhichIsTheSecret) {
  const std::string url = "https://hooks.slack.com/services/T0TEAM0001/B0BOT00001/s3cr3ts3cr3t";
  const Receiver chat{"chat", Slack{"secrets/slack"}};
  EXPECT_EQ(chat.secret_file(), "secrets/slack");
  EXPECT_EQ(chat.pace().pause, std::chrono::seconds(1));
  EXPECT_FALSE(chat.resend());
  const DeliveryRequest request = chat.request(std::vector{sample_notice()}, url, now);
  EXPECT_EQ(request.url, url);
  EXPECT_EQ(request.headers, json_headers);
  EXPECT_TRUE(request.is_url_secret);
  EXPECT_EQ(request.body, slack_message(sample_notice()));
  EXPECT_EQ(request.secrets,
            (std::vector<std::string>{"T0TEAM0001", "B0BOT00001", "s3cr3ts3cr3t"}));
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
  EXPECT_EQ(text(resolved.at("text")), "Resolved (page): " + resolved_notice().headline());
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

}  // namespace
}  // namespace slod::alert
