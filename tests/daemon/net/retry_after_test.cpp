#include "daemon/net/retry_after.h"

#include <gtest/gtest.h>

#include <ctime>
#include <optional>
#include <string>
#include <vector>

#include "daemon/net/response_text.h"

namespace slod {
namespace {

TEST(RetryAfter, IsSecondsOrADate) {
  struct Row {
    std::string value;
    std::optional<Duration> wait;
  };
  const Instant now = parse_instant("2026-11-24T10:00:00Z").value();
  const Duration longest = std::chrono::days(365);
  const std::vector<Row> rows = {
      {"0", Duration(0)},
      {"120", Duration(120'000)},
      {"0030", Duration(30'000)},
      {"99999999999999999999", longest},
      {"31536001", longest},
      {"Tue, 24 Nov 2026 10:00:30 GMT", Duration(30'000)},
      {"Tue, 24 Nov 2026 09:00:00 GMT", Duration(0)},
      {"Wed, 25 Nov 2026 10:00:00 GMT", Duration(std::chrono::days(1))},
      {"Fri, 24 Nov 9999 10:00:00 GMT", longest},
      {"", std::nullopt},
      {"-1", std::nullopt},
      {"+1", std::nullopt},
      {"1.5", std::nullopt},
      {"soon", std::nullopt},
      {"Tue, 24 Nov 2026 10:00:30 UTC", std::nullopt},
      {"Tue, 31 Feb 2026 10:00:30 GMT", std::nullopt},
      {"Tue, 24 nov 2026 10:00:30 GMT", std::nullopt},
      {"Tue, 24 Nov 2026 24:00:30 GMT", std::nullopt},
      {"Tue, -4 Nov 2026 10:00:30 GMT", std::nullopt},
      {"Tuesday, 24-Nov-26 10:00:30 GMT", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_retry_after(row.value, now), row.wait) << row.value;
}

TEST(RetryAfter, ReadsTheDatesThatTheServerWrites) {
  for (std::time_t at = 1'000'000'000; at < 1'100'000'000; at += 1'234'567) {
    const Instant now{std::chrono::seconds(at - 60)};
    EXPECT_EQ(parse_retry_after(http_date(at), now), Duration(60'000)) << http_date(at);
  }
}

}  // namespace
}  // namespace slod
