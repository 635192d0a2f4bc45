#include "lib/delivery/backlog.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
using alert::DeliveryResult;
using alert::DeliveryStatus;
using Kind = alert::Notice::Kind;
using Texts = std::vector<std::string>;

const Instant start{Duration(1'000'000'000)};
const alert::Pace one_by_one{.pause = 0ms};
const alert::Pace lists{.pause = 0ms, .batch_max = 100};

const DeliveryResult delivered{.status = DeliveryStatus::delivered, .reason = {}};

DeliveryResult answered(int status) {
  return {.status = alert::by_status(status),
          .reason = fmt::format("answered {}", status),
          .is_about_message = alert::is_about_message(status),
          .is_too_many = status == 429};
}

/// What is said of an SLO: "page api/a", "page api/a over", "ticket api/b".
OutboxRow row(const std::string& text, int attempts = 0) {
  OutboxRow out;
  alert::Notice& notice = out.message.notice;
  notice.severity = text.substr(0, text.find(' '));
  const std::string id = text.substr(notice.severity.size() + 1);
  notice.service = id.substr(0, id.find('/'));
  notice.slo = id.substr(notice.service.size() + 1);
  if (const std::size_t over = notice.slo.find(" over"); over != std::string::npos) {
    notice.slo.resize(over);
    notice.kind = Kind::resolved;
  }
  notice.key = "slod-" + notice.severity + notice.id();
  out.message.id = text;
  out.message.created = start;
  out.next_attempt = start;
  out.attempts = attempts;
  return out;
}

Texts ids(const Batch& batch) {
  Texts out;
  for (const OutboxRow& each : batch.rows) out.push_back(each.message.id);
  return out;
}

Backlog backlog_of(const Texts& texts, alert::Pace pace = one_by_one) {
  Backlog backlog(pace);
  for (const std::string& text : texts) backlog.add(row(text), start);
  return backlog;
}

std::vector<OutboxUpdate> end(Backlog& backlog, const Batch& batch, const DeliveryResult& result,
                              Instant now, std::optional<Duration> retry_after = {}) {
  return backlog.end(batch, {result, retry_after, now, 1});
}

/// Sends all that is due at `now`, one request after the other.
Texts sent(Backlog& backlog, Instant now) {
  Texts out;
  while (const auto batch = backlog.begin(now)) {
    for (const std::string& id : ids(*batch)) out.push_back(id);
    end(backlog, *batch, delivered, now);
  }
  return out;
}

TEST(Backlog, SendsPagesBeforeTicketsAndBeginningsBeforeEnds) {
  Backlog backlog = backlog_of({"ticket api/a over", "ticket api/b", "page api/c over",
                                "page api/d", "ticket api/e", "page api/f"});
  EXPECT_EQ(sent(backlog, start), (Texts{"page api/d", "page api/f", "page api/c over",
                                         "ticket api/b", "ticket api/e", "ticket api/a over"}));
  EXPECT_TRUE(backlog.empty());
  EXPECT_EQ(backlog.due(), std::nullopt);
}

TEST(Backlog, SendsThePageOfAnotherServiceBeforeTheRestOfAStorm) {
  Backlog backlog = backlog_of({"page api/a", "page api/b", "page api/c", "page pay/z"});
  EXPECT_EQ(sent(backlog, start).front(), "page pay/z");
}

TEST(Backlog, KeepsTheOrderWithinAnAlertAlone) {
  Backlog backlog = backlog_of({"page api/a"});
  const auto first = backlog.begin(start);
  ASSERT_TRUE(first);
  backlog.add(row("page api/a over"), start);
  backlog.add(row("page api/b"), start);
  const auto second = backlog.begin(start);
  ASSERT_TRUE(second);
  EXPECT_EQ(ids(*second), Texts{"page api/b"});
  EXPECT_FALSE(backlog.begin(start)) << "a fires, and is on its way";
  end(backlog, *first, delivered, start);
  EXPECT_EQ(ids(backlog.begin(start).value()), Texts{"page api/a over"});
}

TEST(Backlog, HoldsUpNoOtherAlertByOneThatFails) {
  Backlog backlog = backlog_of({"page api/a", "page api/b"});
  Instant now = start;
  const auto bad = backlog.begin(now);
  const auto updates = end(backlog, *bad, answered(500), now);
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].state, OutboxState::pending);
  EXPECT_EQ(updates[0].attempts, 1);
  EXPECT_EQ(updates[0].next_attempt, now + 1s);
  EXPECT_EQ(updates[0].error, "answered 500");
  EXPECT_EQ(sent(backlog, now), (Texts{"page api/b", "page api/a"}))
      << "once another is delivered, the first is tried at once";
}

TEST(Backlog, LeavesOneThatFailsWhileOthersAreDeliveredToItsOwnPace) {
  Backlog backlog = backlog_of({"page api/bad"});
  Instant now = start;
  for (const Duration wait : {1s, 2s, 4s, 8s}) {
    const auto bad = backlog.begin(now);
    ASSERT_TRUE(bad) << wait.count();
    end(backlog, *bad, answered(500), now);
    backlog.add(row(fmt::format("page api/{}", wait.count())), now);
    const auto good = backlog.begin(now);
    ASSERT_TRUE(good);
    end(backlog, *good, delivered, now);
    now = wait == 1s ? now : now + wait;  // the first time it is not yet known to be at fault
    EXPECT_EQ(backlog.due(), now);
  }
}

struct Wait {
  const char* message;
  int status;
  std::optional<Duration> retry_after;
  Duration since_created;
  OutboxState state;
  Duration wait;
};

TEST(Backlog, TriesAgainAllThatFailsAndGivesUpTicketsAfterADay) {
  const std::vector<Wait> rows{
      {"page api/a", 500, {}, 0s, OutboxState::pending, 1s},
      {"page api/a", 401, {}, 0s, OutboxState::pending, 1s},
      {"page api/a", 400, {}, 240h, OutboxState::pending, 1s},
      {"page api/a", 503, 1h, 0s, OutboxState::pending, 1min},
      {"page api/a", 429, 30s, 0s, OutboxState::pending, 30s},
      {"page api/a over", 503, 1h, 0s, OutboxState::pending, 1h},
      {"page api/a over", 500, {}, 24h, OutboxState::rejected, 0s},
      {"ticket api/a", 404, {}, 24h - 1ms, OutboxState::pending, 1s},
      {"ticket api/a", 404, {}, 24h, OutboxState::rejected, 0s},
      {"ticket api/a", 503, 90s, 0s, OutboxState::pending, 90s},
      {"ticket api/a", 503, 5h, 0s, OutboxState::pending, 1h},
  };
  for (const Wait& each : rows) {
    SCOPED_TRACE(fmt::format("{} {}", each.message, each.status));
    Backlog backlog = backlog_of({each.message});
    const Instant now = start + each.since_created;
    const auto batch = backlog.begin(now);
    ASSERT_TRUE(batch);
    const auto updates = end(backlog, *batch, answered(each.status), now, each.retry_after);
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_EQ(updates[0].state, each.state);
    EXPECT_EQ(updates[0].next_attempt, now + each.wait);
    EXPECT_EQ(backlog.empty(), each.state == OutboxState::rejected);
  }
}

TEST(Backlog, HoldsAPageAsLongAsIsAskedOnceAnotherReceiverTookIt) {
  Backlog backlog = backlog_of({"page api/a"});
  backlog.taken_elsewhere({"slod-pageapi/a"});
  const auto batch = backlog.begin(start);
  EXPECT_EQ(end(backlog, *batch, answered(503), start, 30min)[0].next_attempt, start + 30min);
}

TEST(Backlog, SendsOnlyTheEndOfWhatWasOverBeforeItWasSent) {
  Backlog backlog = backlog_of({"page api/a"});
  const auto updates = backlog.add(row("page api/a over"), start);
  ASSERT_EQ(updates.size(), 1U);
  EXPECT_EQ(updates[0].id, "page api/a");
  EXPECT_EQ(updates[0].state, OutboxState::rejected);
  EXPECT_TRUE(updates[0].error.starts_with("not sent, because the alert was over before"));
  EXPECT_EQ(sent(backlog, start), Texts{"page api/a over"});
}

TEST(Backlog, ForgetsAFailedBeginningWhenTheEndIsThere) {
  Backlog backlog = backlog_of({"page api/a"});
  const auto batch = backlog.begin(start);
  EXPECT_TRUE(backlog.add(row("page api/a over"), start).empty()) << "it is on its way";
  const auto updates = end(backlog, *batch, answered(500), start);
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[1].state, OutboxState::rejected);
  EXPECT_EQ(sent(backlog, start), Texts{"page api/a over"});
}

TEST(Backlog, PutsMoreThanAFewIntoOneRequest) {
  Backlog few = backlog_of({"page api/a", "page api/b", "page api/c"}, lists);
  EXPECT_EQ(few.begin(start)->rows.size(), 1U);
  Backlog many = backlog_of(
      {"page api/a", "page api/b", "page api/c", "page api/d", "ticket a/a", "page api/z over"},
      lists);
  const auto batch = many.begin(start);
  EXPECT_EQ(ids(*batch), (Texts{"page api/a", "page api/b", "page api/c", "page api/d"}));
  EXPECT_EQ(ids(many.begin(start).value()), Texts{"page api/z over"});
}

/// A receiver that takes messages as `status_of` says, until nothing is left or `limit` requests
/// were made. Returns how many seconds each delivered message took.
std::map<std::string, double> simulate(Backlog& backlog, std::size_t limit,
                                       const std::function<int(const Batch&, Instant)>& status_of) {
  std::map<std::string, double> took;
  Instant now = start;
  for (std::size_t i = 0; i < limit; ++i) {
    const auto due = backlog.due();
    if (!due) break;
    now = std::max(now, *due);
    const auto batch = backlog.begin(now);
    if (!batch) continue;
    const int status = status_of(*batch, now);
    if (status == 200) {
      for (const std::string& id : ids(*batch)) took[id] = seconds(now - start);
    }
    end(backlog, *batch, answered(status), now);
  }
  return took;
}

Texts storm(int count) {
  Texts out;
  for (int i = 0; i < count; ++i) out.push_back(fmt::format("page api/{:03}", i));
  return out;
}

bool holds(const Batch& batch, const std::string& id) {
  const Texts all = ids(batch);
  return std::ranges::find(all, id) != all.end();
}

TEST(Backlog, FindsTheOneThatARequestIsRefusedFor) {
  for (const std::string bad : {"page api/000", "page api/063", "page api/099"}) {
    Backlog backlog = backlog_of(storm(100), lists);
    std::size_t requests = 0;
    const auto took = simulate(backlog, 60, [&](const Batch& batch, Instant) {
      ++requests;
      return holds(batch, bad) ? 400 : 200;
    });
    EXPECT_EQ(took.size(), 99U) << bad;
    for (const auto& [id, after] : took) EXPECT_EQ(after, 0) << id << " waits for another";
    EXPECT_EQ(backlog.size(), 1U);
  }
}

TEST(Backlog, FindsTheOneThatAReceiverFailsAt) {
  for (const std::string bad : {"page api/000", "page api/063", "page api/099"}) {
    Backlog backlog = backlog_of(storm(100), lists);
    const auto took = simulate(
        backlog, 60, [&](const Batch& batch, Instant) { return holds(batch, bad) ? 500 : 200; });
    EXPECT_EQ(took.size(), 99U) << bad;
    for (const auto& [id, after] : took) EXPECT_LT(after, 30) << id;
  }
}

TEST(Backlog, ComesThroughAnOutageWithFewRequests) {
  Backlog backlog = backlog_of(storm(100), lists);
  std::size_t requests = 0;
  const auto took = simulate(backlog, 500, [&](const Batch&, Instant now) {
    ++requests;
    return now - start < 10min ? 503 : 200;
  });
  EXPECT_EQ(took.size(), 100U);
  EXPECT_LT(requests, 80U);
  for (const auto& [id, after] : took) EXPECT_LT(after, 15 * 60) << id;
}

TEST(Backlog, KeepsThePaceAndTheRoom) {
  Backlog backlog = backlog_of(storm(30), {.pause = 500ms});
  Instant now = start;
  std::vector<Batch> on_their_way;
  while (const auto due = backlog.due()) {
    EXPECT_EQ(*due, start + on_their_way.size() * 500ms);
    now = *due;
    on_their_way.push_back(*backlog.begin(now));
    EXPECT_FALSE(backlog.begin(now + 499ms));
  }
  EXPECT_EQ(on_their_way.size(), Backlog::requests_max);
}

TEST(Backlog, LeavesRoomForWhatWasNeverTried) {
  Backlog backlog;
  for (int i = 0; i < 20; ++i) backlog.add(row(fmt::format("page api/{}", i), 1), start);
  std::size_t repetitions = 0;
  while (backlog.begin(start)) ++repetitions;
  EXPECT_EQ(repetitions, Backlog::repetitions_max);
  backlog.add(row("ticket pay/z"), start);
  EXPECT_TRUE(backlog.begin(start));
}

TEST(Backlog, PausesForAllWhenThereAreTooMany) {
  Backlog backlog = backlog_of({"page api/a", "page api/b"});
  const auto batch = backlog.begin(start);
  end(backlog, *batch, answered(429), start, 1h);
  EXPECT_EQ(backlog.due(), start + 2s) << "no other page waits for the hour";
}

TEST(Backlog, InAHurryTriesEverythingAtOnce) {
  Backlog backlog = backlog_of({"page api/a"});
  const auto batch = backlog.begin(start);
  end(backlog, *batch, answered(503), start, 30s);
  EXPECT_EQ(backlog.due(), start + 30s);
  backlog.hurry();
  EXPECT_TRUE(backlog.begin(start));
}

OutboxRow in_incident(const std::string& text, bool goes_on = false) {
  OutboxRow out = row(text);
  out.message.notice.incident = "slod-incident";
  out.message.notice.incident_goes_on = goes_on;
  return out;
}

TEST(Backlog, SendsAnIncidentAsOneAndItsEndWithTheLastAlert) {
  Backlog backlog({.pause = 0ms, .batch_max = 500, .by_incident = true});
  for (const std::string slo : {"a", "b", "c"}) backlog.add(in_incident("page api/" + slo), start);
  backlog.add(row("page pay/z"), start);
  EXPECT_EQ(ids(backlog.begin(start).value()), Texts{"page pay/z"});
  const auto batch = backlog.begin(start);
  EXPECT_EQ(ids(*batch), (Texts{"page api/a", "page api/b", "page api/c"}));
  EXPECT_TRUE(backlog.add(in_incident("page api/a over", true), start).empty());
  backlog.add(in_incident("page api/b over", true), start);
  backlog.add(in_incident("page api/c over"), start);
  EXPECT_FALSE(backlog.begin(start));
  const auto updates = end(backlog, *batch, delivered, start);
  ASSERT_EQ(updates.size(), 5U) << "the ends of a and b need no request";
  EXPECT_EQ(updates[4].id, "page api/b over");
  EXPECT_EQ(updates[4].state, OutboxState::delivered);
  EXPECT_EQ(ids(backlog.begin(start).value()), Texts{"page api/c over"});
}

TEST(Backlog, EndsNoIncidentOfWhichABeginningIsOnItsWay) {
  Backlog backlog({.pause = 0ms, .batch_max = 500, .by_incident = true});
  backlog.add(in_incident("page api/a"), start);
  const auto first = backlog.begin(start);
  backlog.add(in_incident("page api/a over", true), start);
  backlog.add(in_incident("page api/b"), start);
  backlog.add(in_incident("page api/b over"), start);
  EXPECT_FALSE(backlog.begin(start)) << "a would open it again";
  end(backlog, *first, delivered, start);
  EXPECT_EQ(ids(backlog.begin(start).value()), Texts{"page api/b over"});
}

TEST(Backlog, SendsEverythingOnceAndInOrderWhateverHappens) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Backlog backlog({.pause = 500ms, .batch_max = 1 + random() % 20});
    std::set<std::string> added;
    std::set<std::string> left;
    std::vector<std::pair<Batch, Instant>> flights;
    Instant now = start;
    const auto note = [&left](const std::vector<OutboxUpdate>& updates) {
      for (const OutboxUpdate& update : updates) {
        if (update.state == OutboxState::pending) continue;
        ASSERT_EQ(left.erase(update.id), 1U) << update.id;
      }
    };
    for (int i = 0; i < 2000 && (i < 200 || !left.empty()); ++i) {
      now += Duration(random() % 2000);
      if (i < 100) {
        const std::string id = fmt::format("{} api/{}", random() % 2 ? "page" : "ticket", i / 2);
        const std::string text = added.insert(id).second ? id : id + " over";
        left.insert(text);
        note(backlog.add(row(text), now));
      }
      while (auto batch = backlog.begin(now)) flights.emplace_back(std::move(*batch), now);
      while (!flights.empty() && random() % 3 > 0) {
        const int status = i > 1000 ? 200 : std::vector{200, 200, 400, 429, 500}[random() % 5];
        note(end(backlog, flights.front().first, answered(status), now));
        flights.erase(flights.begin());
      }
    }
    EXPECT_TRUE(left.empty()) << *left.begin();
    EXPECT_EQ(backlog.size(), 0U);
  }
}

}  // namespace
}  // namespace slod
