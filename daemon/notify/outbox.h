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
#include "lib/alert/notice.h"
#include "lib/alert/receivers/receivers.h"
#include "lib/config/config.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// Sends what is in the outbox. Each address of each receiver has a backlog of its own, which says
/// what goes when (lib/delivery/backlog.h), and several requests on their way: none waits for
/// another. Of a receiver with several addresses a message is delivered when one of them took it;
/// the others go on with it all the same. A message may arrive twice, when its acknowledgement was
/// lost; it then says the same, dedup key included.
///
/// Secrets are read from their files for each attempt, so they may be exchanged at any time, and
/// appear in no log, update or error.
///
/// Alertmanager forgets: receivers whose kind has a ResendPolicy are sent again what is firing
/// (lib/delivery/resend.h); and when slod is dead, what it last said ends by itself.
///
/// Not thread-safe: all calls and callbacks happen on the loop's thread. To be stopped before it is
/// destroyed, unless the loop runs no more.
class Outbox {
 public:
  /// What became of one attempt to deliver a message: "delivered", "retried" or "rejected".
  using Counted = std::function<void(const std::string& receiver, std::string_view result)>;
  /// Called after each attempt, for the store.
  using Update = std::function<void(OutboxUpdate)>;
  /// Called for a message that its receiver has not taken for as long as its fallback says.
  using Forward = std::function<void(const OutboxMessage&)>;

  /// `client` must outlive it. One attempt takes at most `send_timeout`.
  Outbox(boost::asio::io_context& loop, Client& client, std::function<Instant()> now, Update update,
         Counted counted, Forward forward, Duration send_timeout = Duration(10'000));
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// The receivers from now on; to be called at start and at each reload. One whose endpoint
  /// changed is tried at once. Messages for one that is gone wait until it is there again, which is
  /// logged; one that is on its way then still gets there.
  /// `access` says, by name, what lets requests to a receiver in.
  void configure(std::vector<alert::Receiver> receivers,
                 const std::map<std::string, config::Access>& access = {});

  /// What the store had pending, in its order; to be called before the first `add`. No message
  /// waits more than an hour from now, whatever a wrong clock once wrote.
  void restore(std::vector<OutboxRow> rows);

  /// Messages to deliver; a message is to be added after its commit, or without it when the disk
  /// fails, and once. One that is pending already is ignored.
  void add(std::vector<OutboxMessage> messages);

  /// Everything that is pending or firing now, not only what changed, for receivers with a
  /// ResendPolicy; to be called every second or so. Sees to what is to be forwarded, too.
  void tick(std::vector<alert::ActiveNotice> active);

  /// Messages that are neither delivered nor rejected; by receiver, of which there may be none
  /// configured. A configured receiver with none has 0.
  std::size_t pending() const;
  std::map<std::string, std::size_t> pending_by_receiver() const;
  /// Requests that are on their way.
  std::size_t requests() const;

  /// Starts nothing more, gives attempts on their way `limit` to finish, then cancels them. What is
  /// cancelled, or was never attempted, stays pending in the store, and is sent after the next
  /// start. Returns when all tasks have ended.
  boost::asio::awaitable<void> stop(Duration limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
