#include "lib/delivery/resend.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/lib/alert/sample_notice.h"

namespace slod {
namespace {

using namespace std::chrono_literals;
using alert::DeliveryResult;
using alert::DeliveryStatus;
using alert::Notice;

const Instant start{Duration(1'000'000'000)};
const alert::ResendPolicy policy{.interval = 1min, .batch_max = 100, .patience = 5s};
const DeliveryResult delivered{.status = DeliveryStatus::delivered, .reason = {}};
const DeliveryResult refused{
    .status = DeliveryStatus::rejected, .reason = {}, .is_about_message = true};
const DeliveryResult down{.status = DeliveryStatus::retry, .reason = {}};

Notice notice(char name, bool is_over = false) {
  Notice out = alert::sample_notice();
  out.slo = out.key = name;
  out.starts_at = start;
  if (is_over) {
    out.kind = Notice::Kind::resolved;
    out.ends_at = start;
  }
  return out;
}

Notice rule_notice(Duration interval, Instant at, bool is_over = false) {
  Notice out = alert::rule_notice_of(alert::sample_alert());
  out.rule->interval = interval;
  out.starts_at = at;
  if (is_over) {
    out.kind = Notice::Kind::resolved;
    out.ends_at = at;
  }
  return out;
}

void set(Resend& resend, const std::string& firing, Instant now) {
  std::vector<alert::ActiveNotice> active;
  for (const char name : firing) active.push_back({"am", notice(name), now});
  resend.set(std::move(active), now);
}

std::string begun(Resend& resend, Instant now) {
  std::string out;
  for (const Notice& each : resend.begin(now)) out += each.slo;
  return out;
}

/// What is sent at `now`, and taken.
std::string sent(Resend& resend, Instant now) {
  const std::string out = begun(resend, now);
  if (!out.empty()) resend.end(delivered, std::nullopt, now);
  return out;
}

TEST(Resend, OfSomethingNewComesAfterSomePatienceAndThenEveryMinuteForEachAlone) {
  struct Row {
    Duration at;
    const char* firing;
    const char* sent;
  };
  Resend resend{policy};
  for (const Row& row : std::vector<Row>{{0s, "a", ""},
                                         {4s, "a", ""},
                                         {5s, "a", "a"},
                                         {30s, "ab", ""},
                                         {35s, "ab", "b"},
                                         {64s, "ab", ""},
                                         {65s, "ab", "a"},
                                         {95s, "b", "b"},
                                         {125s, "", ""},
                                         {126s, "b", ""},
                                         {131s, "b", "b"}}) {
    SCOPED_TRACE(row.at.count());
    set(resend, row.firing, start + row.at);
    EXPECT_EQ(sent(resend, start + row.at), row.sent);
  }
}

TEST(Resend, OfWhatAMessageSaidComesAMinuteAfterThat) {
  Resend resend{policy};
  resend.sent(notice('a'), start + 1s);
  for (Duration at = 2s; at < 61s; at += 1s) {
    set(resend, "a", start + at);
    EXPECT_EQ(sent(resend, start + at), "") << at.count();
  }
  set(resend, "a", start + 61s);
  EXPECT_EQ(sent(resend, start + 61s), "a");
}

TEST(Resend, OfARuleFollowsItsFirstEvaluationAfterTheDelay) {
  struct Row {
    Duration interval;
    Duration between;
  };
  for (const Row& row : std::vector<Row>{{15s, 1min}, {30s, 1min}, {45s, 90s}, {5min, 5min}}) {
    SCOPED_TRACE(row.interval.count());
    Resend resend{policy};
    resend.sent(rule_notice(row.interval, start), start + 700ms);
    std::vector<Duration> times;
    for (Duration at = 1s; at <= 20min; at += 1s) {
      const Instant now = start + at;
      const Instant evaluated = start + at / row.interval * row.interval;
      resend.set({{"am", rule_notice(row.interval, start), evaluated}}, now);
      if (resend.begin(now).empty()) continue;
      resend.end(delivered, std::nullopt, now);
      times.push_back(at);
    }
    ASSERT_GE(times.size(), 2U);
    for (std::size_t i = 0; i < times.size(); ++i) EXPECT_EQ(times[i], row.between * (i + 1));
  }
}

TEST(Resend, SaysForFifteenMinutesThatAnAlertIsOver) {
  Resend resend{policy};
  set(resend, "a", start - 1min);
  resend.sent(notice('a', true), start + 1s);
  std::size_t times = 0;
  for (Duration at = 1s; at < 1h; at += 1s) {
    set(resend, "", start + at);
    if (sent(resend, start + at).empty()) continue;
    ++times;
    EXPECT_LT(at, 15min);
  }
  EXPECT_EQ(times, 14U);
  EXPECT_EQ(resend.size(), 0U);
}

TEST(Resend, SaysNoLongerThatAnAlertIsOverWhichIsPendingAgain) {
  Resend resend{policy};
  resend.sent(notice('a', true), start);
  alert::ActiveNotice pending{"am", notice('a'), start + 30s, true};
  pending.notice.key = "another";
  resend.set({pending}, start + 30s);
  EXPECT_EQ(sent(resend, start + 2min), "");
}

TEST(Resend, KeepsNoAlertFromTheReceiverForOneThatItRefuses) {
  Resend resend{policy};
  const std::string all = "abcdefghijklmnopqrstuvwxyz";
  for (const char bad : all) {
    set(resend, all, start);
    std::set<char> taken;
    int requests = 0;
    for (std::string now_sent; !(now_sent = begun(resend, start + 5s)).empty(); ++requests) {
      const bool is_refused = now_sent.contains(bad);
      if (!is_refused) taken.insert(now_sent.begin(), now_sent.end());
      resend.end(is_refused ? refused : delivered, std::nullopt, start + 5s);
    }
    EXPECT_EQ(taken.size(), 25U) << bad;
    EXPECT_LT(requests, 20) << bad;
    set(resend, "", start);
  }
}

TEST(Resend, TriesAgainSoonAndWaitsAMinuteAtMost) {
  Resend resend{policy};
  set(resend, "a", start);
  EXPECT_EQ(begun(resend, start + 5s), "a");
  resend.end(down, std::nullopt, start + 5s);
  EXPECT_EQ(resend.due(start + 5s), start + 6s);
  EXPECT_EQ(begun(resend, start + 6s), "a");
  resend.end(down, 1h, start + 6s);
  EXPECT_EQ(resend.due(start + 6s), start + 66s);
}

}  // namespace
}  // namespace slod
