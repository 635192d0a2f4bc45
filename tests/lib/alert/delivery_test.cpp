#include "lib/alert/delivery.h"

#include <gtest/gtest.h>

#include <chrono>

namespace slod::alert {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant now = parse_instant("2026-11-24T12:00:00Z").value();

TEST(Delivery, IsJudgedAsEachReceiverMeansIt) {
  using enum ReceiverKind;
  using enum Delivery;
  struct Case {
    ReceiverKind receiver;
    std::optional<int> status;
    const char* text;
    Delivery delivery;
  };
  const Case cases[] = {
      {pagerduty, std::nullopt, "connection refused", retry},
      {pagerduty, 202, R"({"status":"success"})", delivered},
      {pagerduty, 200, "<html>log in</html>", retry},
      {pagerduty, 400, R"({"status":"invalid event"})", rejected},
      {pagerduty, 403, "", rejected},
      {pagerduty, 404, "", rejected},
      {pagerduty, 408, "", retry},
      {pagerduty, 413, "", rejected},
      {pagerduty, 425, "", retry},
      {pagerduty, 429, "", retry},
      {pagerduty, 500, "", retry},
      {pagerduty, 502, "", retry},
      {pagerduty, 302, "", rejected},
      {slack, std::nullopt, "timed out", retry},
      {slack, 200, "ok", delivered},
      {slack, 200, "ok\n", delivered},
      {slack, 200, "no_text", rejected},
      {slack, 200, "", rejected},
      {slack, 200, "not ok", rejected},
      {slack, 400, "invalid_payload", rejected},
      {slack, 403, "action_prohibited", rejected},
      {slack, 404, "channel_not_found", rejected},
      {slack, 410, "channel_is_archived", rejected},
      {slack, 408, "", retry},
      {slack, 425, "", retry},
      {slack, 429, "rate_limited", retry},
      {slack, 500, "rollup_error", retry},
      {slack, 503, "", retry},
      {alertmanager, std::nullopt, "no such host", retry},
      {alertmanager, 200, "", delivered},
      {alertmanager, 204, "", delivered},
      {alertmanager, 400, "bad alert", rejected},
      {alertmanager, 401, "", rejected},
      {alertmanager, 403, "", rejected},
      {alertmanager, 404, "", rejected},
      {alertmanager, 405, "", rejected},
      {alertmanager, 408, "", retry},
      {alertmanager, 413, "", rejected},
      {alertmanager, 415, "", rejected},
      {alertmanager, 422, R"({"code":602,"message":"body is required"})", rejected},
      {alertmanager, 425, "", retry},
      {alertmanager, 429, "", retry},
      {alertmanager, 500, "", retry},
      {alertmanager, 503, "", retry},
      {alertmanager, 301, "", rejected},
      {webhook, std::nullopt, "reset", retry},
      {webhook, 200, "", delivered},
      {webhook, 201, "", delivered},
      {webhook, 299, "", delivered},
      {webhook, 300, "", rejected},
      {webhook, 404, "", rejected},
      {webhook, 401, "", rejected},
      {webhook, 408, "", retry},
      {webhook, 410, "", rejected},
      {webhook, 422, "", rejected},
      {webhook, 425, "", retry},
      {webhook, 429, "", retry},
      {webhook, 500, "", retry},
      {webhook, 599, "", retry},
      {webhook, 600, "", rejected},
  };
  for (const Case& c : cases) {
    const Classified out = classify(c.receiver, {c.status, c.text});
    EXPECT_EQ(out.delivery, c.delivery)
        << to_string(c.receiver) << " " << c.status.value_or(0) << " " << c.text;
    EXPECT_EQ(out.reason.empty(), c.delivery == delivered);
  }
}

TEST(Delivery, SaysInOneLineWhyItFailed) {
  EXPECT_EQ(classify(ReceiverKind::slack, {200, "no_text"}).reason, "slack answered 200: no_text");
  EXPECT_EQ(classify(ReceiverKind::webhook, {500, ""}).reason, "webhook answered 500: (nothing)");
  EXPECT_EQ(classify(ReceiverKind::webhook, {std::nullopt, "connection refused"}).reason,
            "no answer: connection refused");
  const std::string long_reason =
      classify(ReceiverKind::webhook, {500, std::string(10'000, 'x') + "\n\xff"}).reason;
  EXPECT_LT(long_reason.size(), 300U);
  EXPECT_EQ(classify(ReceiverKind::webhook, {500, "a\nb\xff"}).reason,
            "webhook answered 500: a b\uFFFD");
}

TEST(NextAttempt, DoublesUpToFiveMinutesAndHonoursRetryAfter) {
  struct Case {
    int attempts;
    std::optional<Duration> retry_after;
    double jitter;
    Duration wait;
  };
  const Case cases[] = {
      {1, std::nullopt, 1, seconds(1)},
      {1, std::nullopt, 0, Duration(500)},
      {2, std::nullopt, 1, seconds(2)},
      {2, std::nullopt, 0.5, Duration(1500)},
      {5, std::nullopt, 1, seconds(16)},
      {9, std::nullopt, 1, seconds(256)},
      {10, std::nullopt, 1, minutes(5)},
      {10, std::nullopt, 0, Duration(150'000)},
      {1'000'000'000, std::nullopt, 1, minutes(5)},
      {1, seconds(30), 1, seconds(30)},
      {10, seconds(30), 1, minutes(5)},  // a minimum, not the wait
      {1, minutes(20), 0, minutes(20)},
      {1, hours(5), 0, hours(1)},
      {1, Duration(-5000), 1, seconds(1)},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(next_attempt(c.attempts, c.retry_after, now, c.jitter) - now, c.wait)
        << c.attempts << " with jitter " << c.jitter;
  }
}

}  // namespace
}  // namespace slod::alert
