#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "lib/alert/receivers/delivery.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// The messages that wait for one receiver, first come first served, and when the first may go.
/// Does no input or output.
class Backlog {
 public:
  void add(OutboxRow row) { rows_.push_back(std::move(row)); }

  bool empty() const { return rows_.empty(); }
  std::size_t size() const { return rows_.size(); }
  /// The one to send next, or that is on its way.
  const OutboxRow& front() const { return rows_.front(); }
  /// When the first one may be sent; nullopt: none waits.
  std::optional<Instant> due() const;

  /// The first one goes on its way. The next attempt begins no sooner than `pause` from now.
  void begin(Instant now, Duration pause);
  /// What became of it. Delivered or rejected: it leaves. Else it stays the first, until
  /// alert::next_attempt. `jitter` in [0, 1]. Returns what the store must know.
  OutboxUpdate end(const alert::DeliveryResult& result, std::optional<Duration> retry_after,
                   Instant now, double jitter);
  /// The first one waits no longer for its next attempt.
  void hurry();

 private:
  std::deque<OutboxRow> rows_;
  Instant paused_until_ = Instant::min();
};

}  // namespace slod
