#include "lib/delivery/backlog.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <tuple>
#include <utility>

namespace slod {
namespace {

using alert::DeliveryStatus;
using alert::Notice;

constexpr std::string_view superseded =
    "not sent, because the alert was over before: the message of its end says since when it fired";

/// How long all of a receiver's messages wait after it said that they are too many.
constexpr Duration too_many_wait = std::chrono::seconds(1);
constexpr Duration too_many_wait_max = std::chrono::seconds(2);

bool is_firing(const OutboxRow& row) {
  return row.message.notice.kind == Notice::Kind::firing;
}

bool is_firing_page(const OutboxRow& row) {
  return row.unreadable.empty() && is_firing(row) && row.message.notice.is_page();
}

/// The lower, the sooner.
int rank(const OutboxRow& row) {
  if (!row.unreadable.empty()) return 3;
  return (row.message.notice.is_page() ? 0 : 2) + (is_firing(row) ? 0 : 1);
}

/// A message that cannot be read may be about any alert, so it is about none of the others.
std::string alert_of(const OutboxRow& row) {
  return row.unreadable.empty() ? row.message.notice.identity() : "unreadable " + row.message.id;
}

OutboxUpdate update_of(const OutboxRow& row, OutboxState state) {
  return {row.message.id, state, row.attempts, row.next_attempt, row.error};
}

}  // namespace

std::vector<OutboxUpdate> Backlog::add(OutboxRow row, Instant now) {
  const auto place = threads_.try_emplace(alert_of(row)).first;
  Thread& thread = place->second;
  if (is_firing(row) && !row.message.notice.incident.empty()) {
    ++firing_in_incident_[row.message.notice.incident];
  }
  thread.rows.push_back({.row = std::move(row), .sequence = ++last_sequence_});
  ++size_;
  std::vector<OutboxUpdate> updates;
  settle(thread, updates, now);
  if (thread.rows.empty()) threads_.erase(place);
  return updates;
}

void Backlog::pop(Thread& thread) {
  const OutboxRow& row = thread.rows.front().row;
  const std::string& incident = row.message.notice.incident;
  if (is_firing(row) && !incident.empty() && --firing_in_incident_[incident] == 0) {
    firing_in_incident_.erase(incident);
  }
  thread.rows.pop_front();
  --size_;
}

/// Removes what need not be sent from the front of a thread.
void Backlog::settle(Thread& thread, std::vector<OutboxUpdate>& updates, Instant now) {
  while (thread.may_go()) {
    const bool must_wait = thread.rows.front().must_wait;
    OutboxRow& row = thread.rows.front().row;
    const Notice& notice = row.message.notice;
    const bool has_next = thread.rows.size() > 1;
    if (has_next && is_firing(row) && !is_firing(thread.rows[1].row) &&
        thread.rows[1].row.message.notice.key == notice.key) {
      Waiting& next = thread.rows[1];
      next.must_wait = must_wait;
      if (must_wait) next.row.next_attempt = std::max(next.row.next_attempt, row.next_attempt);
      row.error = superseded;
      row.next_attempt = now;
      updates.push_back(update_of(row, OutboxState::rejected));
    } else if (!is_firing(row) && notice.incident_goes_on) {
      row.error.clear();
      row.next_attempt = now;
      updates.push_back(update_of(row, OutboxState::delivered));
    } else {
      return;
    }
    pop(thread);
  }
}

bool Backlog::has_room_for(const Waiting& waiting) const {
  return waiting.row.attempts == 0 || repetitions_ < repetitions_max;
}

/// An incident must not end before all that it is about is said.
bool Backlog::is_behind_its_incident(const Waiting& waiting) const {
  return !is_firing(waiting.row) &&
         firing_in_incident_.contains(waiting.row.message.notice.incident);
}

std::optional<Instant> Backlog::due() const {
  if (requests_ >= requests_max) return std::nullopt;
  std::optional<Instant> first;
  for (const auto& [alert, thread] : threads_) {
    if (!thread.may_go()) continue;
    const Waiting& waiting = thread.rows.front();
    if (!has_room_for(waiting) || is_behind_its_incident(waiting)) continue;
    if (!first || waiting.row.next_attempt < *first) first = waiting.row.next_attempt;
  }
  if (!first) return std::nullopt;
  return std::max(*first, paused_until_);
}

/// Those whose first message may go now, in the order in which they should.
std::vector<Backlog::Thread*> Backlog::candidates(Instant now) {
  std::vector<Thread*> ready;
  std::map<std::string_view, std::size_t> of_service;
  for (auto& [alert, thread] : threads_) {
    if (!thread.may_go()) continue;
    const Waiting& waiting = thread.rows.front();
    if (waiting.row.next_attempt > now || !has_room_for(waiting)) continue;
    if (is_behind_its_incident(waiting)) continue;
    ready.push_back(&thread);
    ++of_service[waiting.row.message.notice.service];
  }
  const auto place = [&of_service](const Thread* thread) {
    const Waiting& waiting = thread->rows.front();
    const OutboxRow& row = waiting.row;
    const bool is_repetition = row.attempts > 0;
    return std::tuple(rank(row), is_repetition, is_repetition ? row.next_attempt : Instant::min(),
                      of_service.at(row.message.notice.service), waiting.sequence);
  };
  std::ranges::sort(ready, {}, place);
  return ready;
}

/// The first of those that are ready, with all that go with it.
std::vector<Backlog::Thread*> Backlog::chosen(std::vector<Thread*> ready) const {
  const Waiting& head = ready.front()->rows.front();
  const std::string& incident = head.row.message.notice.incident;
  const auto goes_along = [&](const Thread* thread) {
    const Waiting& other = thread->rows.front();
    if (!other.row.unreadable.empty() || other.company_max == 1) return false;
    if (rank(other.row) != rank(head.row)) return false;
    if ((other.row.attempts > 0) != (head.row.attempts > 0)) return false;
    return !pace_.by_incident || other.row.message.notice.incident == incident;
  };
  const bool goes_alone = pace_.batch_max <= 1 || head.company_max == 1 ||
                          !head.row.unreadable.empty() || (pace_.by_incident && incident.empty());
  if (goes_alone) return {ready.front()};
  std::erase_if(ready, [&](const Thread* thread) { return !goes_along(thread); });
  if (!pace_.by_incident && ready.size() <= few) return {ready.front()};
  std::size_t most = pace_.batch_max;
  for (std::size_t i = 0; i < ready.size() && i < most; ++i) {
    most = std::min(most, std::max(ready[i]->rows.front().company_max, i));
  }
  ready.resize(std::min(ready.size(), most));
  return ready;
}

std::optional<Batch> Backlog::begin(Instant now) {
  if (requests_ >= requests_max || now < paused_until_) return std::nullopt;
  std::vector<Thread*> ready = candidates(now);
  if (ready.empty()) return std::nullopt;
  Batch batch{.number = ++last_number_, .rows = {}};
  for (Thread* thread : chosen(std::move(ready))) {
    thread->request = batch.number;
    batch.rows.push_back(thread->rows.front().row);
  }
  ++requests_;
  if (batch.rows.front().attempts > 0) ++repetitions_;
  paused_until_ = now + pace_.pause;
  return batch;
}

/// Notes what became of an attempt.
OutboxUpdate Backlog::tried(Waiting& waiting, const Outcome& outcome) {
  OutboxRow& row = waiting.row;
  ++row.attempts;
  row.error = outcome.result.reason;
  waiting.must_wait = outcome.retry_after.has_value();
  const bool is_delivered = outcome.result.status == DeliveryStatus::delivered;
  const bool is_given_up =
      !is_delivered &&
      (!row.unreadable.empty() ||
       (!is_firing_page(row) && outcome.now - row.message.created >= give_up_after));
  if (is_delivered || is_given_up) {
    row.next_attempt = outcome.now;
    return update_of(row, is_delivered ? OutboxState::delivered : OutboxState::rejected);
  }
  const bool may_wait = !is_firing_page(row) || waiting.is_taken;
  const Duration wait_max = may_wait ? alert::retry_wait_max : page_wait_max;
  const auto wait = outcome.retry_after.transform(
      [wait_max](Duration asked) { return std::min(asked, wait_max); });
  row.next_attempt = alert::next_attempt(row.attempts, wait, outcome.now, outcome.jitter);
  return update_of(row, OutboxState::pending);
}

std::vector<OutboxUpdate> Backlog::end(const Batch& batch, const Outcome& outcome) {
  const std::size_t company = batch.rows.size();
  const bool is_delivered = outcome.result.status == DeliveryStatus::delivered;
  const bool is_halved = !is_delivered && outcome.result.is_about_message && company > 1;
  --requests_;
  if (batch.rows.front().attempts > 0) --repetitions_;
  if (outcome.result.is_too_many) {
    const Duration wait = std::min(outcome.retry_after.value_or(too_many_wait), too_many_wait_max);
    paused_until_ = std::max(paused_until_, outcome.now + wait);
  }
  std::vector<OutboxUpdate> updates;
  std::vector<Waiting*> failed;
  for (const OutboxRow& sent : batch.rows) {
    const auto found = threads_.find(alert_of(sent));
    assert(found != threads_.end() && found->second.request == batch.number);
    Thread& thread = found->second;
    thread.request = 0;
    Waiting& waiting = thread.rows.front();
    if (is_halved) {
      waiting.company_max = company / 2;
      continue;
    }
    waiting.last_company = company;
    updates.push_back(tried(waiting, outcome));
    if (updates.back().state == OutboxState::pending) {
      failed.push_back(&waiting);
    } else {
      pop(thread);
    }
  }
  if (is_delivered) recover(outcome.now);
  if (!failed.empty()) blame(failed, outcome.now);
  for (const OutboxRow& sent : batch.rows) {
    const auto found = threads_.find(alert_of(sent));
    settle(found->second, updates, outcome.now);
    if (found->second.rows.empty()) threads_.erase(found);
  }
  return updates;
}

/// The receiver takes messages. Where it did not before, what failed only then is tried at once.
void Backlog::recover(Instant now) {
  if (std::exchange(is_healthy_, true)) return;
  for (auto& [alert, thread] : threads_) {
    if (!thread.may_go()) continue;
    Waiting& waiting = thread.rows.front();
    if (waiting.row.attempts == 0 || waiting.is_blamed || waiting.must_wait) continue;
    waiting.row.next_attempt = std::min(waiting.row.next_attempt, now);
    if (waiting.last_company > 1) waiting.company_max = waiting.last_company / 2;
  }
}

/// One that fails again while others are delivered is at fault itself. Of several, one goes alone
/// next, and a little sooner: whether it succeeds says what the others were held up by.
void Backlog::blame(std::vector<Waiting*>& failed, Instant now) {
  const bool was_healthy = std::exchange(is_healthy_, false);
  Waiting& first = *failed.front();
  if (failed.size() > 1) {
    first.company_max = 1;
    if (!first.must_wait) first.row.next_attempt -= (first.row.next_attempt - now) / 2;
  } else if (was_healthy && first.row.attempts > 1) {
    first.is_blamed = true;
    first.company_max = 1;
  }
}

void Backlog::taken_elsewhere(const std::set<std::string>& keys) {
  for (auto& [alert, thread] : threads_) {
    for (Waiting& waiting : thread.rows) {
      const Notice& notice = waiting.row.message.notice;
      if (is_firing(waiting.row) && keys.contains(notice.key)) waiting.is_taken = true;
    }
  }
}

void Backlog::hurry() {
  for (auto& [alert, thread] : threads_) {
    for (Waiting& waiting : thread.rows) {
      waiting.row.next_attempt = Instant::min();
      waiting.is_blamed = false;
      waiting.must_wait = false;
      waiting.company_max = std::size_t(-1);
    }
  }
}

}  // namespace slod
