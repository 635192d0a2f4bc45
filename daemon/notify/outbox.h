#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/client.h"
#include "daemon/store/database.h"
#include "lib/alert/receiver.h"
#include "lib/engine/engine.h"
#include "lib/time/instant.h"

namespace slod {

/// Sends what was decided, as often as it takes. Each receiver has a task of its own, which works
/// its messages in the order of their creation (an alert before its end), so that a slow receiver
/// delays no other. Failed attempts are repeated with growing pauses; a message that a receiver
/// refuses for good is given up, logged and counted.
///
/// Not thread-safe: all calls, and the callbacks, are on the loop's thread.
class Outbox {
 public:
  using Now = std::function<Instant()>;
  /// Called with the result of each attempt: "delivered", "retried" or "rejected".
  using Counted = std::function<void(const std::string& receiver, std::string_view result)>;
  /// Called with what is to be stored of each attempt.
  using Update = std::function<void(OutboxUpdate)>;

  Outbox(boost::asio::io_context& loop, Client& client, Now now, Update update, Counted counted);
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// Who there is to be told, from now on. Messages for a receiver that is not among them wait
  /// until it is again.
  void configure(std::vector<alert::Receiver> receivers);
  /// What the store still held from before a restart.
  void restore(std::vector<OutboxRow> rows);
  /// New messages. One whose id was added already is not sent again; if it is done with, Update is
  /// called for it again.
  void add(const std::vector<OutboxMessage>& messages);
  /// What is firing now. Only Alertmanagers care: they forget what they do not hear of, so each is
  /// told every minute, and at once when something new fires.
  void set_firing(std::vector<FiringNotice> firing);

  std::size_t pending() const;
  std::map<std::string, std::size_t> pending_by_receiver() const;

  /// Lets messages on their way arrive, for no longer than `limit`, then ends all tasks.
  boost::asio::awaitable<void> stop(Duration limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
