// What Opsgenie is sent, and what its answers mean.
#include "lib/alert/receivers/opsgenie.h"

#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <vector>

#include "lib/alert/plain_text.h"
#include "tests/lib/alert/receivers/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

const std::string api_key = "0a1b2c3d-0000-4444-8888-123456789abc";

DeliveryRequest request_of(const Notice& notice, const Opsgenie& opsgenie = {}) {
  return Receiver{"ops", opsgenie}.request(std::vector{notice}, api_key, now);
}

boost::json::object created(const Notice& notice) {
  return parsed(opsgenie_alert(notice));
}

TEST(Opsgenie, IsJudgedByItsStatus) {
  expect_meanings(Opsgenie{},
                  {
                      {202, R"({"result":"Request will be processed"})", delivered},
                      {200, "<html>log in</html>", retry},
                      {204, "", retry},
                      {302, "", rejected},
                      {400, "", rejected},
                      {401, R"({"message":"Could not authenticate"})", rejected},
                      {403, R"({"message":"You are not authorized"})", rejected},
                      {404, "", rejected},
                      {408, "", retry},
                      {422, R"({"message":"Request body is not processable."})", rejected},
                      {425, "", retry},
                      {429, R"({"message":"You are making too many requests!"})", retry},
                      {500, "", retry},
                      {503, "", retry},
                  });
}

TEST(Opsgenie, IsAskedToCreateAnAlert) {
  const DeliveryRequest request = request_of(sample_notice());
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://api.opsgenie.com/v2/alerts");
  EXPECT_EQ(request.headers, (Headers{{"Content-Type", "application/json"},
                                      {"Authorization", "GenieKey " + api_key}}));
  EXPECT_FALSE(request.is_url_secret);
  EXPECT_EQ(request.secrets, std::vector<std::string>{api_key});
  EXPECT_FALSE(request.body.contains(api_key));
  const boost::json::object alert = parsed(request.body);
  EXPECT_EQ(text(alert.at("message")), sample_notice().summary());
  EXPECT_EQ(alert.at("alias"), "slod-0123456789abcdef");
  EXPECT_EQ(text(alert.at("description")), sample_notice().text());
  EXPECT_EQ(alert.at("entity"), "api/availability");
  EXPECT_EQ(alert.at("source"), "slod");
  EXPECT_EQ(alert.at("priority"), "P1");
  EXPECT_EQ(alert.at("tags"), (boost::json::array{"api", "page", "team-api"}));
  EXPECT_EQ(alert.at("details"),
            (boost::json::object{{"runbook", "https://example.org/runbooks/api"},
                                 {"link", "http://slod.example.org/#/slo/api/availability"},
                                 {"alertname", "SloBurnRate"},
                                 {"service", "api"},
                                 {"severity", "page"},
                                 {"slo", "availability"}}));
}

// An alias that differs between the two leaves the alert open for ever.
TEST(Opsgenie, IsAskedToCloseTheAlertByTheSameAlias) {
  const Opsgenie eu{.url = "https://api.eu.opsgenie.com", .api_key_file = "f"};
  const DeliveryRequest request = request_of(resolved_notice(), eu);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url,
            "https://api.eu.opsgenie.com/v2/alerts/slod-0123456789abcdef/close"
            "?identifierType=alias");
  EXPECT_EQ(request.headers, (Headers{{"Content-Type", "application/json"},
                                      {"Authorization", "GenieKey " + api_key}}));
  EXPECT_EQ(request.secrets, std::vector<std::string>{api_key});
  EXPECT_EQ(parsed(request.body),
            (boost::json::object{{"source", "slod"}, {"note", resolved_notice().text()}}));
}

TEST(Opsgenie, GetsTheAliasAsAPartOfTheAddressWhateverItHolds) {
  Notice notice = resolved_notice();
  notice.key = "a/b?c#d e\xff\r\n";
  EXPECT_EQ(request_of(notice).url,
            "https://api.opsgenie.com/v2/alerts/a%2Fb%3Fc%23d%20e%EF%BF%BD%0D%0A/close"
            "?identifierType=alias");
}

TEST(Opsgenie, KnowsTheSeveritiesInUse) {
  for (const auto& [severity, priority] :
       {std::pair("page", "P1"), std::pair("critical", "P1"), std::pair("error", "P2"),
        std::pair("ticket", "P3"), std::pair("warning", "P3"), std::pair("info", "P5"),
        std::pair("", "P5")}) {
    Notice notice = sample_notice();
    notice.severity = severity;
    EXPECT_EQ(created(notice).at("priority"), priority) << severity;
  }
}

// What is longer it refuses, and the page is lost.
TEST(Opsgenie, IsSentNothingThatIsLongerThanItTakes) {
  for (const char* part : {"é", "\x01", "\"", "\xff", "𝄞"}) {
    std::string long_text;
    while (long_text.size() < 100'000) long_text += part;
    for (const Notice& notice : {notice_saying(long_text), rule_notice_saying(long_text)}) {
      const boost::json::object alert = created(notice);
      for (const auto& [key, characters] :
           {std::pair("message", 130), std::pair("alias", 512), std::pair("description", 15'000),
            std::pair("entity", 512)}) {
        const std::string value = text(alert.at(key));
        EXPECT_EQ(cut(value, static_cast<std::size_t>(characters)), value) << key;
        EXPECT_TRUE(value.ends_with("…")) << key;
      }
      EXPECT_LE(alert.at("tags").as_array().size(), 20U);
      for (const auto& tag : alert.at("tags").as_array()) EXPECT_EQ(cut(text(tag), 50), text(tag));
      std::size_t bytes = 0;
      for (const auto& [name, value] : alert.at("details").as_object()) {
        bytes += name.size() + text(value).size();
      }
      EXPECT_LT(bytes, 8'000U);
      Notice resolved = notice;
      resolved.kind = Notice::Kind::resolved;
      const std::string note = text(parsed(request_of(resolved).body).at("note"));
      EXPECT_EQ(cut(note, 25'000), note);
    }
  }
}

TEST(Opsgenie, IsSentTheLabelsOfARulesAlertAsTexts) {
  const boost::json::object alert = created(rule_notice_of(alert_with_blanks()));
  EXPECT_EQ(alert.at("message"), "7 % of the requests of a:80 fail");
  EXPECT_EQ(alert.at("entity"), "api/HighErrorRate");
  EXPECT_EQ(alert.at("tags"), (boost::json::array{"api", "critical", "team-api"}));
  EXPECT_EQ(alert.at("details"),
            (boost::json::object{{"runbook", "https://example.org/runbooks/errors"},
                                 {"link", "http://slod.example.org/#/alerts"},
                                 {"alertname", "HighErrorRate"},
                                 {"instance", "a:80"},
                                 {"job", "api"},
                                 {"severity", "critical"},
                                 {"team", "team-api"}}));
}

TEST(Opsgenie, SaysSomethingOfAnAlertWithoutAnyLabel) {
  const boost::json::object alert = created(rule_notice_of({}));
  EXPECT_FALSE(text(alert.at("message")).empty());
  EXPECT_EQ(alert.at("tags"), boost::json::array{});
}

}  // namespace
}  // namespace slod::alert
