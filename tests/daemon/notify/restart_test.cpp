#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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

bool took(const RecordingServer& server, const std::string& message) {
  const std::vector<std::string> messages = taken(server);
  return std::ranges::find(messages, message) != messages.end();
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
    sending.run_until_empty();
    // In the order in which slod knows of them: what was on its way when it was killed may reach a
    // receiver after what it sends next.
    std::map<std::string, std::size_t> first;
    for (std::size_t at = 0; at < sending.updates.size(); ++at) {
      const OutboxUpdate& update = sending.updates[at];
      if (update.state == OutboxState::delivered) first.try_emplace(update.id, at);
    }
    for (int i = 0; i < 10; ++i) {
      for (std::size_t name = 0; name < 2; ++name) {
        const std::string key = fmt::format("slod-{}", i);
        const std::string over = fmt::format("{}/resolved/{}", key, receivers[name].name);
        ASSERT_TRUE(first.contains(over)) << over;
        EXPECT_TRUE(took(*servers[name], fmt::format("resolved \"{}\"", key)));
        const auto fired = first.find(fmt::format("{}/firing/{}", key, receivers[name].name));
        if (fired == first.end()) continue;
        EXPECT_LT(fired->second, first.at(over)) << over;
      }
    }
  }
}

TEST(OutboxRestart, SendsTheUnfinishedOnlyWithTheirAttemptsCounted) {
  std::atomic<bool> is_mended = false;
  RecordingServer server([&](const Posted& message, std::size_t) {
    const bool fails = !is_mended && message.body.contains("slod-2");
    return Reaction{.status = fails ? 500 : 200};
  });
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
  const int attempts = rows->front().attempts;
  EXPECT_GE(attempts, 1);
  sending.restart(*rows);
  is_mended = true;
  sending.run_until_empty();
  for (const char* key : {"slod-1", "slod-2", "slod-3"}) {
    EXPECT_TRUE(took(server, fmt::format("firing \"{}\"", key))) << key;
  }
  EXPECT_GT(sending.updates.back().attempts, attempts);
  EXPECT_TRUE(database.pending_messages().value().empty());
}

}  // namespace
}  // namespace slod
