#include "daemon/notify/outbox.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/notify/backlog.h"
#include "daemon/notify/reminders.h"
#include "daemon/notify/senders.h"
#include "lib/alert/delivery.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;
using alert::Classified;
using alert::Delivery;
using alert::Notice;
using Steady = std::chrono::steady_clock;

/// No task waits longer than this without a look at the clock, which may step ahead.
constexpr Duration look_interval = 10s;
/// As alert::next_attempt waits at most.
constexpr Duration wait_max = 1h;
constexpr Duration finished_kept = 1h;

/// Everything about one receiver, and its task.
struct Lane {
  explicit Lane(asio::io_context& loop) : wakes(loop) {}

  std::optional<alert::Receiver> receiver;  ///< nullopt: the configuration has none of this name
  Backlog backlog;
  Reminders reminders;
  bool reminders_fail = false;
  bool is_running = false;
  bool is_known_lost = false;  ///< it was logged that there is no such receiver
  asio::steady_timer wakes;
  asio::cancellation_signal cancel;
};

/// A message that is delivered or rejected, for as long as it may be added again.
struct Finished {
  OutboxUpdate update;
  Instant added;
};

/// What came of a request.
struct Outcome {
  Classified meaning;
  std::optional<Duration> retry_after;
};

std::string_view result_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::delivered:
      return "delivered";
    case Delivery::retry:
      return "retried";
    case Delivery::rejected:
      break;
  }
  return "rejected";
}

void log_result(const std::string& receiver, Delivery delivery, const OutboxUpdate& update) {
  switch (delivery) {
    case Delivery::delivered:
      log::info("delivered a message",
                {{"receiver", receiver}, {"message", update.id}, {"attempts", update.attempts}});
      return;
    case Delivery::retry:
      log::warning("cannot deliver a message; it is tried again",
                   {{"receiver", receiver},
                    {"message", update.id},
                    {"attempts", update.attempts},
                    {"next_attempt", format_instant(update.next_attempt)},
                    {"error", update.error}});
      return;
    case Delivery::rejected:
      log::error("a receiver does not take a message; it is given up",
                 {{"receiver", receiver}, {"message", update.id}, {"error", update.error}});
      return;
  }
}

}  // namespace

struct Outbox::State {
  asio::io_context& loop;
  Client& client;
  std::function<Instant()> now;
  Update update;
  Counted counted;
  Duration send_timeout;
  std::map<std::string, Lane> lanes = {};  ///< by receiver
  std::set<std::string> waiting = {};      ///< ids in the backlogs
  std::map<std::string, Finished> finished = {};
  std::mt19937_64 random{std::random_device{}()};
  std::size_t running = 0;
  bool is_stopping = false;
  asio::steady_timer all_ended{loop};

  Lane& lane_of(const std::string& receiver);
  double jitter() { return std::generate_canonical<double, 53>(random); }
  void queue(OutboxRow row);
  void forget_finished();
  void log_lost_receivers();

  void start(Lane& lane);
  void ended(Lane* lane, const std::exception_ptr& problem);
  asio::awaitable<void> run(Lane* lane);
  asio::awaitable<void> wait(Lane* lane, Instant until);
  asio::awaitable<void> deliver_first(Lane* lane);
  asio::awaitable<void> remind(Lane* lane);
  asio::awaitable<std::optional<Outcome>> send(alert::ReceiverKind kind, Written letter);
  asio::awaitable<void> all_ended_by(Steady::time_point deadline);
  void settle(Lane& lane, const std::string& receiver, const Outcome& outcome);
};

Lane& Outbox::State::lane_of(const std::string& receiver) {
  return lanes.try_emplace(receiver, loop).first->second;
}

void Outbox::State::queue(OutboxRow row) {
  if (!waiting.insert(row.message.id).second) return;
  Lane& lane = lane_of(row.message.receiver);
  lane.backlog.add(std::move(row));
  lane.wakes.cancel();
}

void Outbox::State::forget_finished() {
  std::erase_if(finished, [oldest = now() - finished_kept](const auto& entry) {
    return entry.second.added < oldest;
  });
}

void Outbox::State::log_lost_receivers() {
  for (auto& [name, lane] : lanes) {
    if (lane.receiver || lane.backlog.empty() || lane.is_known_lost) continue;
    lane.is_known_lost = true;
    log::warning("messages wait for a receiver that is not in the configuration",
                 {{"receiver", name}, {"messages", lane.backlog.size()}});
  }
}

void Outbox::State::start(Lane& lane) {
  if (lane.is_running || is_stopping) return;
  lane.is_running = true;
  ++running;
  asio::co_spawn(loop, run(&lane),
                 asio::bind_cancellation_slot(
                     lane.cancel.slot(), [this, at = &lane](const std::exception_ptr& problem) {
                       ended(at, problem);
                     }));
}

void Outbox::State::ended(Lane* lane, const std::exception_ptr& problem) {
  lane->is_running = false;
  if (--running == 0) all_ended.cancel();
  if (problem && !is_stopping) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("a receiver's task ended by itself; it is started again",
                 {{"error", error.what()}});
      // It may have been the message, so it is not tried again at once.
      if (!lane->backlog.empty()) {
        lane->backlog.end({Delivery::retry, error.what()}, std::nullopt, now(), jitter());
      }
    }
  }
  if (lane->receiver) {
    start(*lane);
  } else if (lane->backlog.empty()) {
    std::erase_if(lanes, [lane](const auto& entry) { return &entry.second == lane; });
  }
}

asio::awaitable<void> Outbox::State::run(Lane* lane) {
  while (lane->receiver && !is_stopping) {
    const Instant at = now();
    const Instant delivery = lane->backlog.due().value_or(Instant::max());
    const Instant reminder = lane->reminders.due().value_or(Instant::max());
    if (delivery <= at) {
      co_await deliver_first(lane);
    } else if (reminder <= at) {
      co_await remind(lane);
    } else {
      co_await wait(lane, std::min({delivery, reminder, at + look_interval}));
    }
  }
}

asio::awaitable<void> Outbox::State::wait(Lane* lane, Instant until) {
  lane->wakes.expires_after(until - now());
  boost::system::error_code woken;
  co_await lane->wakes.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> Outbox::State::deliver_first(Lane* lane) {
  const alert::Receiver receiver = *lane->receiver;  // a reload may change it meanwhile
  const OutboxRow row = lane->backlog.front();
  lane->backlog.begin(now(), pause_between(receiver.kind()));
  if (!row.unreadable.empty()) {
    settle(*lane, receiver.name, {{Delivery::rejected, row.unreadable}, std::nullopt});
    co_return;
  }
  const Notice& notice = row.message.notice;
  const auto outcome = co_await send(receiver.kind(), write_letter(receiver, notice, now()));
  if (!outcome) co_return;
  if (receiver.kind() == alert::ReceiverKind::alertmanager &&
      outcome->meaning.delivery == Delivery::delivered && notice.kind == Notice::Kind::firing) {
    lane->reminders.told(notice.key, now());
  }
  settle(*lane, receiver.name, *outcome);
}

asio::awaitable<void> Outbox::State::remind(Lane* lane) {
  const alert::Receiver receiver = *lane->receiver;
  const auto& endpoint = std::get<alert::Alertmanager>(receiver.endpoint);
  lane->reminders.begin(now());
  const auto outcome =
      co_await send(receiver.kind(), write_letter(endpoint, lane->reminders.notices(), now()));
  if (!outcome) co_return;
  if (outcome->retry_after) lane->reminders.hold(*outcome->retry_after, now());
  const bool fails = outcome->meaning.delivery != Delivery::delivered;
  if (fails && !lane->reminders_fail) {
    log::warning("cannot tell an Alertmanager what is firing; it is tried again every minute",
                 {{"receiver", receiver.name}, {"error", outcome->meaning.reason}});
  } else if (!fails && lane->reminders_fail) {
    log::info("tells an Alertmanager what is firing again", {{"receiver", receiver.name}});
  }
  lane->reminders_fail = fails;
}

/// Nullopt: it was cancelled, and nobody knows what came of it.
asio::awaitable<std::optional<Outcome>> Outbox::State::send(alert::ReceiverKind kind,
                                                            Written letter) {
  if (!letter) co_return Outcome{{Delivery::retry, letter.error()}, std::nullopt};
  letter->fetch.timeout = send_timeout;
  auto reply = co_await client.fetch(std::move(letter->fetch));
  if (!reply && reply.error().kind == FetchError::Kind::cancelled) co_return std::nullopt;
  alert::Answer answer;
  if (reply) answer.status = reply->status;
  answer.text = without_secrets(reply ? std::move(reply->body) : std::move(reply.error().message),
                                letter->secrets);
  co_return Outcome{alert::classify(kind, answer), reply ? reply->retry_after : std::nullopt};
}

void Outbox::State::settle(Lane& lane, const std::string& receiver, const Outcome& outcome) {
  const Instant at = now();
  const Delivery delivery = outcome.meaning.delivery;
  OutboxUpdate result = lane.backlog.end(outcome.meaning, outcome.retry_after, at, jitter());
  if (delivery != Delivery::retry) {
    waiting.erase(result.id);
    finished.insert_or_assign(result.id, Finished{result, at});
  }
  log_result(receiver, delivery, result);
  counted(receiver, result_of(delivery));
  update(std::move(result));
}

asio::awaitable<void> Outbox::State::all_ended_by(Steady::time_point deadline) {
  all_ended.expires_at(deadline);
  while (running > 0 && Steady::now() < deadline) {
    boost::system::error_code ignored;
    co_await all_ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

Outbox::Outbox(asio::io_context& loop, Client& client, std::function<Instant()> now, Update update,
               Counted counted, Duration send_timeout)
    : state_(new State{.loop = loop,
                       .client = client,
                       .now = std::move(now),
                       .update = std::move(update),
                       .counted = std::move(counted),
                       .send_timeout = send_timeout}) {}

Outbox::~Outbox() = default;

void Outbox::configure(std::vector<alert::Receiver> receivers) {
  std::set<std::string> names;
  for (alert::Receiver& receiver : receivers) {
    names.insert(receiver.name);
    Lane& lane = state_->lane_of(receiver.name);
    if (lane.receiver != receiver) {
      lane.backlog.hurry();
      lane.reminders = {};  // another Alertmanager knows nothing of what this one was told
    }
    lane.receiver = std::move(receiver);
    lane.is_known_lost = false;
    state_->start(lane);
    lane.wakes.cancel();
  }
  for (auto& [name, lane] : state_->lanes) {
    if (names.contains(name)) continue;
    lane.receiver.reset();
    lane.reminders = {};
    lane.wakes.cancel();
  }
  state_->log_lost_receivers();
}

void Outbox::restore(std::vector<OutboxRow> rows) {
  const Instant latest = state_->now() + wait_max;
  for (OutboxRow& row : rows) {
    row.next_attempt = std::min(row.next_attempt, latest);
    state_->queue(std::move(row));
  }
  state_->log_lost_receivers();
}

void Outbox::add(std::vector<OutboxMessage> messages) {
  const Instant at = state_->now();
  for (OutboxMessage& message : messages) {
    const auto known = state_->finished.find(message.id);
    if (known != state_->finished.end()) {
      known->second.added = at;
      state_->update(known->second.update);
      continue;
    }
    state_->queue({.message = std::move(message), .attempts = 0, .next_attempt = at, .error = {}});
  }
  state_->forget_finished();
  state_->log_lost_receivers();
}

void Outbox::set_firing(std::vector<alert::FiringNotice> notices) {
  std::map<std::string, std::vector<alert::Notice>> by_receiver;
  for (alert::FiringNotice& firing : notices) {
    by_receiver[firing.receiver].push_back(std::move(firing.notice));
  }
  const Instant at = state_->now();
  for (auto& [name, lane] : state_->lanes) {
    if (!lane.receiver || lane.receiver->kind() != alert::ReceiverKind::alertmanager) continue;
    const Instant before = lane.reminders.due().value_or(Instant::max());
    lane.reminders.set(std::move(by_receiver[name]), at);
    if (lane.reminders.due().value_or(Instant::max()) < before) lane.wakes.cancel();
  }
  state_->forget_finished();
}

std::size_t Outbox::pending() const {
  return state_->waiting.size();
}

std::map<std::string, std::size_t> Outbox::pending_by_receiver() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, lane] : state_->lanes) {
    if (lane.receiver || !lane.backlog.empty()) counts[name] = lane.backlog.size();
  }
  return counts;
}

std::size_t Outbox::finished() const {
  return state_->finished.size();
}

asio::awaitable<void> Outbox::stop(Duration limit) {
  state_->is_stopping = true;
  for (auto& [name, lane] : state_->lanes) lane.wakes.cancel();
  co_await state_->all_ended_by(Steady::now() + limit);
  for (auto& [name, lane] : state_->lanes) {
    if (!lane.is_running) continue;
    log::warning("a message is on its way at the end; it stays in the outbox",
                 {{"receiver", name}});
    lane.cancel.emit(asio::cancellation_type::terminal);
  }
  co_await state_->all_ended_by(Steady::time_point::max());
}

}  // namespace slod
