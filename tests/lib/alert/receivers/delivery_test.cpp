#include "lib/alert/receivers/delivery.h"

#include <gtest/gtest.h>

#include <chrono>

namespace slod::alert {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const Instant now = parse_instant("2026-11-24T12:00:00Z").value();

TEST(DeliveryRequest, KnowsWhatIsSecretInTheUrlsOfThoseWhoSpeakAsSlackDoes) {
  using Texts = std::vector<std::string>;
  struct Row {
    const char* url;
    Texts secrets;
  };
  for (const Row& row : {
           Row{"https://chat.example.org/hooks/abcdefghijklmn", {"abcdefghijklmn"}},
           Row{"https://discord.example.org/api/webhooks/123456789012/tokentoken/slack",
               {"123456789012", "tokentoken"}},
           Row{"https://example.org/hook?key=0123456789&x=1#9876543210",
               {"0123456789", "9876543210"}},
           Row{"https://example.org/hook?a-long-name=0123456789", {"0123456789"}},
           Row{"https://a-long-host-name.example.org", {}},
           Row{"no URL", {}},
       }) {
    const DeliveryRequest request = json_post_to_secret_url(row.url, "{}");
    EXPECT_EQ(request.url, row.url);
    EXPECT_TRUE(request.is_url_secret);
    EXPECT_EQ(request.secrets, row.secrets) << row.url;
  }
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
