#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "lib/state/changes.h"

namespace slod {

/// Decides what is committed when, so that a disk that fails or hangs loses nothing and keeps no
/// message from its receiver. One transaction is under way at a time.
///
/// - idle: everything is stored.
/// - in_flight: a transaction is under way. Messages wait for its end.
/// - failing: the last one failed, and the next tick repeats it. Messages are delivered at once.
/// - hung: one has been under way for hang_limit. Messages are delivered at once.
/// - closed: slod ends. All is stored, or was given up.
///
/// Each message is handed on once.
/// What is kept in memory while the disk fails is no more than the state itself, and the messages,
/// episodes and verdicts that came meanwhile.
///
/// No clock, no disk: times come as arguments, and what is to be done goes out as Actions, which
/// the caller carries out before the next event. Not thread-safe.
class CommitQueue {
 public:
  /// Of a steady clock.
  using Time = std::chrono::steady_clock::time_point;

  enum class State { idle, in_flight, failing, hung, closed };

  /// A line for the log.
  struct Remark {
    bool is_error = false;
    std::string text;
    std::string error;  ///< of the disk; may be empty

    bool operator==(const Remark&) const = default;
  };

  struct Actions {
    std::optional<Changes> submit;       ///< one transaction; acknowledged() must follow
    std::vector<OutboxMessage> deliver;  ///< in their order
    std::vector<Remark> remarks;
  };

  /// How long a transaction may take before the disk counts as hanging.
  static constexpr std::chrono::seconds hang_limit{10};
  /// How long shut_down() tries to store what is left.
  static constexpr std::chrono::seconds closing_limit{10};

  State state() const { return state_; }
  /// Whether offer() is to be called now. While the disk fails or hangs, that is only so for the
  /// sake of messages, or when slod ends: whoever makes changes keeps them smallest.
  bool wants(bool has_messages) const;

  /// What changed since the last call. Precondition: wants().
  Actions offer(Changes changes, Time now);
  /// What became of the transaction that is under way.
  Actions acknowledged(const std::expected<void, std::string>& result, Time now);
  /// To be called about once a second.
  Actions tick(Time now);
  /// slod ends: it offers what is left, and calls tick() until is_closed().
  void shut_down(Time now);

  bool is_closed() const { return state_ == State::closed; }
  /// Whether all that was offered is on the disk.
  bool is_stored() const { return pending_.empty() && waiting_.empty(); }
  /// Whether the message with this id is not among what waits for the disk.
  bool is_stored(const std::string& message) const { return !unstored_.contains(message); }
  bool is_hung() const { return state_ == State::hung; }
  /// For how long a transaction has been under way; zero: there is none.
  Duration under_way(Time now) const;
  /// Why the state is not stored; empty: it is, or soon will be.
  std::string problem(Time now) const;

 private:
  std::string wait_text(Time now) const;
  bool is_under_way() const { return state_ == State::in_flight || state_ == State::hung; }
  void submit(Actions& actions, Time now);
  void deliver(Actions& actions);
  void note_unstored(const Changes& changes);

  State state_ = State::idle;
  Changes pending_;                           ///< under way, or to be submitted again
  Changes waiting_;                           ///< came while the disk hung; follow pending_
  std::vector<OutboxMessage> undelivered_;    ///< of pending_
  std::unordered_set<std::string> unstored_;  ///< ids of the messages in pending_ and waiting_
  std::string error_;                         ///< of the last transaction; empty: none
  Time began_{};                              ///< of the one that is under way
  std::optional<Time> give_up_at_;            ///< since shut_down()
};

}  // namespace slod
