#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "tests/lib/config/fixture.h"

namespace slod::config {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

std::string with_alerting(const std::string& alerting) {
  return "alerting:\n" + alerting +
         "\nservices: [{name: s, slos: [{name: a, objective: 99%, availability: {total: t, good: "
         "g}}]}]\nscrape: [{job: a, targets: ['a:1']}]\n";
}

/// The messages of what is found, without their places.
Texts errors_of(const std::string& receivers) {
  const std::string text = with_alerting("  routes: {default: [r]}\n  receivers:\n" + receivers);
  Texts out;
  for (const Diagnostic& diagnostic : load_text(text).diagnostics) {
    if (diagnostic.severity == Severity::error) out.push_back(diagnostic.message);
  }
  return out;
}

TEST(Receivers, AreReadWithTheirFallbackAndWhatLetsRequestsIn) {
  const LoadResult result = load_text(with_alerting(R"(
  resend_delay: 30s
  routes: {page: [am], default: [hook]}
  receivers:
    - name: am
      alertmanager:
        urls: ["https://a:9093/prefix/", "http://b:9093"]
        basic_auth: {username: u, password_file: secrets/password}
        tls: {ca_file: tls/ca.pem}
        proxy_url: http://proxy:3128
      fallback: {receiver: hook, after: 5m}
    - name: hook
      webhook: {url_file: secrets/slack, authorization: {credentials_file: secrets/token}}
    - {name: plain, webhook: {url: "http://a/b?c=d"}}
)"));
  ASSERT_TRUE(result.config) << result.diagnostics.at(0).message;
  const Alerting& alerting = result.config->alerting;
  EXPECT_EQ(alerting.resend_delay, 30s);
  EXPECT_EQ(alerting.routes.otherwise, Texts{"hook"});
  const auto& am = std::get<alert::Alertmanager>(alerting.receivers[0].endpoint);
  EXPECT_EQ(am.urls, (Texts{"https://a:9093/prefix", "http://b:9093"}));
  EXPECT_EQ(am.resend_delay, 30s);
  EXPECT_EQ(alerting.receivers[0].fallback, (alert::Fallback{"hook", 5min}));
  EXPECT_EQ(alerting.receivers[1].secret_file(), "secrets/slack");
  ASSERT_EQ(alerting.access.size(), 2U);
  EXPECT_EQ(alerting.access.at("am").basic_auth->username, "u");
  EXPECT_EQ(alerting.access.at("am").tls->ca_file, "tls/ca.pem");
  EXPECT_EQ(alerting.access.at("am").proxy_url, "http://proxy:3128");
  EXPECT_EQ(alerting.access.at("hook").bearer_token_file, "secrets/token");
}

TEST(Receivers, HaveFallbacksThatExistAndLeadInNoCircle) {
  const auto receiver = [](const std::string& name, const std::string& fallback) {
    return fmt::format(
        "    - {{name: {}, webhook: {{url: 'http://a'}}, fallback: {{receiver: {}, "
        "after: 5m}}}}\n",
        name, fallback);
  };
  EXPECT_EQ(errors_of(receiver("r", "nobody")),
            Texts{"expected the name of a receiver, found nobody, which no receiver has"});
  EXPECT_EQ(errors_of(receiver("r", "r")),
            Texts{"expected a fallback that does not lead back to r, found r"});
  EXPECT_EQ(errors_of(receiver("r", "s") + receiver("s", "r")),
            (Texts{"expected a fallback that does not lead back to r, found s",
                   "expected a fallback that does not lead back to s, found r"}));
  EXPECT_EQ(errors_of(receiver("r", "s") + "    - {name: s, webhook: {url: 'http://a'}}\n"),
            Texts{});
}

TEST(Receivers, HaveOneAddressOrAList) {
  const auto alertmanager = [](const std::string& keys) {
    return errors_of(fmt::format("    - {{name: r, alertmanager: {{{}}}}}\n", keys));
  };
  EXPECT_EQ(alertmanager("urls: ['http://a', 'http://a/']"),
            Texts{"expected each URL once, found http://a again"});
  EXPECT_EQ(alertmanager("urls: []"), Texts{"expected at least one URL, found none"});
  EXPECT_EQ(alertmanager("urls: ['http://a/api/v2/alerts']").size(), 1U);
  EXPECT_EQ(alertmanager("url: 'http://a', urls: ['http://b']").size(), 1U);
  EXPECT_EQ(alertmanager("").size(), 1U);
  EXPECT_EQ(alertmanager("url: 'http://a', basic_auth: {username: u, password_file: f}, "
                         "authorization: {credentials_file: f}"),
            Texts{"expected only one of basic_auth and authorization, found both"});
}

TEST(Receivers, ShowNoUrlThatMayBeASecret) {
  const Texts errors = errors_of("    - {name: r, webhook: {url: 'htp://s3cr3t'}}\n");
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_FALSE(errors[0].contains("s3cr3t")) << errors[0];
}

}  // namespace
}  // namespace slod::config
