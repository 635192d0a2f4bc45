#include "lib/delivery/incidents.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace slod {
namespace {

using namespace std::chrono_literals;
using Kind = alert::Notice::Kind;

const Instant start{Duration(1'000'000'000)};

alert::Pace pace_of(const std::string& receiver) {
  if (receiver == "chat") return {.batch_max = 100};
  return {.batch_max = 100, .by_incident = true, .incident_grows = receiver == "oncall"};
}

OutboxMessage message(const std::string& service, int number, Kind kind = Kind::firing,
                      const std::string& receiver = "oncall") {
  OutboxMessage out;
  out.receiver = receiver;
  out.notice.kind = kind;
  out.notice.severity = "page";
  out.notice.service = service;
  out.notice.slo = fmt::format("slo{}", number);
  out.notice.key = fmt::format("slod-{}-{}", service, number);
  return out;
}

std::vector<OutboxMessage> messages(const std::string& service, int first, int count,
                                    Kind kind = Kind::firing,
                                    const std::string& receiver = "oncall") {
  std::vector<OutboxMessage> out;
  for (int i = first; i < first + count; ++i) {
    out.push_back(message(service, i, kind, receiver));
  }
  return out;
}

/// The incidents that they have; "" for those that have none.
std::set<std::string> incidents_of(const std::vector<OutboxMessage>& messages) {
  std::set<std::string> out;
  for (const OutboxMessage& each : messages) out.insert(each.notice.incident);
  return out;
}

std::set<std::string> assigned(Incidents& incidents, std::vector<OutboxMessage> messages,
                               Instant now = start) {
  incidents.assign(messages, pace_of, now);
  return incidents_of(messages);
}

const std::set<std::string> none{""};

TEST(Incidents, AreSharedByMoreThanAFewOfOneService) {
  Incidents incidents;
  EXPECT_EQ(assigned(incidents, messages("api", 0, 3)), none);
  const auto shared = assigned(incidents, messages("pay", 0, 4));
  EXPECT_EQ(shared.size(), 1U);
  EXPECT_NE(shared, none);
  EXPECT_EQ(assigned(incidents, messages("other", 0, 1)), none) << "another service's page";
  EXPECT_EQ(assigned(incidents, messages("chatty", 0, 50, Kind::firing, "chat")), none);
}

TEST(Incidents, TakeInWhatFollowsWithinAMinuteWhereTheyShowIt) {
  Incidents incidents;
  const auto shared = assigned(incidents, messages("api", 0, 4));
  EXPECT_EQ(assigned(incidents, messages("api", 4, 1), start + 59s), shared);
  EXPECT_EQ(assigned(incidents, messages("api", 5, 1), start + 60s), none);
  const auto ops = assigned(incidents, messages("api", 0, 4, Kind::firing, "ops"));
  EXPECT_NE(ops, shared);
  EXPECT_EQ(assigned(incidents, messages("api", 4, 1, Kind::firing, "ops"), start + 1s), none);
}

TEST(Incidents, AreOneForAllWhenManyServicesFail) {
  Incidents incidents;
  std::vector<OutboxMessage> all;
  for (int i = 0; i < 500; ++i) all.push_back(message(fmt::format("service{}", i), i));
  const auto shared = assigned(incidents, all);
  EXPECT_EQ(shared.size(), 1U);
  EXPECT_NE(shared, none);
  EXPECT_EQ(assigned(incidents, messages("late", 0, 1), start + 10s), shared);
  EXPECT_EQ(assigned(incidents, messages("later", 0, 1), start + 61s), none);
}

TEST(Incidents, EndWithTheLastOfTheirAlertsAlsoAfterARestart) {
  Incidents before;
  const auto shared = assigned(before, messages("api", 0, 4));
  std::vector<Keyed<std::string>> stored;
  for (const auto& [key, incident] : before.current()) stored.push_back({key, incident});
  ASSERT_EQ(stored.size(), 4U);
  EXPECT_EQ(stored[0].key, "oncall/slod-api-0");
  Incidents after;
  after.restore(stored);
  for (int i = 0; i < 4; ++i) {
    std::vector<OutboxMessage> over = messages("api", i, 1, Kind::resolved);
    after.assign(over, pace_of, start + 1h);
    EXPECT_EQ(incidents_of(over), shared);
    EXPECT_EQ(over[0].notice.incident_goes_on, i < 3) << i;
  }
  EXPECT_TRUE(after.current().empty());
  EXPECT_EQ(assigned(after, messages("api", 0, 1, Kind::resolved)), none);
}

}  // namespace
}  // namespace slod
