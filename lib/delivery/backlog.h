#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/alert/receivers/delivery.h"
#include "lib/alert/receivers/receiver_type.h"
#include "lib/state/outbox.h"
#include "lib/time/instant.h"

namespace slod {

/// Messages that go to a receiver in one request.
struct Batch {
  std::uint64_t number = 0;
  std::vector<OutboxRow> rows;  ///< at least one
};

/// What came of a request.
struct Outcome {
  alert::DeliveryResult result;
  std::optional<Duration> retry_after;  ///< as the receiver asked
  Instant now;
  double jitter = 0;  ///< in [0, 1]
};

/// The messages that wait for one receiver, and which may go when.
///
/// - Order holds within one alert only: what is said of it goes in the order in which it was added.
///   A message that fails waits for its own next attempt, and holds up no other alert's.
/// - Firing pages go first, then their ends, then all else that fires, then the ends of that. Among
///   these, what was never tried goes before what is tried again, and the alerts of a service with
///   few waiting before those of one with many.
/// - When more than a few wait, a receiver that takes several in one request gets them so. If it
///   finds fault with them, they are tried again by halves, until the bad one is alone. If it fails
///   altogether, one of them goes alone next, which tells whether it was the receiver.
/// - What is over before it was sent is not sent: its end is, which says since when it fired.
/// - Whatever fails is tried again: a firing page for ever, all else for give_up_after.
///
/// Does no input or output; not thread-safe.
class Backlog {
 public:
  static constexpr std::size_t requests_max = 8;     ///< on their way at a time
  static constexpr std::size_t repetitions_max = 4;  ///< of these, how many may be repetitions
  static constexpr std::size_t few = 3;              ///< that are not worth a common request
  static constexpr Duration give_up_after = std::chrono::hours(24);
  /// The longest that Retry-After holds a firing page which no other receiver took.
  static constexpr Duration page_wait_max = std::chrono::minutes(1);

  explicit Backlog(alert::Pace pace = {}) : pace_(pace) {}
  void set_pace(alert::Pace pace) { pace_ = pace; }

  /// What the store must know of messages that need not be sent any longer.
  std::vector<OutboxUpdate> add(OutboxRow row, Instant now);

  bool empty() const { return size_ == 0; }
  /// Messages, those on their way among them.
  std::size_t size() const { return size_; }
  /// When the next request may begin; nullopt: not before another one ends, or something is added.
  std::optional<Instant> due() const;

  /// The next request goes on its way; nullopt: none is due. end() must follow.
  std::optional<Batch> begin(Instant now);
  /// What became of it. What the store must know.
  std::vector<OutboxUpdate> end(const Batch& batch, const Outcome& outcome);

  /// Another receiver took firing pages with these keys, so that they need not hurry here.
  void taken_elsewhere(const std::set<std::string>& keys);
  /// Nothing waits longer for its next attempt.
  void hurry();

 private:
  struct Waiting {
    OutboxRow row;
    std::uint64_t sequence = 0;
    std::size_t company_max = std::size_t(-1);  ///< messages in its next request
    std::size_t last_company = 0;               ///< in its last one
    bool is_blamed = false;                     ///< failed alone while the receiver took others
    bool must_wait = false;                     ///< the receiver said until when
    bool is_taken = false;                      ///< by another receiver
  };
  /// What is said of one alert.
  struct Thread {
    std::deque<Waiting> rows;
    std::uint64_t request = 0;  ///< that the first one is in; 0: none

    bool may_go() const { return request == 0 && !rows.empty(); }
  };
  using Threads = std::map<std::string, Thread, std::less<>>;

  std::vector<Thread*> candidates(Instant now);
  std::vector<Thread*> chosen(std::vector<Thread*> ready) const;
  bool has_room_for(const Waiting& waiting) const;
  bool is_behind_its_incident(const Waiting& waiting) const;
  static OutboxUpdate tried(Waiting& waiting, const Outcome& outcome);
  void settle(Thread& thread, std::vector<OutboxUpdate>& updates, Instant now);
  void pop(Thread& thread);
  void recover(Instant now);
  void blame(std::vector<Waiting*>& failed, Instant now);

  alert::Pace pace_;
  Threads threads_;                                        ///< by Notice::identity; none is empty
  std::map<std::string, std::size_t> firing_in_incident_;  ///< how many wait, by incident
  std::size_t size_ = 0;
  std::size_t requests_ = 0;
  std::size_t repetitions_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_sequence_ = 0;
  bool is_healthy_ = true;  ///< the last request succeeded
  Instant paused_until_ = Instant::min();
};

}  // namespace slod
