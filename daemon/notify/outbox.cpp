#include "daemon/notify/outbox.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <set>
#include <utility>

#include "daemon/log/log.h"
#include "daemon/notify/request.h"
#include "lib/alert/delivery.h"

namespace slod {
namespace asio = boost::asio;
namespace {

constexpr Duration refresh_interval = std::chrono::minutes(1);

/// The least time between two messages: Slack takes one a second, PagerDuty two.
Duration pace_of(alert::ReceiverKind kind) {
  switch (kind) {
    case alert::ReceiverKind::slack:
      return std::chrono::seconds(1);
    case alert::ReceiverKind::pagerduty:
      return std::chrono::milliseconds(500);
    default:
      return Duration::zero();
  }
}

/// Between 0 and 1, different for each message and attempt, so that retries do not come in step.
double jitter_of(const OutboxRow& row) {
  const std::size_t hash = std::hash<std::string>{}(row.message.id + std::to_string(row.attempts));
  return static_cast<double>(hash % 1000) / 1000.0;
}

/// One receiver and its task.
struct Lane {
  explicit Lane(asio::io_context& loop) : wake(loop) {}

  alert::Receiver receiver;
  asio::steady_timer wake;
  asio::cancellation_signal cancel;
  bool ending = false;
  bool sending = false;
  Instant paced_until{};
  std::vector<alert::Notice> firing;
  Instant refresh_due{};
};

}  // namespace

struct Outbox::State {
  asio::io_context& loop;
  Client& client;
  Now now;
  Update update;
  Counted counted;
  std::map<std::string, std::unique_ptr<Lane>> lanes;
  std::vector<std::unique_ptr<Lane>> ended;  ///< let go, but still in the middle of something
  std::map<std::string, std::deque<OutboxRow>> rows;  ///< by receiver
  /// Every message ever added; with what became of it, once it is done with.
  std::map<std::string, std::optional<OutboxUpdate>> known;
  std::size_t running = 0;
  asio::steady_timer all_ended{loop};

  void start(alert::Receiver receiver);
  void end(std::unique_ptr<Lane> lane);
  void finished(Lane* lane, std::exception_ptr problem);
  asio::awaitable<void> run(Lane* lane);
  asio::awaitable<void> send_first(Lane* lane);
  asio::awaitable<void> refresh(Lane* lane);
  asio::awaitable<alert::Answer> ask(Fetch request, std::optional<Duration>* retry_after);
  void settle(Lane& lane, const alert::Answer& answer, std::optional<Duration> retry_after);
  void give_up_first(Lane& lane, const std::string& why);
  void finish_first(Lane& lane, OutboxUpdate outcome);
  std::optional<Instant> next_due(const Lane& lane) const;
  void wake(const std::string& receiver);
};

void Outbox::State::wake(const std::string& receiver) {
  const auto lane = lanes.find(receiver);
  if (lane != lanes.end()) lane->second->wake.cancel();
}

void Outbox::State::start(alert::Receiver receiver) {
  auto lane = std::make_unique<Lane>(loop);
  lane->receiver = std::move(receiver);
  Lane* running_lane = lane.get();
  lanes[running_lane->receiver.name] = std::move(lane);
  ++running;
  asio::co_spawn(loop, run(running_lane),
                 asio::bind_cancellation_slot(running_lane->cancel.slot(),
                                              [this, running_lane](std::exception_ptr problem) {
                                                finished(running_lane, problem);
                                              }));
}

void Outbox::State::end(std::unique_ptr<Lane> lane) {
  lane->ending = true;
  Lane& ending = *lane;
  ended.push_back(std::move(lane));
  ending.cancel.emit(asio::cancellation_type::terminal);
}

void Outbox::State::finished(Lane* lane, std::exception_ptr problem) {
  --running;
  if (problem && !lane->ending) {
    try {
      std::rethrow_exception(problem);
    } catch (const std::exception& error) {
      log::error("a receiver's task ended by itself; nobody tells it any more",
                 {{"receiver", lane->receiver.name}, {"error", error.what()}});
    }
  }
  std::erase_if(ended, [lane](const auto& owned) { return owned.get() == lane; });
  all_ended.cancel();
}

std::optional<Instant> Outbox::State::next_due(const Lane& lane) const {
  std::optional<Instant> due;
  const auto own = rows.find(lane.receiver.name);
  if (own != rows.end() && !own->second.empty()) {
    due = std::max(own->second.front().next_attempt, lane.paced_until);
  }
  if (!lane.firing.empty()) due = std::min(due.value_or(lane.refresh_due), lane.refresh_due);
  return due;
}

asio::awaitable<void> Outbox::State::run(Lane* lane) {
  while (!lane->ending) {
    const auto due = next_due(*lane);
    const Instant at = now();
    if (due && *due <= at) {
      const auto own = rows.find(lane->receiver.name);
      const bool has_row = own != rows.end() && !own->second.empty() &&
                           std::max(own->second.front().next_attempt, lane->paced_until) <= at;
      lane->sending = true;
      if (has_row) {
        co_await send_first(lane);
      } else {
        co_await refresh(lane);
      }
      lane->sending = false;
      all_ended.cancel();
      continue;
    }
    // Looked at again once a second at the latest: the clock may have been set meanwhile.
    lane->wake.expires_after(due ? std::min<Duration>(*due - at, std::chrono::seconds(1))
                                 : std::chrono::hours(1));
    boost::system::error_code woken;
    co_await lane->wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

asio::awaitable<alert::Answer> Outbox::State::ask(Fetch request,
                                                  std::optional<Duration>* retry_after) {
  const auto reply = co_await client.fetch(std::move(request));
  if (!reply) co_return alert::Answer{.status = {}, .text = reply.error().message};
  *retry_after = reply->retry_after;
  co_return alert::Answer{.status = reply->status, .text = reply->body};
}

asio::awaitable<void> Outbox::State::send_first(Lane* lane) {
  const OutboxRow row = rows[lane->receiver.name].front();
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(row.message.notice, error);
  const auto notice = alert::notice_from_json(value);
  if (error || !notice) {
    give_up_first(*lane, "the stored message cannot be read");
    co_return;
  }
  std::optional<Duration> retry_after;
  alert::Answer answer;
  auto request = request_for(lane->receiver, *notice, now());
  if (request) {
    answer = co_await ask(std::move(*request), &retry_after);
  } else {
    answer.text = request.error();
  }
  lane->paced_until = now() + pace_of(lane->receiver.kind());
  if (!lane->ending) settle(*lane, answer, retry_after);
}

void Outbox::State::settle(Lane& lane, const alert::Answer& answer,
                           std::optional<Duration> retry_after) {
  const std::string& name = lane.receiver.name;
  const alert::Classified result = alert::classify(lane.receiver.kind(), answer);
  if (result.delivery == alert::Delivery::rejected) return give_up_first(lane, result.reason);
  std::deque<OutboxRow>& own = rows[name];
  OutboxRow& row = own.front();
  ++row.attempts;
  if (result.delivery == alert::Delivery::delivered) {
    log::info("told a receiver", {{"receiver", name}, {"message", row.message.id}});
    counted(name, "delivered");
    return finish_first(lane, {row.message.id, OutboxState::delivered, row.attempts, now(), {}});
  }
  row.next_attempt = alert::next_attempt(row.attempts, retry_after, now(), jitter_of(row));
  row.error = result.reason;
  log::warning("cannot tell a receiver yet; it is tried again",
               {{"receiver", name},
                {"message", row.message.id},
                {"attempts", row.attempts},
                {"next_attempt", format_instant(row.next_attempt)},
                {"error", row.error}});
  counted(name, "retried");
  update({row.message.id, OutboxState::pending, row.attempts, row.next_attempt, row.error});
}

void Outbox::State::give_up_first(Lane& lane, const std::string& why) {
  const OutboxRow& row = rows[lane.receiver.name].front();
  log::error("a receiver refuses a message; it is given up",
             {{"receiver", lane.receiver.name}, {"message", row.message.id}, {"error", why}});
  counted(lane.receiver.name, "rejected");
  finish_first(lane, {row.message.id, OutboxState::rejected, row.attempts + 1, now(), why});
}

void Outbox::State::finish_first(Lane& lane, OutboxUpdate outcome) {
  rows[lane.receiver.name].pop_front();
  known[outcome.id] = outcome;
  update(std::move(outcome));
}

asio::awaitable<void> Outbox::State::refresh(Lane* lane) {
  const auto& receiver = std::get<alert::Alertmanager>(lane->receiver.endpoint);
  std::optional<Duration> ignored;
  lane->refresh_due = now() + refresh_interval;
  const alert::Answer answer =
      co_await ask(refresh_request(receiver, lane->firing, now()), &ignored);
  const alert::Classified result = alert::classify(lane->receiver.kind(), answer);
  if (result.delivery == alert::Delivery::delivered) co_return;
  lane->refresh_due = now() + std::chrono::seconds(5);
  log::warning("cannot remind an Alertmanager of what is firing; it is tried again",
               {{"receiver", lane->receiver.name}, {"error", result.reason}});
}

Outbox::Outbox(asio::io_context& loop, Client& client, Now now, Update update, Counted counted)
    : state_(new State{
          loop, client, std::move(now), std::move(update), std::move(counted), {}, {}, {}, {}}) {}

Outbox::~Outbox() = default;

void Outbox::configure(std::vector<alert::Receiver> receivers) {
  std::set<std::string> wanted;
  for (alert::Receiver& receiver : receivers) {
    wanted.insert(receiver.name);
    const auto known = state_->lanes.find(receiver.name);
    if (known != state_->lanes.end() && known->second->receiver == receiver) continue;
    if (known != state_->lanes.end()) state_->end(std::move(known->second));
    state_->start(std::move(receiver));
  }
  for (auto lane = state_->lanes.begin(); lane != state_->lanes.end();) {
    const auto next = std::next(lane);
    if (!wanted.contains(lane->first)) {
      state_->end(std::move(lane->second));
      state_->lanes.erase(lane);
    }
    lane = next;
  }
  for (const auto& [receiver, rows] : state_->rows) {
    if (rows.empty() || wanted.contains(receiver)) continue;
    log::warning("messages wait for a receiver that is not configured",
                 {{"receiver", receiver}, {"messages", rows.size()}});
  }
}

void Outbox::restore(std::vector<OutboxRow> rows) {
  for (OutboxRow& row : rows) {
    const std::string receiver = row.message.receiver;
    const auto [known, is_new] = state_->known.try_emplace(row.message.id);
    if (!is_new) {
      // Sent while the disk failed, and stored only now: say again what became of it.
      if (known->second) state_->update(*known->second);
      continue;
    }
    state_->rows[receiver].push_back(std::move(row));
    state_->wake(receiver);
  }
}

void Outbox::add(const std::vector<OutboxMessage>& messages) {
  std::vector<OutboxRow> rows;
  for (const OutboxMessage& message : messages) rows.push_back({message, 0, message.created, {}});
  restore(std::move(rows));
}

void Outbox::set_firing(std::vector<FiringNotice> firing) {
  std::map<std::string, std::vector<alert::Notice>> by_receiver;
  for (FiringNotice& entry : firing) {
    by_receiver[entry.receiver].push_back(std::move(entry.notice));
  }
  for (auto& [name, lane] : state_->lanes) {
    if (lane->receiver.kind() != alert::ReceiverKind::alertmanager) continue;
    std::vector<alert::Notice>& now_firing = by_receiver[name];
    const bool grew = now_firing.size() > lane->firing.size();
    lane->firing = std::move(now_firing);
    if (!grew) continue;
    lane->refresh_due = state_->now();
    lane->wake.cancel();
  }
}

std::size_t Outbox::pending() const {
  std::size_t count = 0;
  for (const auto& [receiver, rows] : state_->rows) count += rows.size();
  return count;
}

std::map<std::string, std::size_t> Outbox::pending_by_receiver() const {
  std::map<std::string, std::size_t> counts;
  for (const auto& [receiver, rows] : state_->rows) counts[receiver] = rows.size();
  return counts;
}

asio::awaitable<void> Outbox::stop(Duration limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto is_sending = [this] {
    return std::ranges::any_of(state_->lanes,
                               [](const auto& lane) { return lane.second->sending; });
  };
  boost::system::error_code woken;
  while (is_sending() && std::chrono::steady_clock::now() < deadline) {
    state_->all_ended.expires_at(deadline);
    co_await state_->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  while (!state_->lanes.empty()) {
    auto lane = state_->lanes.extract(state_->lanes.begin());
    state_->end(std::move(lane.mapped()));
  }
  while (state_->running > 0) {
    state_->all_ended.expires_at(asio::steady_timer::time_point::max());
    co_await state_->all_ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

}  // namespace slod
