// What Microsoft Teams is sent, and what its answers mean.
#include "lib/alert/receivers/msteams.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "tests/lib/alert/receivers/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

boost::json::object card_of(const Notice& notice) {
  return parsed(msteams_message(notice)).at("attachments").at(0).at("content").as_object();
}

/// All texts of a card's body, one in each line.
std::string shown(const boost::json::object& card) {
  std::string out;
  for (const auto& block : card.at("body").as_array()) out += text(block.at("text")) + "\n";
  return out;
}

TEST(MsTeams, IsJudgedByItsStatusAndWhatItReportsOfTeams) {
  const std::string failed =
      "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ";
  expect_meanings(MsTeams{},
                  {
                      {202, "", delivered},
                      {200, "", delivered},
                      {200, "1", delivered},
                      {200, failed + "429 with ContextId tcid=0", retry},
                      {200, failed + "500 with ContextId tcid=0", retry},
                      {200, failed + "413 with ContextId tcid=0", rejected},
                      {200, failed, rejected},
                      {302, "", rejected},
                      {400, R"({"error":{"code":"TriggerInputSchemaMismatch"}})", rejected},
                      {401, R"({"error":{"code":"DirectApiAuthorizationRequired"}})", rejected},
                      {403, "", rejected},
                      {404, R"({"error":{"code":"WorkflowNotFound"}})", rejected},
                      {408, "", retry},
                      {413, "", rejected},
                      {429, "", retry},
                      {502, "NoResponse", retry},
                      {503, "", retry},
                  });
}

TEST(MsTeams, IsPostedToItsUrlWhichIsTheSecret) {
  const Receiver teams{"teams", MsTeams{"secrets/teams"}};
  struct Row {
    const char* url;
    std::vector<std::string> secrets;
  };
  for (const Row& row : {
           Row{"https://prod-12.westeurope.logic.azure.com:443/workflows/0123456789abcdef/triggers/"
               "manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&"
               "sig=s1gnatures1gnature",
               {"0123456789abcdef", "s1gnatures1gnature"}},
           Row{"https://default0.0c.environment.api.powerplatform.com:443/powerautomate/"
               "automations/direct/workflows/fedcba9876543210/triggers/manual/paths/invoke"
               "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=s1gnatures1gnature",
               {"fedcba9876543210", "s1gnatures1gnature"}},
       }) {
    const DeliveryRequest request = teams.request(std::vector{sample_notice()}, row.url, now);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, row.url);
    EXPECT_EQ(request.headers, json_headers);
    EXPECT_TRUE(request.is_url_secret);
    EXPECT_EQ(request.secrets, row.secrets);
    EXPECT_EQ(request.body, msteams_message(sample_notice()));
  }
}

TEST(MsTeams, IsSentAMessageWithOneAdaptiveCard) {
  const boost::json::object message = parsed(msteams_message(sample_notice()));
  EXPECT_EQ(message.at("type"), "message");
  ASSERT_EQ(message.at("attachments").as_array().size(), 1U);
  const boost::json::object& attachment = message.at("attachments").at(0).as_object();
  EXPECT_EQ(attachment.at("contentType"), "application/vnd.microsoft.card.adaptive");
  EXPECT_TRUE(attachment.at("contentUrl").is_null());
  const boost::json::object& card = attachment.at("content").as_object();
  EXPECT_EQ(card.at("$schema"), "http://adaptivecards.io/schemas/adaptive-card.json");
  EXPECT_EQ(card.at("type"), "AdaptiveCard");
  EXPECT_EQ(card.at("version"), "1.4");
  EXPECT_EQ(card.at("body").at(0),
            (boost::json::object{{"type", "TextBlock"},
                                 {"text", "Firing (page): " + sample_notice().headline()},
                                 {"wrap", true},
                                 {"weight", "Bolder"},
                                 {"size", "Medium"},
                                 {"style", "heading"},
                                 {"color", "Attention"}}));
  EXPECT_EQ(card.at("body").at(1),
            (boost::json::object{{"type", "TextBlock"},
                                 {"text", "Burn rate: 14.9 over 1h and 15.2 over 5m, limit 14.4"},
                                 {"wrap", true},
                                 {"spacing", "None"}}));
  EXPECT_EQ(shown(card), "Firing (page): " + sample_notice().text() + "\n");
  EXPECT_EQ(card.at("actions"),
            (boost::json::array{
                boost::json::object{{"type", "Action.OpenUrl"},
                                    {"title", "Open slod"},
                                    {"url", "http://slod.example.org/#/slo/api/availability"}},
                boost::json::object{{"type", "Action.OpenUrl"},
                                    {"title", "Runbook"},
                                    {"url", "https://example.org/runbooks/api"}}}));
}

TEST(MsTeams, ShowsHowBadItIsByTheColor) {
  for (const auto& [severity, color] :
       {std::pair("page", "Attention"), std::pair("error", "Attention"),
        std::pair("ticket", "Warning"), std::pair("whatever", "Accent")}) {
    Notice notice = sample_notice();
    notice.severity = severity;
    EXPECT_EQ(card_of(notice).at("body").at(0).at("color"), color) << severity;
  }
  const boost::json::object resolved = card_of(resolved_notice());
  EXPECT_EQ(resolved.at("body").at(0).at("color"), "Good");
  EXPECT_EQ(text(resolved.at("body").at(0).at("text")),
            "Resolved (page): " + resolved_notice().headline());
}

TEST(MsTeams, MakesNoMarkdownOfTexts) {
  RuleAlert alert = sample_alert();
  alert.annotations["summary"] = "*bold* _it_ [click](https://evil.example) `code` ~~no~~ \\ <b>";
  const boost::json::object card = card_of(rule_notice_of(alert));
  EXPECT_EQ(text(card.at("body").at(0).at("text")),
            R"(Firing (critical): \*bold\* \_it\_ \[click\](https://evil.example) \`code\` )"
            R"(\~\~no\~\~ \\ <b>)");
  alert.labels["path"] = "a_b_c";
  EXPECT_TRUE(shown(card_of(rule_notice_of(alert))).contains(R"(path="a\_b\_c")"));
}

TEST(MsTeams, LinksOnlyWhatCanBeOpened) {
  Notice notice = sample_notice();
  notice.runbook = "javascript:alert(1)";
  notice.external_url = "see the wiki";
  EXPECT_TRUE(card_of(notice).at("actions").as_array().empty());
  notice.runbook = "https://example.org/" + std::string(3'000, 'x');
  EXPECT_TRUE(card_of(notice).at("actions").as_array().empty());
}

// Teams refuses a message of more than 28 KB, and counts it as the workflow writes it, which is a
// fifth more than it was sent.
TEST(MsTeams, StaysFarBelowItsLimitWhateverIsWritten) {
  for (const char* part : {"é", "\x01", "\"", "\xff", "𝄞", "\\", "*", "a\n"}) {
    std::string long_text;
    while (long_text.size() < 100'000) long_text += part;
    for (Notice notice : {notice_saying(long_text), rule_notice_saying(long_text)}) {
      notice.runbook = "https://example.org/" + std::string(2'000, 'x');
      notice.external_url = "https://example.com/" + std::string(1'800, 'x');
      EXPECT_LT(msteams_message(notice).size(), 20'000U) << part;
    }
  }
}

}  // namespace
}  // namespace slod::alert
