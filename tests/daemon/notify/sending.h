#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/net/client.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"
#include "daemon/notify/outbox.h"
#include "tests/lib/alert/sample_notice.h"

namespace slod {

/// An outbox with all it needs, on a clock that moves only when a test moves it.
class Sending {
 public:
  explicit Sending(std::vector<alert::Receiver> receivers, Duration send_timeout = Duration(5'000))
      : receivers_(std::move(receivers)), send_timeout_(send_timeout) {
    restart({});
  }
  ~Sending() { stop(Duration(0)); }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  Outbox& outbox() { return *outbox_; }

  /// Ends the outbox, and begins another with what a store would have kept.
  void restart(std::vector<OutboxRow> rows) {
    if (outbox_) stop(Duration(0));
    outbox_ = std::make_unique<Outbox>(
        loop_, client_, [this] { return now; },
        [this](OutboxUpdate update) {
          if (on_update) on_update(update);
          updates.push_back(std::move(update));
        },
        [this](const std::string& receiver, std::string_view result) {
          counted.push_back(receiver + " " + std::string(result));
        },
        [this](const OutboxMessage& message) { forwarded.push_back(message.id); }, send_timeout_);
    outbox_->configure(receivers_);
    outbox_->restore(std::move(rows));
  }

  void configure(std::vector<alert::Receiver> receivers) {
    receivers_ = std::move(receivers);
    outbox_->configure(receivers_);
  }

  /// Moves the clock, and lets every task see it.
  void advance(Duration by) {
    now += by;
    outbox_->configure(receivers_);
  }

  /// Runs the loop until `is_done`.
  void run_until(const std::function<bool()>& is_done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "expected this to happen in 10 s";
      run();
    }
  }
  void run_until_updates(std::size_t count) {
    run_until([this, count] { return updates.size() >= count; });
  }
  /// Runs the loop and the clock until nothing is pending. The clock stands while a request is on
  /// its way, so that those after it are not faster.
  void run_until_empty() {
    run_until([this] {
      if (outbox_->requests() == 0) advance(Duration(250));
      return outbox_->pending() == 0;
    });
  }
  /// Does all that can be done without waiting for anybody.
  void run_what_is_ready() {
    loop_.restart();
    loop_.poll();
  }

  void stop(Duration limit) {
    auto stopped = boost::asio::co_spawn(loop_, outbox_->stop(limit), boost::asio::use_future);
    while (stopped.wait_for(std::chrono::seconds(0)) != std::future_status::ready) run();
    stopped.get();
  }

  Instant now = alert::sample_notice().starts_at;
  std::vector<OutboxUpdate> updates;
  std::vector<std::string> counted;    ///< "oncall delivered"
  std::vector<std::string> forwarded;  ///< ids
  std::function<void(const OutboxUpdate&)> on_update;

 private:
  /// All that is ready: each move of the clock wakes every lane.
  void run() {
    loop_.restart();
    loop_.run_one_for(std::chrono::milliseconds(1));
    loop_.poll();
  }

  std::vector<alert::Receiver> receivers_;
  Duration send_timeout_;
  boost::asio::io_context loop_{1};
  Resolver resolver_{loop_};
  Pool pool_{1};
  Client client_{resolver_, pool_};
  std::unique_ptr<Outbox> outbox_;
};

/// A message about the episode `key`.
inline OutboxMessage message_about(const std::string& key, const std::string& receiver,
                                   bool resolved = false) {
  alert::Notice notice = resolved ? alert::resolved_notice() : alert::sample_notice();
  notice.key = key;
  notice.slo = key;
  return {.id = key + (resolved ? "/resolved/" : "/firing/") + receiver,
          .receiver = receiver,
          .notice = notice,
          .created = notice.sent_at};
}

/// The receiver of all messages in tests of one: a webhook at `url`.
inline alert::Receiver hook_at(std::string url, std::string name = "hook") {
  return {std::move(name), alert::Webhook{std::move(url), {}}};
}

}  // namespace slod
