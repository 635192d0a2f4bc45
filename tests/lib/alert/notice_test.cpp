#include "lib/alert/notice.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "lib/json/text.h"
#include "lib/text/utf8.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

TEST(Notice, SaysInOneLineWhatBurnsHowFastAndWhatIsLeft) {
  EXPECT_EQ(sample_notice().summary(),
            "api/availability is burning its 30d error budget at 14.9x: 2.1 % spent in 1h, "
            "61 % left");
  EXPECT_EQ(
      resolved_notice().summary(),
      "Resolved: api/availability burn rate is back below the limit (61 % of the budget left)");
}

// On a phone no more than that is seen.
TEST(Notice, SaysWhatBurnsHowFastAndWhatIsLeftInEightyCharacters) {
  EXPECT_EQ(sample_notice().summary().substr(0, 80),
            "api/availability is burning its 30d error budget at 14.9x: 2.1 % spent in 1h, 61");
  Notice bad = resolved_notice();
  bad.facts.remaining = -16.07;
  EXPECT_EQ(bad.summary(),
            "Resolved: api/availability burn rate is back below the limit (budget 1607 % over)");
  EXPECT_EQ(bad.headline(),
            "api/availability burn rate is back below the limit (budget 1607 % over)");
  bad.facts.remaining = std::nullopt;
  EXPECT_EQ(bad.summary(), "Resolved: api/availability burn rate is back below the limit");
}

TEST(Notice, LeavesOutWhatIsNotKnown) {
  Notice notice = sample_notice();
  notice.facts.remaining = -0.12;
  EXPECT_EQ(notice.summary(),
            "api/availability is burning its 30d error budget at 14.9x: 2.1 % spent in 1h, "
            "budget 12 % over");
  notice.facts.remaining = std::nullopt;
  notice.facts.long_spent = std::nullopt;
  EXPECT_EQ(notice.summary(), "api/availability is burning its 30d error budget at 14.9x");
  notice.facts = {};
  EXPECT_EQ(notice.summary(), "api/availability is burning its 30d error budget too fast");
  notice.owner = notice.runbook = notice.external_url = notice.description = "";
  EXPECT_EQ(notice.details(),
            "Objective: 99.9 % over 30d\nSince: 2026-11-24T10:00:00Z\nSeverity: page");
}

TEST(Notice, TellsTheWholeStoryInAFewLines) {
  EXPECT_EQ(sample_notice().text(),
            "api/availability is burning its 30d error budget at 14.9x: 2.1 % spent in 1h, "
            "61 % left\n"
            "Burn rate: 14.9 over 1h and 15.2 over 5m, limit 14.4\n"
            "Bad events: 778 of 52000 in 1h\n"
            "Objective: 99.9 % over 30d; SLI 99.852 %\n"
            "Since: 2026-11-24T10:00:00Z\n"
            "Severity: page\n"
            "About: share of requests answered without a server error\n"
            "Owner: team-api\n"
            "Runbook: https://example.org/runbooks/api\n"
            "Details: http://slod.example.org/#/slo/api/availability");
  EXPECT_NE(
      resolved_notice().text().find("Since: 2026-11-24T10:00:00Z, until 2026-11-24T10:42:00Z"),
      std::string::npos);
}

TEST(Notice, KeepsItsLinesWhateverTheTextsHold) {
  const Notice notice = notice_saying("a\nb\r\x01\x7f\xff");
  EXPECT_EQ(notice.summary().find('\n'), std::string::npos);
  EXPECT_TRUE(is_utf8(notice.text()));
  EXPECT_NE(notice.details().find("Owner: a b   \uFFFD"), std::string::npos) << notice.details();
}

TEST(Notice, LinksToThePageWithNamesAsPartsOfItsAddress) {
  Notice notice = sample_notice();
  EXPECT_EQ(notice.link(), "http://slod.example.org/#/slo/api/availability");
  notice.external_url = "https://example.org/slod";
  notice.service = "a/b ?#";
  notice.slo = "é%";
  EXPECT_EQ(notice.link(), "https://example.org/slod/#/slo/a%2Fb%20%3F%23/%C3%A9%25");
  notice.external_url.clear();
  EXPECT_EQ(notice.link(), "");
  EXPECT_EQ(rule_notice_of(sample_alert()).link(), "http://slod.example.org/#/alerts");
}

TEST(NoticeJson, TakesWhereSlodIsFromTheLinkWhereNothingElseWasStored) {
  struct Case {
    const char* link;
    const char* external_url;
  };
  for (const Case& c : {
           Case{"http://slod.example.org/api/v1/slos/api/availability", "http://slod.example.org"},
           Case{"https://example.org/api/v1/slos/slod/api/v1/slos/a%2Fb/c",
                "https://example.org/api/v1/slos/slod"},
           Case{"https://example.org/slod/api/v1/query?query=a%2Fb", "https://example.org/slod"},
           Case{"https://example.org/slod/graph?g0.expr=a%2Fb&g0.tab=1",
                "https://example.org/slod"},
           Case{"https://example.org/slod", "https://example.org/slod"},
           Case{"https://example.org/slod/", "https://example.org/slod"},
           Case{"https://example.org/slod/api/v1/rules?type=alert", "https://example.org/slod"},
           Case{"https://example.org/slod/#/api/v1/", "https://example.org/slod"},
           Case{"", ""},
       }) {
    boost::json::object stored = to_json(sample_notice());
    stored.erase("external_url");
    stored["link"] = c.link;
    const auto read = notice_from_json(stored);
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->external_url, c.external_url) << c.link;
  }
}

TEST(NoticeJson, ReadsBack) {
  for (const Notice& notice : {sample_notice(), resolved_notice()}) {
    const auto read = notice_from_json(boost::json::parse(json_text(to_json(notice))));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->text(), notice.text());
    EXPECT_EQ(read->external_url, notice.external_url);
    EXPECT_EQ(read->key, notice.key);
    EXPECT_EQ(read->kind, notice.kind);
    EXPECT_EQ(read->ends_at, notice.ends_at);
    EXPECT_EQ(read->sent_at, notice.sent_at);
  }
}

TEST(NoticeJson, ReadsBackWhateverTheTextsHold) {
  const Notice notice = notice_saying("\x01\"\\<!channel>\xc3\x28\xff\n");
  const auto read = notice_from_json(boost::json::parse(json_text(to_json(notice))));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->owner, "\x01\"\\<!channel>\uFFFD(\uFFFD\n");
}

TEST(NoticeJson, TrustsNothing) {
  EXPECT_FALSE(notice_from_json(nullptr));
  EXPECT_FALSE(notice_from_json(boost::json::object()));
  const boost::json::object whole = to_json(sample_notice());
  for (const auto& [key, value] : whole) {
    if (value.is_null()) continue;
    for (const boost::json::value& wrong :
         {boost::json::value(boost::json::array{}), boost::json::value(true),
          boost::json::value(std::string(1000, 'x') + "\n")}) {
      if (wrong.is_string() && value.is_string()) continue;
      boost::json::object object = whole;
      object[key] = wrong;
      const auto read = notice_from_json(object);
      ASSERT_FALSE(read) << std::string_view(key);
      EXPECT_LT(read.error().size(), 200U);
    }
    boost::json::object object = whole;
    object.erase(key);
    if (key == "external_url") continue;  // as it was stored before there was one
    EXPECT_FALSE(notice_from_json(object)) << std::string_view(key);
  }
}

}  // namespace
}  // namespace slod::alert
