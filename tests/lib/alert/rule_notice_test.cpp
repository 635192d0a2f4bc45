// What is said of a rule's alert.
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <limits>

#include "lib/alert/notice.h"
#include "lib/json/text.h"
#include "lib/text/utf8.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

TEST(RuleNotice, TakesWhomItIsAboutFromLabelsAndAnnotations) {
  const Notice notice = rule_notice_of(sample_alert());
  EXPECT_EQ(notice.service, "api");
  EXPECT_EQ(notice.severity, "critical");
  EXPECT_EQ(notice.owner, "team-api");
  EXPECT_EQ(notice.runbook, "https://example.org/runbooks/errors");
  EXPECT_EQ(notice.id(), "api/HighErrorRate");

  RuleAlert alert = sample_alert();
  alert.labels["service"] = "shop";
  alert.labels["owner"] = "team-shop";
  alert.annotations.erase("runbook_url");
  alert.annotations["runbook"] = "https://example.org/other";
  const Notice preferred = rule_notice_of(alert);
  EXPECT_EQ(preferred.service, "shop");
  EXPECT_EQ(preferred.owner, "team-shop");
  EXPECT_EQ(preferred.runbook, "https://example.org/other");

  RuleAlert down;
  down.name = down.labels["alertname"] = "Down";
  const Notice bare = rule_notice_of(down);
  EXPECT_EQ(bare.service + bare.severity + bare.owner + bare.runbook, "");
  EXPECT_EQ(bare.id(), "Down");
}

TEST(RuleNotice, SaysWhatTheAnnotationsSay) {
  EXPECT_EQ(rule_notice_of(sample_alert()).text(),
            "7 % of the requests of a:80 fail\n"
            "About: More than 5 % for a minute.\n"
            "Value: 0.07\n"
            "Labels: instance=\"a:80\", job=\"api\", severity=\"critical\", team=\"team-api\"\n"
            "Since: 2026-11-24T10:00:00Z\n"
            "Severity: critical\n"
            "Owner: team-api\n"
            "Runbook: https://example.org/runbooks/errors\n"
            "Details: http://slod.example.org/#/alerts");
  const Notice resolved = rule_notice_of(sample_alert(), Notice::Kind::resolved);
  EXPECT_EQ(resolved.summary(), "Resolved: 7 % of the requests of a:80 fail");
  EXPECT_NE(resolved.details().find("Since: 2026-11-24T10:00:00Z, until 2026-11-24T10:42:00Z"),
            std::string::npos);
}

TEST(RuleNotice, SaysTheNextBestThingWhereAnAnnotationSaysNothing) {
  RuleAlert alert = sample_alert();
  alert.annotations = {{"summary", " \n"}, {"title", "a title"}, {"message", "a message"}};
  EXPECT_EQ(rule_notice_of(alert).summary(), "a title");
  EXPECT_NE(rule_notice_of(alert).details().find("About: a message\n"), std::string::npos);
  alert.annotations.erase("title");
  EXPECT_EQ(rule_notice_of(alert).summary(), "a message");
  EXPECT_EQ(rule_notice_of(alert).details().find("About"), std::string::npos);
  alert.annotations.clear();
  EXPECT_EQ(rule_notice_of(alert).summary(),
            R"(HighErrorRate{instance="a:80", job="api", severity="critical", team="team-api"})");
  alert.labels = {{"alertname", "HighErrorRate"}, {"job", ""}};
  EXPECT_EQ(rule_notice_of(alert).summary(), "HighErrorRate");
  EXPECT_EQ(rule_notice_of(alert).details(),
            "Value: 0.07\nSince: 2026-11-24T10:00:00Z\n"
            "Details: http://slod.example.org/#/alerts");
}

TEST(RuleNotice, IsNeverEmpty) {
  for (const Notice::Kind kind : {Notice::Kind::firing, Notice::Kind::resolved}) {
    const Notice notice = rule_notice_of({}, kind);
    EXPECT_FALSE(headline(*notice.rule).empty());
    EXPECT_FALSE(notice.summary().empty());
    EXPECT_FALSE(notice.id().empty());
    EXPECT_FALSE(notice.details().empty());
  }
}

TEST(RuleNotice, KeepsItsLinesWhateverTheTextsHold) {
  const Notice notice = rule_notice_saying("a\nb\r\x01\"\xff");
  EXPECT_EQ(notice.summary(), "a b  \"\uFFFD");
  EXPECT_TRUE(is_utf8(notice.text()));
  EXPECT_NE(notice.details().find(R"(instance="a\nb\r\u0001\"�")"), std::string::npos)
      << notice.details();
}

TEST(RuleNoticeJson, ReadsBack) {
  RuleAlert bare;
  bare.name = "Down";
  RuleAlert odd = sample_alert();
  odd.labels["empty"] = "";
  odd.annotations["summary"] = "\x01\"\\<!channel>\n";
  for (const RuleAlert& alert : {sample_alert(), bare, odd}) {
    for (const Notice::Kind kind : {Notice::Kind::firing, Notice::Kind::resolved}) {
      const Notice notice = rule_notice_of(alert, kind);
      const auto read = notice_from_json(boost::json::parse(json_text(to_json(notice))));
      ASSERT_TRUE(read) << read.error();
      EXPECT_EQ(*read, notice);
    }
  }
}

TEST(RuleNoticeJson, ReadsBackEveryValue) {
  using Limits = std::numeric_limits<double>;
  RuleAlert alert = sample_alert();
  for (const double value : {Limits::infinity(), -Limits::infinity(), Limits::max(),
                             Limits::lowest(), Limits::denorm_min(), 0.1 + 0.2, 0.0, 1e-7}) {
    alert.value = value;
    const auto read =
        notice_from_json(boost::json::parse(json_text(to_json(rule_notice_of(alert)))));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(read->rule->value, value);
  }
  alert.value = Limits::quiet_NaN();
  const auto read = notice_from_json(boost::json::parse(json_text(to_json(rule_notice_of(alert)))));
  ASSERT_TRUE(read) << read.error();
  EXPECT_TRUE(std::isnan(read->rule->value));
}

TEST(RuleNoticeJson, MakesTextsValid) {
  RuleAlert alert = sample_alert();
  alert.labels["path"] = "\xc3\x28";
  const auto read = notice_from_json(boost::json::parse(json_text(to_json(rule_notice_of(alert)))));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->rule->labels.at("path"), "\uFFFD(");
}

TEST(RuleNoticeJson, TrustsNothing) {
  const boost::json::object whole = to_json(rule_notice_of(sample_alert()));
  const boost::json::object rule = whole.at("rule").as_object();
  const auto refused = [&whole](const boost::json::value& wrong) {
    boost::json::object object = whole;
    object["rule"] = wrong;
    const auto read = notice_from_json(object);
    return !read && !read.error().empty() && read.error().size() < 200;
  };
  for (const boost::json::value& wrong :
       {boost::json::value(nullptr), boost::json::value(boost::json::array{}),
        boost::json::value("x"), boost::json::value(boost::json::object{})}) {
    EXPECT_TRUE(refused(wrong)) << json_text(wrong);
  }
  for (const auto& [key, value] : rule) {
    const bool is_interval = key == "interval_seconds";  // a number, which older states lack
    for (const boost::json::value& wrong :
         {boost::json::value(boost::json::array{}), boost::json::value(is_interval ? -1 : 1),
          boost::json::value(boost::json::object{{"name", 1}}), boost::json::value(nullptr)}) {
      boost::json::object object = rule;
      object[key] = wrong;
      EXPECT_TRUE(refused(object)) << std::string_view(key) << json_text(wrong);
    }
    boost::json::object object = rule;
    object.erase(key);
    EXPECT_EQ(refused(object), !is_interval) << std::string_view(key);
  }
  boost::json::object object = rule;
  object["value"] = "seven";
  EXPECT_TRUE(refused(object));
}

// A state that was written before there were notices about rules.
TEST(NoticeJson, ReadsWhatWasStoredBeforeThereWereRules) {
  const auto read = notice_from_json(boost::json::parse(R"({
    "kind":"resolved","key":"slod-0123456789abcdef","service":"api","slo":"availability",
    "severity":"page","owner":"team-api","runbook":"https://example.org/runbooks/api",
    "link":"http://slod.example.org/api/v1/slos/api/availability",
    "description":"share of requests answered without a server error","window":"30d",
    "objective_ratio":0.999,"starts_at":"2026-11-24T10:00:00Z","ends_at":"2026-11-24T10:42:00Z",
    "sent_at":"2026-11-24T10:00:02Z","facts":{"long_window_seconds":3600,
    "short_window_seconds":300,"factor":14.4,"long_burn_rate":14.9,"short_burn_rate":15.2,
    "long_bad":778,"long_total":52000,"long_spent_ratio":0.0207,"spent_ratio":0.39,
    "remaining_ratio":0.61,"sli_ratio":0.99852}})"));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, resolved_notice());
}

}  // namespace
}  // namespace slod::alert
