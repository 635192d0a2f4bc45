#include "daemon/ingest/source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <functional>
#include <random>

#include "tests/support/scratch.h"

namespace slod {
namespace {

using std::chrono::seconds;

TEST(NextDue, IsAfterNowWithinAnIntervalAndOnTheSourcesOwnGrid) {
  constexpr std::uint64_t seed = 9750;
  SCOPED_TRACE(fmt::format("seed {}", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 1000; ++i) {
    const std::string name = fmt::format("scrape/api/10.0.0.{}:8080", random() % 200);
    const Duration interval(100 + static_cast<std::int64_t>(random() % 100'000));
    const Instant now(
        Duration(1'700'000'000'000 + static_cast<std::int64_t>(random() % 1'000'000)));
    const Instant due = next_due(name, interval, now);
    EXPECT_GT(due, now);
    EXPECT_LE(due, now + interval);
    EXPECT_EQ(next_due(name, interval, due), due + interval);
    EXPECT_EQ(next_due(name, interval, due - Duration(1)), due);
  }
}

TEST(NextDue, SpreadsSourcesEvenly) {
  const Instant now(Duration(1'700'000'000'000));
  std::array<int, 10> counts{};
  for (int i = 0; i < 1000; ++i) {
    const Duration wait =
        next_due(fmt::format("scrape/api/host-{}:8080", i), seconds(15), now) - now;
    ++counts[static_cast<std::size_t>((wait - Duration(1)) / Duration(1500))];
  }
  for (const int count : counts) {
    EXPECT_GT(count, 60);
    EXPECT_LT(count, 140);
  }
}

SourceAccess source() {
  return {.name = "scrape/api",
          .url = "http://127.0.0.1:8080/metrics",
          .access = {},
          .interval = seconds(15),
          .timeout = Duration(2500),
          .body_bytes_max = 1000};
}

std::string header(const Fetch& fetch, std::string_view name) {
  for (const auto& [key, value] : fetch.headers) {
    if (key == name) return value;
  }
  return {};
}

TEST(RequestOf, AsksAsPrometheusDoes) {
  const auto fetch = request_of(source(), nullptr);
  ASSERT_TRUE(fetch.has_value());
  EXPECT_EQ(fetch->url, "http://127.0.0.1:8080/metrics");
  EXPECT_EQ(header(*fetch, "accept"), "text/plain;version=0.0.4;q=1,*/*;q=0.1");
  EXPECT_EQ(header(*fetch, "x-prometheus-scrape-timeout-seconds"), "2.5");
  EXPECT_EQ(header(*fetch, "authorization"), "");
  EXPECT_EQ(fetch->timeout, Duration(2500));
  EXPECT_EQ(fetch->body_bytes_max, 1000U);
}

TEST(RequestOf, AuthorizesWithTheSecretInTheFile) {
  const ScratchDirectory scratch;
  const std::string file = scratch.path() / "secret";
  write_bytes(file, "open sesame\n");
  SourceAccess with_token = source();
  with_token.access.bearer_token_file = file;
  EXPECT_EQ(header(request_of(with_token, nullptr).value(), "authorization"), "Bearer open sesame");
  SourceAccess with_password = source();
  with_password.access.basic_auth = config::BasicAuth{.username = "me", .password_file = file};
  EXPECT_EQ(header(request_of(with_password, nullptr).value(), "authorization"),
            "Basic bWU6b3BlbiBzZXNhbWU=");
  with_token.access.bearer_token_file = scratch.path() / "absent";
  const auto refused = request_of(with_token, nullptr);
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().contains("absent")) << refused.error();
}

TEST(AccessOf, IsAPageOfATargetOrTheDemandedSeriesOfAServer) {
  config::Config config;
  config.scrape = {{.job = "api",
                    .targets = {{"a", 1}, {"b", 2}},
                    .interval = seconds(5),
                    .timeout = seconds(4),
                    .path = "/m?x=1",
                    .https = true,
                    .access = {},
                    .labels = {},
                    .body_size_limit_bytes = 7}};
  config.prometheus = {{.name = "p",
                        .url = "http://p:9090/prom",
                        .other_url = {},
                        .interval = seconds(30),
                        .access = {}}};
  std::vector<promql::Selector> selectors{promql::parse_selector("a{x=\"1\"}").value(),
                                          promql::parse_selector("b").value()};
  SourcePlan plan{.name = "s",
                  .configured = ConfiguredTarget{0, 1},
                  .options = {},
                  .demand = std::make_shared<const Demand>(std::move(selectors)),
                  .consumers = nullptr};
  const SourceAccess target = access_of(config, plan);
  EXPECT_EQ(target.url, "https://b:2/m?x=1");
  EXPECT_EQ(target.interval, seconds(5));
  EXPECT_EQ(target.timeout, seconds(4));
  EXPECT_EQ(target.body_bytes_max, 7U);
  plan.configured = ConfiguredServer{0};
  const SourceAccess server = access_of(config, plan);
  EXPECT_EQ(server.url, "http://p:9090/prom/federate");
  EXPECT_EQ(whole_url(server),
            "http://p:9090/prom/federate?match%5B%5D=a%7Bx%3D%221%22%7D&match%5B%5D=b");
  EXPECT_EQ(server.interval, seconds(30));
}

/// How many reads come within an hour of the machine's time, by whatever the wall clock says.
int reads_in_an_hour(const std::function<Instant(std::chrono::milliseconds passed)>& wall) {
  using namespace std::chrono_literals;
  ReadRhythm rhythm("scrape/api/10.0.0.1:80", 15s);
  const ReadRhythm::Steady start{};
  std::chrono::milliseconds passed = 0ms;
  int reads = 0;
  while (passed < 1h) {
    passed += rhythm.wait(wall(passed), start + passed);
    ++reads;
  }
  return reads;
}

TEST(ReadRhythm, IsThatOfTheMachineWhateverTheWallClockDoes) {
  using namespace std::chrono_literals;
  const Instant start{1795514400s};
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start + passed; }), 240, 1);
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start - 1h + passed; }), 240, 1);
  // It runs a little slow, so that a timer ends just before the time that it waits for.
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start + passed * 9995 / 10000; }), 240, 2);
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start + passed * 10005 / 10000; }), 240,
              2);
  // It is set back by 14 s each minute, and ahead by 11 s.
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start + passed - passed / 1min * 14s; }),
              240, 125);
  EXPECT_NEAR(reads_in_an_hour([&](auto passed) { return start + passed + passed / 1min * 11s; }),
              240, 125);
}

TEST(ReadRhythm, IsAtWholeIntervalsAgainAfterAStep) {
  using namespace std::chrono_literals;
  const Instant wall{1795514400s};
  const ReadRhythm::Steady steady{};
  ReadRhythm rhythm("scrape/api/10.0.0.1:80", 15s);
  const Duration first = rhythm.wait(wall, steady);
  // The wall clock is a millisecond slow, and the time seems to be about to come once more.
  EXPECT_EQ(rhythm.wait(wall + first - 1ms, steady + first), 15s + 1ms);
}

}  // namespace
}  // namespace slod
