#include "lib/state/commit_queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

namespace slod {

using enum CommitQueue::State;

bool CommitQueue::wants(bool has_messages) const {
  switch (state_) {
    case idle:
      return true;
    case failing:
    case hung:
      return has_messages || give_up_at_;
    case in_flight:
    case closed:
      return false;
  }
  std::unreachable();
}

CommitQueue::Actions CommitQueue::offer(Changes changes, Time now) {
  assert(wants(true));
  Actions actions;
  if (state_ == idle && changes.empty()) {
    if (give_up_at_) state_ = closed;
    return actions;
  }
  std::ranges::copy(changes.outbox, std::back_inserter(undelivered_));
  note_unstored(changes);
  if (state_ == idle) {
    pending_ = std::move(changes);
    submit(actions, now);
    return actions;
  }
  deliver(actions);
  absorb(state_ == hung ? waiting_ : pending_, std::move(changes));
  return actions;
}

CommitQueue::Actions CommitQueue::acknowledged(const std::expected<void, std::string>& result,
                                               Time now) {
  Actions actions;
  deliver(actions);
  if (!result) {
    if (error_.empty() && state_ != closed) {
      actions.remarks.push_back(
          {true, "cannot store the state; it is kept in memory and tried again every second",
           result.error()});
    }
    error_ = result.error();
    absorb(pending_, std::exchange(waiting_, {}));
    if (state_ != closed) state_ = failing;
    return actions;
  }
  if (!error_.empty()) {
    actions.remarks.push_back({false, "state is stored again", {}});
  } else if (state_ == hung) {
    actions.remarks.push_back({false, "the disk stores again", {}});
  }
  error_.clear();
  pending_ = std::exchange(waiting_, {});
  unstored_.clear();
  note_unstored(pending_);
  if (state_ == closed) return actions;
  state_ = idle;
  if (!pending_.empty()) submit(actions, now);
  return actions;
}

CommitQueue::Actions CommitQueue::tick(Time now) {
  Actions actions;
  if (give_up_at_ && now >= *give_up_at_ && state_ != closed) {
    if (!is_stored()) {
      actions.remarks.push_back({true, "slod ends, and its last changes could not be stored",
                                 error_.empty() ? wait_text(now) : error_});
    }
    deliver(actions);
    state_ = closed;
  } else if (state_ == failing) {
    submit(actions, now);
  } else if (state_ == in_flight && now - began_ >= hang_limit) {
    state_ = hung;
    actions.remarks.push_back({true, problem(now) + "; the state is kept in memory", {}});
    deliver(actions);
  }
  return actions;
}

void CommitQueue::shut_down(Time now) {
  give_up_at_ = now + closing_limit;
}

Duration CommitQueue::under_way(Time now) const {
  return is_under_way() ? std::chrono::floor<Duration>(now - began_) : Duration(0);
}

std::string CommitQueue::problem(Time now) const {
  if (state_ != hung) return error_;
  if (error_.empty()) return wait_text(now);
  return fmt::format("{}, after it failed: {}", wait_text(now), error_);
}

std::string CommitQueue::wait_text(Time now) const {
  return fmt::format("a transaction has been waiting on the disk for {} s (limit {} s)",
                     std::chrono::floor<std::chrono::seconds>(under_way(now)).count(),
                     hang_limit.count());
}

void CommitQueue::submit(Actions& actions, Time now) {
  actions.submit = pending_;
  state_ = in_flight;
  began_ = now;
}

void CommitQueue::note_unstored(const Changes& changes) {
  for (const OutboxMessage& message : changes.outbox) unstored_.insert(message.id);
}

void CommitQueue::deliver(Actions& actions) {
  std::ranges::move(std::exchange(undelivered_, {}), std::back_inserter(actions.deliver));
}

}  // namespace slod
