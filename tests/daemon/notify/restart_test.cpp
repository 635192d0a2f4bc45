#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <memory>
#include <random>

#include "lib/json/text.h"
#include "tests/daemon/notify/sending.h"
#include "tests/support/recording_server.h"
#include "tests/support/state/memory_database.h"

namespace slod {
namespace {

using namespace std::chrono_literals;

/// What a receiver took, in order: "firing 7".
std::vector<std::string> taken(const RecordingServer& server) {
  std::vector<std::string> out;
  for (const auto& [message, reaction] : server.received()) {
    if (reaction.kind == Reaction::Kind::reply && reaction.status != 200) continue;
    const auto payload = boost::json::parse(message.body);
    for (const auto& alert : payload.at("alerts").as_array()) {
      out.push_back(fmt::format("{} {}", std::string_view(alert.at("status").as_string()),
                                json_text(alert.at("annotations").at("slod_key"))));
    }
  }
  return out;
}

Reaction some_reaction(std::uint64_t number) {
  switch (number % 8) {
    case 0:
      return {.status = 500};
    case 1:
      return {.status = 429, .headers = "Retry-After: 2\r\n"};
    case 2:
      return {.kind = Reaction::Kind::close};
    case 3:
      return {.kind = Reaction::Kind::reset};
    default:
      return {.status = 200};
  }
}

/// Each end is taken; what fires is taken before its end, unless it was over before.
TEST(OutboxRestart, SendsWhatIsLeftInOrderWhateverWentWrongAndWhenever) {
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937 random(seed);
    std::vector<std::unique_ptr<RecordingServer>> servers;
    std::vector<alert::Receiver> receivers;
    for (const char* name : {"a", "b"}) {
      servers.push_back(std::make_unique<RecordingServer>(
          [fates = std::mt19937(random())](const Posted&, std::size_t) mutable {
            return some_reaction(fates());
          }));
      receivers.push_back(hook_at(servers.back()->url("/"), name));
    }
    MemoryDatabase database;
    Sending sending(receivers);
    std::vector<OutboxUpdate> not_stored;
    sending.on_update = [&](const OutboxUpdate& update) {
      not_stored.push_back(update);
      if (random() % 4 == 0) return;
      ASSERT_TRUE(database.update(not_stored));
      not_stored.clear();
    };
    for (int i = 0; i < 20; ++i) {
      const std::string key = fmt::format("slod-{}", i / 2);
      const bool resolved = i % 2 == 1;
      Changes changes;
      for (const char* name : {"a", "b"}) {
        changes.outbox.push_back(message_about(key, name, resolved));
      }
      ASSERT_TRUE(database.commit(changes));
      sending.outbox().add(changes.outbox);
      for (auto steps = random() % 8; steps > 0; --steps) {
        sending.run_what_is_ready();
        sending.advance(Duration(random() % 1500));
      }
      if (random() % 4 > 0) continue;
      not_stored.clear();  // the last ones are lost, as they are when the process is killed
      sending.restart(database.pending_messages().value());
    }
    sending.run_until([&] {
      sending.advance(2s);
      return sending.outbox().pending() == 0;
    });
    for (const auto& server : servers) {
      const std::vector<std::string> messages = taken(*server);
      std::map<std::string, std::size_t> first;
      for (std::size_t at = 0; at < messages.size(); ++at) first.try_emplace(messages[at], at);
      for (int i = 0; i < 10; ++i) {
        const std::string over = fmt::format("resolved \"slod-{}\"", i);
        ASSERT_TRUE(first.contains(over)) << over;
        const auto fired = first.find(fmt::format("firing \"slod-{}\"", i));
        if (fired == first.end()) continue;
        EXPECT_LT(fired->second, first.at(over)) << over;
      }
    }
  }
}

TEST(OutboxRestart, SendsTheUnfinishedOnlyWithTheirAttemptsCounted) {
  RecordingServer server(in_turn({{.status = 200}, {.status = 500}},
                                 [](const Posted&) { return Reaction{.status = 200}; }));
  MemoryDatabase database;
  Sending sending({hook_at(server.url("/"))});
  sending.on_update = [&](const OutboxUpdate& update) {
    ASSERT_TRUE(database.update(std::span(&update, 1)));
  };
  Changes changes;
  for (const char* key : {"slod-1", "slod-2", "slod-3"}) {
    changes.outbox.push_back(message_about(key, "hook"));
  }
  ASSERT_TRUE(database.commit(changes));
  sending.outbox().add(changes.outbox);
  sending.run_until_updates(3);
  const auto rows = database.pending_messages();
  ASSERT_TRUE(rows) << rows.error();
  ASSERT_EQ(rows->size(), 1U);
  EXPECT_EQ(rows->front().attempts, 1);
  sending.restart(*rows);
  sending.run_until_empty();
  EXPECT_EQ(taken(server).size(), 3U);
  EXPECT_EQ(sending.updates[3].attempts, 2);
  EXPECT_TRUE(database.pending_messages().value().empty());
}

}  // namespace
}  // namespace slod
