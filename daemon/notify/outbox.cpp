#include "daemon/notify/outbox.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/notify/lane.h"
#include "daemon/notify/requests.h"
#include "daemon/notify/result_log.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using namespace std::chrono_literals;
using alert::DeliveryResult;
using alert::DeliveryStatus;
using alert::Notice;
using Steady = std::chrono::steady_clock;

/// Nothing waits longer than this without a look at the clock, which may step ahead.
constexpr Duration look_interval = 10s;
/// Of an answer, which is a line or a page; what is longer is cut.
constexpr std::size_t answer_bytes_max = 64 * 1024;

/// What came of a request.
struct Attempt {
  DeliveryResult result;
  std::optional<Duration> retry_after;
};

/// A message that is not delivered yet.
struct Pending {
  std::string receiver;
  OutboxMessage to_forward = {};  ///< itself, if it fires and no fallback was notified
};

}  // namespace

struct Outbox::State {
  using LaneKey = std::pair<std::string, std::size_t>;  ///< receiver and address

  asio::io_context& loop;
  Client& client;
  std::function<Instant()> now;
  Update update;
  Counted counted;
  Forward forward;
  Duration send_timeout;
  std::map<LaneKey, Lane> lanes = {};
  std::map<std::string, Pending> pending = {};  ///< by id
  std::map<std::string, alert::Receiver> receivers = {};
  std::mt19937_64 random{std::random_device{}()};
  std::uint64_t last_flight = 0;
  std::size_t running = 0;
  bool is_stopping = false;
  asio::steady_timer all_ended{loop};

  Lane& lane_of(const std::string& receiver, std::size_t address);
  std::size_t addresses_of(const std::string& receiver) const;
  double jitter() { return std::generate_canonical<double, 53>(random); }
  void add(const OutboxRow& row);
  void add_to(Lane& lane, OutboxRow row);
  void configure(const alert::Receiver& receiver, const config::Access& access, Lane& lane);
  void log_lost_receivers();
  void forward_overdue();

  void go_on(Lane& lane);
  void wake_at(Lane& lane, Instant at);
  void start(Lane& lane, Flight flight);
  void ended(const LaneKey& key, std::uint64_t number, const std::exception_ptr& problem);
  asio::awaitable<void> fly(LaneKey key, std::uint64_t number);
  asio::awaitable<std::optional<Attempt>> send(alert::Receiver receiver, BuiltRequest request);
  asio::awaitable<void> all_ended_by(Steady::time_point deadline);
  void landed(Lane& lane, Flight& flight, const Attempt& attempt);
  void settle(Lane& lane, const Batch& batch, const Attempt& attempt);
  void store(std::vector<OutboxUpdate> updates);
  void resent(Lane& lane, const Attempt& attempt);
};

Lane& Outbox::State::lane_of(const std::string& receiver, std::size_t address) {
  return lanes.try_emplace({receiver, address}, loop, receiver, address).first->second;
}

std::size_t Outbox::State::addresses_of(const std::string& receiver) const {
  const auto found = receivers.find(receiver);
  return found == receivers.end() ? 1 : found->second.addresses();
}

void Outbox::State::add(const OutboxRow& row) {
  const OutboxMessage& message = row.message;
  Pending waiting{.receiver = message.receiver};
  if (row.unreadable.empty() && message.notice.kind == Notice::Kind::firing) {
    waiting.to_forward = message;
  }
  if (!pending.emplace(message.id, std::move(waiting)).second) return;
  const std::size_t addresses = addresses_of(message.receiver);
  for (std::size_t address = 0; address < addresses; ++address) {
    add_to(lane_of(message.receiver, address), row);
  }
}

void Outbox::State::add_to(Lane& lane, OutboxRow row) {
  store(lane.backlog.add(std::move(row), now()));
}

void Outbox::State::log_lost_receivers() {
  for (auto& [key, lane] : lanes) {
    if (lane.receiver || lane.is_dropped || lane.backlog.empty() || lane.is_known_lost) continue;
    lane.is_known_lost = true;
    log::warning("messages wait for a receiver that is not in the configuration",
                 {{"receiver", lane.name}, {"messages", lane.backlog.size()}});
  }
}

void Outbox::State::forward_overdue() {
  const Instant at = now();
  for (auto& [id, waiting] : pending) {
    const auto receiver = receivers.find(waiting.receiver);
    if (receiver == receivers.end() || !receiver->second.fallback) continue;
    if (waiting.to_forward.id.empty()) continue;
    if (at - waiting.to_forward.created < receiver->second.fallback->after) continue;
    log_forwarded(waiting.to_forward, receiver->second.fallback->receiver);
    forward(std::exchange(waiting.to_forward, {}));
  }
}

/// Begins all that is due, and waits for the rest.
void Outbox::State::go_on(Lane& lane) {
  if (!lane.receiver || is_stopping) return;
  const Instant at = now();
  while (auto batch = lane.backlog.begin(at)) {
    Flight flight{.batch = std::move(batch), .notices = {}};
    for (const OutboxRow& row : flight.batch->rows) flight.notices.push_back(row.message.notice);
    start(lane, std::move(flight));
  }
  if (lane.resend) {
    if (auto notices = lane.resend->begin(at); !notices.empty()) {
      start(lane, {.batch = {}, .notices = std::move(notices)});
    }
  }
  Instant next = at + look_interval;
  if (const auto due = lane.backlog.due()) next = std::min(next, *due);
  if (const auto due = lane.resend ? lane.resend->due(at) : std::nullopt) {
    next = std::min(next, *due);
  }
  wake_at(lane, next);
}

void Outbox::State::wake_at(Lane& lane, Instant at) {
  lane.wakes.expires_after(std::max(at - now(), Duration(1)));
  lane.wakes.async_wait([this, key = LaneKey(lane.name, lane.address)](const auto& ended) {
    if (ended) return;
    if (const auto found = lanes.find(key); found != lanes.end()) go_on(found->second);
  });
}

void Outbox::State::start(Lane& lane, Flight flight) {
  flight.number = ++last_flight;
  flight.is_resend = !flight.batch;
  const Flight& begun = lane.flights.emplace_back(std::move(flight));
  ++running;
  const LaneKey key(lane.name, lane.address);
  asio::co_spawn(loop, fly(key, begun.number),
                 asio::bind_cancellation_slot(
                     begun.cancel->slot(),
                     [this, key, number = begun.number](const std::exception_ptr& problem) {
                       ended(key, number, problem);
                     }));
}

void Outbox::State::ended(const LaneKey& key, std::uint64_t number,
                          const std::exception_ptr& problem) {
  if (--running == 0) all_ended.cancel();
  Lane& lane = lanes.at(key);
  const auto flight = std::ranges::find(lane.flights, number, &Flight::number);
  const Flight last = std::move(*flight);
  lane.flights.erase(flight);
  if (problem && !is_stopping) {
    std::string what = "unknown";
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      what = error.what();
    }
    log::error("a delivery failed for a reason of slod's own; it is tried again",
               {{"receiver", lane.name}, {"error", what}});
    // It may have been the message, so it is not tried again at once.
    const DeliveryResult failed{.status = DeliveryStatus::retry, .reason = what};
    if (last.batch) lane.backlog.end(*last.batch, {failed, std::nullopt, now(), jitter()});
    if (last.is_resend && lane.resend) lane.resend->end(failed, std::nullopt, now());
  }
  if (lane.is_unused()) {
    lanes.erase(key);
  } else {
    go_on(lane);
  }
}

asio::awaitable<void> Outbox::State::fly(LaneKey key, std::uint64_t number) {
  Lane& lane = lanes.at(key);  // which stays while it has a flight
  Flight& flight = *std::ranges::find(lane.flights, number, &Flight::number);
  if (flight.batch && !flight.batch->rows.front().unreadable.empty()) {
    const std::string& why = flight.batch->rows.front().unreadable;
    landed(lane, flight, {{.status = DeliveryStatus::rejected, .reason = why}, std::nullopt});
    co_return;
  }
  const alert::Receiver receiver = *lane.receiver;  // a reload may change it meanwhile
  const auto attempt = co_await send(
      receiver, build_request(receiver, lane.access, flight.notices, key.second, now()));
  if (!attempt) co_return;
  Lane& same = lanes.at(key);
  landed(same, *std::ranges::find(same.flights, number, &Flight::number), *attempt);
}

/// Nullopt: it was cancelled, and what came of it is not known.
asio::awaitable<std::optional<Attempt>> Outbox::State::send(alert::Receiver receiver,
                                                            BuiltRequest request) {
  if (!request) {
    co_return Attempt{{.status = DeliveryStatus::retry, .reason = request.error()}, std::nullopt};
  }
  request->fetch.timeout = send_timeout;
  request->fetch.body_bytes_max = answer_bytes_max;
  request->fetch.cut_body = true;
  request->fetch.accept_gzip = false;
  auto reply = co_await client.fetch(std::move(request->fetch));
  if (!reply && reply.error().kind == FetchError::Kind::cancelled) co_return std::nullopt;
  alert::ReceiverAnswer answer;
  if (reply) answer.status = reply->status;
  answer.text = without_secrets(reply ? std::move(reply->body) : std::move(reply.error().message),
                                request->secrets);
  co_return Attempt{receiver.result(answer), reply ? reply->retry_after : std::nullopt};
}

void Outbox::State::landed(Lane& lane, Flight& flight, const Attempt& attempt) {
  const bool is_delivered = attempt.result.status == DeliveryStatus::delivered;
  if (lane.resend && is_delivered && flight.batch) {
    for (const Notice& notice : flight.notices) lane.resend->sent(notice, now());
  }
  if (flight.batch) {
    settle(lane, *std::exchange(flight.batch, std::nullopt), attempt);
  } else {
    resent(lane, attempt);
  }
}

void Outbox::State::settle(Lane& lane, const Batch& batch, const Attempt& attempt) {
  std::vector<OutboxUpdate> updates =
      lane.backlog.end(batch, {attempt.result, attempt.retry_after, now(), jitter()});
  std::set<std::string> pages;
  for (const OutboxUpdate& each : updates) {
    const auto row = std::ranges::find(batch.rows, each.id,
                                       [](const OutboxRow& sent) { return sent.message.id; });
    if (row == batch.rows.end()) continue;
    log_result(*row, attempt.result.status, each);
    counted(lane.name, to_string(attempt.result.status));
    const Notice& notice = row->message.notice;
    const bool is_firing_page = notice.kind == Notice::Kind::firing && notice.is_page();
    if (each.state == OutboxState::delivered && is_firing_page) pages.insert(notice.key);
  }
  for (auto& [key, other] : lanes) {
    if (other.name != lane.name && !pages.empty()) other.backlog.taken_elsewhere(pages);
  }
  store(std::move(updates));
}

/// What one address took is delivered, whatever becomes of it at the others.
void Outbox::State::store(std::vector<OutboxUpdate> updates) {
  for (OutboxUpdate& each : updates) {
    const auto waiting = pending.find(each.id);
    if (waiting == pending.end()) continue;
    if (each.state != OutboxState::pending) pending.erase(waiting);
    update(std::move(each));
  }
}

void Outbox::State::resent(Lane& lane, const Attempt& attempt) {
  if (!lane.resend) return;
  lane.resend->end(attempt.result, attempt.retry_after, now());
  const bool fails = attempt.result.status != DeliveryStatus::delivered;
  if (fails && !lane.resend_fails) {
    log::warning("cannot resend what is firing; it is tried again",
                 {{"receiver", lane.name}, {"error", attempt.result.reason}});
  } else if (!fails && lane.resend_fails) {
    log::info("resending what is firing works again", {{"receiver", lane.name}});
  }
  lane.resend_fails = fails;
}

asio::awaitable<void> Outbox::State::all_ended_by(Steady::time_point deadline) {
  all_ended.expires_at(deadline);
  while (running > 0 && Steady::now() < deadline) {
    boost::system::error_code ignored;
    co_await all_ended.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

Outbox::Outbox(asio::io_context& loop, Client& client, std::function<Instant()> now, Update update,
               Counted counted, Forward forward, Duration send_timeout)
    : state_(new State{.loop = loop,
                       .client = client,
                       .now = std::move(now),
                       .update = std::move(update),
                       .counted = std::move(counted),
                       .forward = std::move(forward),
                       .send_timeout = send_timeout}) {}

Outbox::~Outbox() = default;

void Outbox::State::configure(const alert::Receiver& receiver, const config::Access& access,
                              Lane& lane) {
  lane.backlog.set_pace(receiver.pace());
  if (std::exchange(lane.access, access) != access) lane.backlog.hurry();
  if (lane.receiver != receiver) {
    lane.backlog.hurry();
    // Another one knows nothing of what this one was sent.
    lane.resend = receiver.resend().transform([](auto policy) { return Resend(policy); });
  }
  lane.receiver = receiver;
  lane.is_known_lost = false;
}

void Outbox::configure(std::vector<alert::Receiver> receivers,
                       const std::map<std::string, config::Access>& access) {
  state_->receivers.clear();
  for (alert::Receiver& receiver : receivers) {
    const auto found = access.find(receiver.name);
    const config::Access its_access = found == access.end() ? config::Access{} : found->second;
    for (std::size_t address = 0; address < receiver.addresses(); ++address) {
      state_->configure(receiver, its_access, state_->lane_of(receiver.name, address));
    }
    state_->receivers.insert_or_assign(receiver.name, std::move(receiver));
  }
  for (auto& [key, lane] : state_->lanes) {
    const auto known = state_->receivers.find(lane.name);
    const bool is_configured = known != state_->receivers.end();
    if (!is_configured || lane.address >= known->second.addresses()) {
      lane.receiver.reset();
      lane.resend.reset();
    }
    lane.is_dropped = is_configured && !lane.receiver;
  }
  std::erase_if(state_->lanes, [](const auto& entry) { return entry.second.is_unused(); });
  for (auto& [key, lane] : state_->lanes) state_->go_on(lane);
  state_->log_lost_receivers();
}

void Outbox::restore(std::vector<OutboxRow> rows) {
  const Instant latest = state_->now() + alert::retry_wait_max;
  for (OutboxRow& row : rows) {
    row.next_attempt = std::min(row.next_attempt, latest);
    state_->add(row);
  }
  for (auto& [key, lane] : state_->lanes) state_->go_on(lane);
  state_->log_lost_receivers();
}

void Outbox::add(std::vector<OutboxMessage> messages) {
  const Instant at = state_->now();
  for (OutboxMessage& message : messages) {
    state_->add({.message = std::move(message), .attempts = 0, .next_attempt = at, .error = {}});
  }
  for (auto& [key, lane] : state_->lanes) state_->go_on(lane);
  state_->log_lost_receivers();
}

void Outbox::tick(std::vector<alert::ActiveNotice> active) {
  state_->forward_overdue();
  std::map<std::string, std::vector<alert::ActiveNotice>> by_receiver;
  for (alert::ActiveNotice& each : active) by_receiver[each.receiver].push_back(std::move(each));
  const Instant at = state_->now();
  for (auto& [key, lane] : state_->lanes) {
    if (!lane.receiver || !lane.resend) continue;
    lane.resend->set(by_receiver[lane.name], at);
    state_->go_on(lane);
  }
}

std::size_t Outbox::pending() const {
  return state_->pending.size();
}

std::map<std::string, std::size_t> Outbox::pending_by_receiver() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [name, receiver] : state_->receivers) counts[name] = 0;
  for (const auto& [id, waiting] : state_->pending) ++counts[waiting.receiver];
  return counts;
}

std::size_t Outbox::requests() const {
  return state_->running;
}

asio::awaitable<void> Outbox::stop(Duration limit) {
  state_->is_stopping = true;
  for (auto& [key, lane] : state_->lanes) lane.wakes.cancel();
  co_await state_->all_ended_by(Steady::now() + limit);
  for (auto& [key, lane] : state_->lanes) {
    if (lane.flights.empty()) continue;
    log::warning("delivery still in progress at shutdown; will retry after restart",
                 {{"receiver", lane.name}});
    for (Flight& flight : lane.flights) {
      flight.cancel->emit(asio::cancellation_type::terminal);
    }
  }
  co_await state_->all_ended_by(Steady::time_point::max());
}

}  // namespace slod
