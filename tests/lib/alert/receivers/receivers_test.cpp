// What holds for every kind of receiver.
#include "lib/alert/receivers/receivers.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/lib/alert/receivers/bodies.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod::alert {
namespace {

/// One of each kind, with an address and a file in each of its fields.
std::vector<Receiver> one_of_each() {
  std::vector<Receiver> out;
  for_each_kind([&out]<class Kind>(Kind kind) {
    for (const Field<Kind>& field : Kind::fields()) {
      const bool is_file =
          field.type == FieldType::secret_file || field.type == FieldType::secret_url_file;
      const std::string text = is_file ? "a file" : "https://example.org/x";
      if (field.value != nullptr) {
        kind.*field.value = text;
      } else {
        (kind.*field.values).push_back(text);
      }
    }
    out.push_back({std::string(Kind::name), kind});
  });
  return out;
}

/// A secret that fits each of them: a key, and a URL.
const std::string secret = "https://example.org/hooks/s3cr3ts3cr3t";

void expect_json(const Receiver& receiver, const Notice& notice) {
  for (const Notice::Kind kind : {Notice::Kind::firing, Notice::Kind::resolved}) {
    Notice said = notice;
    said.kind = kind;
    const std::string body = receiver.request(std::vector{said}, secret, now).body;
    boost::json::error_code error;
    boost::json::parse(body, error);
    EXPECT_FALSE(error) << receiver.name << ": " << error.message() << "\n" << body.substr(0, 500);
  }
}

TEST(Receivers, AreSentJsonWhateverTheTextsHold) {
  std::string control;
  for (char c = 0; c < 0x20; ++c) control += c;
  for (const Receiver& receiver : one_of_each()) {
    for (const std::string& text :
         {control, std::string("\"quoted\" \\ back"), std::string("<!channel> <@U1> &amp;"),
          std::string("\xff\xfe\xc0\x80"), std::string("cut off \xe2\x82"),
          std::string("\xed\xa0\x80 surrogate"), std::string("\xf4\x90\x80\x80 beyond"),
          std::string(), std::string("né 𝄞 \u2028")}) {
      expect_json(receiver, notice_saying(text));
      expect_json(receiver, notice_saying("http://a/" + text));
      expect_json(receiver, rule_notice_saying(text));
    }
    expect_json(receiver, rule_notice_saying(std::string(1'000'000, '\n')));
  }
}

TEST(Receivers, NameEverySecretOfTheirRequests) {
  for (const Receiver& receiver : one_of_each()) {
    const DeliveryRequest request = receiver.request(std::vector{sample_notice()}, secret, now);
    if (receiver.secret_file().empty()) continue;
    ASSERT_FALSE(request.secrets.empty()) << receiver.name;
    EXPECT_TRUE(secret.contains(request.secrets.front())) << receiver.name;
    EXPECT_EQ(request.is_url_secret, request.url == secret) << receiver.name;
  }
}

TEST(Receivers, HaveDifferentNamesAndEachFieldOnce) {
  std::set<std::string> names;
  for_each_kind([&names]<class Kind>(const Kind& kind) {
    EXPECT_TRUE(names.insert(std::string(Kind::name)).second) << Kind::name;
    EXPECT_EQ((Receiver{"a", kind}.kind()), Kind::name);
    std::set<std::string_view> keys;
    for (const Field<Kind>& field : Kind::fields()) {
      EXPECT_TRUE(keys.insert(field.key).second) << Kind::name << " " << field.key;
    }
  });
}

TEST(Receivers, AreSentSeveralNoticesAtOnce) {
  std::vector<Notice> firing = {sample_notice(), rule_notice_of(sample_alert())};
  for (Notice& notice : firing) notice.incident = "slod-incident";
  for (const Receiver& receiver : one_of_each()) {
    const std::string body = receiver.request(firing, secret, now).body;
    for (const char* name : {"api/availability", "7 % of the requests of a:80 fail"}) {
      EXPECT_TRUE(body.contains(name)) << receiver.name << ": " << body;
    }
  }
}

TEST(Receivers, TakeAsManyNoticesAsTheySay) {
  for (const Receiver& receiver : one_of_each()) {
    Notice longest = notice_saying(std::string(2'000, '\x01'));
    longest.incident = "slod-incident";
    const std::vector<Notice> notices(receiver.pace().batch_max, longest);
    const std::string body = receiver.request(notices, secret, now).body;
    boost::json::error_code error;
    boost::json::parse(body, error);
    EXPECT_FALSE(error) << receiver.name;
    if (receiver.kind() == "msteams") EXPECT_LT(body.size(), 28'000U);
    if (receiver.kind() == "pagerduty") EXPECT_LT(body.size(), 512'000U);
  }
}

TEST(Receivers, SayInOneLineWhatFailed) {
  const Receiver hook{"hook", Webhook{}};
  EXPECT_EQ((Receiver{"chat", Slack{}}.result({200, "no_text"}).reason),
            "slack answered 200: no_text");
  EXPECT_EQ(hook.result({500, ""}).reason, "webhook answered 500: (nothing)");
  EXPECT_EQ(hook.result({std::nullopt, "connection refused"}).reason,
            "no answer: connection refused");
  const std::string long_reason = hook.result({500, std::string(10'000, 'x') + "\n\xff"}).reason;
  EXPECT_LT(long_reason.size(), 300U);
  EXPECT_EQ(hook.result({500, "a\nb\xff"}).reason, "webhook answered 500: a b\uFFFD");
}

TEST(Routes, NameTheReceiversOfASeverity) {
  Routes routes;
  routes.by_severity["page"] = {"oncall", "chat"};
  ASSERT_EQ(routes.receivers("page").size(), 2U);
  EXPECT_EQ(routes.receivers("page")[1], "chat");
  EXPECT_TRUE(routes.receivers("ticket").empty());
  routes.otherwise = {"everyone"};
  EXPECT_EQ(routes.receivers("ticket")[0], "everyone");
  EXPECT_EQ(routes.receivers("")[0], "everyone");
  EXPECT_EQ(routes.receivers("page").size(), 2U);
}

}  // namespace
}  // namespace slod::alert
