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
#include "daemon/notify/requests.h"
#include "daemon/notify/resend.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;
using alert::DeliveryResult;
using alert::DeliveryStatus;
using alert::Notice;
using Steady = std::chrono::steady_clock;

/// No task waits longer than this without a look at the clock, which may step ahead.
constexpr Duration look_interval = 10s;

/// Everything about one receiver, and its task.
struct ReceiverQueue {
  explicit ReceiverQueue(asio::io_context& loop) : wakes(loop) {}

  std::optional<alert::Receiver> receiver;  ///< nullopt: the configuration has none of this name
  Backlog backlog;
  std::optional<Resend> resend;  ///< where the receiver must be sent again what is firing
  bool resend_fails = false;
  bool is_running = false;
  bool is_known_lost = false;  ///< it was logged that there is no such receiver
  asio::steady_timer wakes;
  asio::cancellation_signal cancel;
};

/// Instant::max(): nothing is to be sent again.
Instant resend_due(const ReceiverQueue& queue) {
  if (!queue.resend) return Instant::max();
  return queue.resend->due().value_or(Instant::max());
}

/// What came of a request.
struct Attempt {
  DeliveryResult result;
  std::optional<Duration> retry_after;
};

void log_result(const OutboxRow& row, DeliveryStatus status, const OutboxUpdate& update) {
  const Notice& notice = row.message.notice;
  const std::string about = row.unreadable.empty() ? notice.id() : "unknown";
  const log::Field receiver{"receiver", row.message.receiver};
  const log::Field message{"message", update.id};
  const log::Field alert{"alert", about};
  const log::Field severity{"severity", notice.severity};
  const log::Field state{"state", to_string(notice.kind)};
  switch (status) {
    case DeliveryStatus::delivered:
      log::info("delivered a message",
                {receiver, alert, severity, state, message, {"attempts", update.attempts}});
      return;
    case DeliveryStatus::retry:
      log::warning("cannot deliver a message; will retry",
                   {receiver,
                    alert,
                    severity,
                    state,
                    message,
                    {"attempts", update.attempts},
                    {"next_attempt", format_instant(update.next_attempt)},
                    {"error", update.error}});
      return;
    case DeliveryStatus::rejected:
      log::error("a receiver rejected a message; giving up",
                 {receiver, alert, severity, state, message, {"error", update.error}});
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
  std::map<std::string, ReceiverQueue> queues = {};  ///< by receiver
  std::set<std::string> waiting = {};                ///< ids in the backlogs
  std::mt19937_64 random{std::random_device{}()};
  std::size_t running = 0;
  bool is_stopping = false;
  asio::steady_timer all_ended{loop};

  ReceiverQueue& queue_of(const std::string& receiver);
  double jitter() { return std::generate_canonical<double, 53>(random); }
  void add(OutboxRow row);
  void log_lost_receivers();

  void start(ReceiverQueue& queue);
  void ended(ReceiverQueue* queue, const std::exception_ptr& problem);
  asio::awaitable<void> run(ReceiverQueue* queue);
  asio::awaitable<void> wait(ReceiverQueue* queue, Instant until);
  asio::awaitable<void> deliver_first(ReceiverQueue* queue);
  asio::awaitable<void> resend(ReceiverQueue* queue);
  asio::awaitable<std::optional<Attempt>> send(alert::Receiver receiver, BuiltRequest request);
  asio::awaitable<void> all_ended_by(Steady::time_point deadline);
  void settle(ReceiverQueue& queue, const OutboxRow& row, const Attempt& attempt);
};

ReceiverQueue& Outbox::State::queue_of(const std::string& receiver) {
  return queues.try_emplace(receiver, loop).first->second;
}

void Outbox::State::add(OutboxRow row) {
  if (!waiting.insert(row.message.id).second) return;
  ReceiverQueue& queue = queue_of(row.message.receiver);
  queue.backlog.add(std::move(row));
  queue.wakes.cancel();
}

void Outbox::State::log_lost_receivers() {
  for (auto& [name, queue] : queues) {
    if (queue.receiver || queue.backlog.empty() || queue.is_known_lost) continue;
    queue.is_known_lost = true;
    log::warning("messages wait for a receiver that is not in the configuration",
                 {{"receiver", name}, {"messages", queue.backlog.size()}});
  }
}

void Outbox::State::start(ReceiverQueue& queue) {
  if (queue.is_running || is_stopping) return;
  queue.is_running = true;
  ++running;
  asio::co_spawn(loop, run(&queue),
                 asio::bind_cancellation_slot(
                     queue.cancel.slot(), [this, at = &queue](const std::exception_ptr& problem) {
                       ended(at, problem);
                     }));
}

void Outbox::State::ended(ReceiverQueue* queue, const std::exception_ptr& problem) {
  queue->is_running = false;
  if (--running == 0) all_ended.cancel();
  if (problem && !is_stopping) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("a receiver's task failed; restarting it", {{"error", error.what()}});
      // It may have been the message, so it is not tried again at once.
      if (!queue->backlog.empty()) {
        queue->backlog.end({DeliveryStatus::retry, error.what()}, std::nullopt, now(), jitter());
      }
    }
  }
  if (queue->receiver) {
    start(*queue);
  } else if (queue->backlog.empty()) {
    std::erase_if(queues, [queue](const auto& entry) { return &entry.second == queue; });
  }
}

asio::awaitable<void> Outbox::State::run(ReceiverQueue* queue) {
  while (queue->receiver && !is_stopping) {
    const Instant at = now();
    const Instant delivery = queue->backlog.due().value_or(Instant::max());
    const Instant resending = resend_due(*queue);
    if (delivery <= at) {
      co_await deliver_first(queue);
    } else if (resending <= at) {
      co_await resend(queue);
    } else {
      co_await wait(queue, std::min({delivery, resending, at + look_interval}));
    }
  }
}

asio::awaitable<void> Outbox::State::wait(ReceiverQueue* queue, Instant until) {
  queue->wakes.expires_after(until - now());
  boost::system::error_code woken;
  co_await queue->wakes.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

asio::awaitable<void> Outbox::State::deliver_first(ReceiverQueue* queue) {
  const alert::Receiver receiver = *queue->receiver;  // a reload may change it meanwhile
  const OutboxRow row = queue->backlog.front();
  queue->backlog.begin(now(), receiver.pause());
  if (!row.unreadable.empty()) {
    settle(*queue, row, {{DeliveryStatus::rejected, row.unreadable}, std::nullopt});
    co_return;
  }
  const Notice& notice = row.message.notice;
  const auto attempt = co_await send(receiver, build_request(receiver, notice, now()));
  if (!attempt) co_return;
  const bool is_delivered = attempt->result.status == DeliveryStatus::delivered;
  if (queue->resend && is_delivered && notice.kind == Notice::Kind::firing) {
    queue->resend->sent(notice.key, now());
  }
  settle(*queue, row, *attempt);
}

asio::awaitable<void> Outbox::State::resend(ReceiverQueue* queue) {
  const alert::Receiver receiver = *queue->receiver;
  queue->resend->begin(now());
  const auto attempt =
      co_await send(receiver, build_resend(receiver, queue->resend->notices(), now()));
  if (!attempt || !queue->resend) co_return;
  if (attempt->retry_after) queue->resend->hold(*attempt->retry_after, now());
  const bool fails = attempt->result.status != DeliveryStatus::delivered;
  if (fails && !queue->resend_fails) {
    log::warning("cannot resend what is firing; will retry every minute",
                 {{"receiver", receiver.name}, {"error", attempt->result.reason}});
  } else if (!fails && queue->resend_fails) {
    log::info("resending what is firing works again", {{"receiver", receiver.name}});
  }
  queue->resend_fails = fails;
}

/// Nullopt: it was cancelled, and what came of it is not known.
asio::awaitable<std::optional<Attempt>> Outbox::State::send(alert::Receiver receiver,
                                                            BuiltRequest request) {
  if (!request) co_return Attempt{{DeliveryStatus::retry, request.error()}, std::nullopt};
  request->fetch.timeout = send_timeout;
  auto reply = co_await client.fetch(std::move(request->fetch));
  if (!reply && reply.error().kind == FetchError::Kind::cancelled) co_return std::nullopt;
  alert::ReceiverAnswer answer;
  if (reply) answer.status = reply->status;
  answer.text = without_secrets(reply ? std::move(reply->body) : std::move(reply.error().message),
                                request->secrets);
  co_return Attempt{receiver.result(answer), reply ? reply->retry_after : std::nullopt};
}

void Outbox::State::settle(ReceiverQueue& queue, const OutboxRow& row, const Attempt& attempt) {
  const DeliveryStatus status = attempt.result.status;
  OutboxUpdate result = queue.backlog.end(attempt.result, attempt.retry_after, now(), jitter());
  if (status != DeliveryStatus::retry) waiting.erase(result.id);
  log_result(row, status, result);
  counted(row.message.receiver, to_string(status));
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
    ReceiverQueue& queue = state_->queue_of(receiver.name);
    if (queue.receiver != receiver) {
      queue.backlog.hurry();
      // Another one knows nothing of what this one was sent.
      queue.resend = receiver.resend().transform([](auto policy) { return Resend(policy); });
    }
    queue.receiver = std::move(receiver);
    queue.is_known_lost = false;
    state_->start(queue);
    queue.wakes.cancel();
  }
  for (auto& [name, queue] : state_->queues) {
    if (names.contains(name)) continue;
    queue.receiver.reset();
    queue.resend.reset();
    queue.wakes.cancel();
  }
  state_->log_lost_receivers();
}

void Outbox::restore(std::vector<OutboxRow> rows) {
  const Instant latest = state_->now() + alert::retry_wait_max;
  for (OutboxRow& row : rows) {
    row.next_attempt = std::min(row.next_attempt, latest);
    state_->add(std::move(row));
  }
  state_->log_lost_receivers();
}

void Outbox::add(std::vector<OutboxMessage> messages) {
  const Instant at = state_->now();
  for (OutboxMessage& message : messages) {
    state_->add({.message = std::move(message), .attempts = 0, .next_attempt = at, .error = {}});
  }
  state_->log_lost_receivers();
}

void Outbox::set_firing(std::vector<alert::FiringNotice> notices) {
  std::map<std::string, std::vector<alert::Notice>> by_receiver;
  for (alert::FiringNotice& firing : notices) {
    by_receiver[firing.receiver].push_back(std::move(firing.notice));
  }
  const Instant at = state_->now();
  for (auto& [name, queue] : state_->queues) {
    if (!queue.receiver || !queue.resend) continue;
    const Instant before = resend_due(queue);
    queue.resend->set(std::move(by_receiver[name]), at);
    if (resend_due(queue) < before) queue.wakes.cancel();
  }
}

std::size_t Outbox::pending() const {
  return state_->waiting.size();
}

std::map<std::string, std::size_t> Outbox::pending_by_receiver() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, queue] : state_->queues) {
    if (queue.receiver || !queue.backlog.empty()) counts[name] = queue.backlog.size();
  }
  return counts;
}

asio::awaitable<void> Outbox::stop(Duration limit) {
  state_->is_stopping = true;
  for (auto& [name, queue] : state_->queues) queue.wakes.cancel();
  co_await state_->all_ended_by(Steady::now() + limit);
  for (auto& [name, queue] : state_->queues) {
    if (!queue.is_running) continue;
    log::warning("delivery still in progress at shutdown; will retry after restart",
                 {{"receiver", name}});
    queue.cancel.emit(asio::cancellation_type::terminal);
  }
  co_await state_->all_ended_by(Steady::time_point::max());
}

}  // namespace slod
