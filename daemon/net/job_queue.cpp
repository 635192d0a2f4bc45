#include "daemon/net/job_queue.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace slod {

/// At least one place is left to others, where there is more than one.
std::size_t JobQueue::share() const {
  return std::max<std::size_t>(limits_.running_max * 3 / 4, 1);
}

bool JobQueue::has_place(std::string_view address) const {
  if (running_.size() >= limits_.running_max) return false;
  const auto client = clients_.find(std::string(address));
  return client == clients_.end() || client->second.running < share();
}

std::optional<JobQueue::Ticket> JobQueue::add(std::string_view address, Start start) {
  if (waiting_ >= limits_.waiting_max && !has_place(address)) return std::nullopt;
  const Ticket ticket = ++last_ticket_;
  std::string name(address);
  Client& client = clients_[name];
  if (client.waiting.empty()) turns_.push_back(name);
  client.waiting.push_back({ticket, std::move(start)});
  waiting_where_.emplace(ticket, std::move(name));
  ++waiting_;
  start_next();
  return ticket;
}

void JobQueue::end(Ticket ticket) {
  if (drop_waiting(ticket)) return;
  const auto found = running_.find(ticket);
  if (found == running_.end()) return;
  const std::string address = std::move(found->second);
  running_.erase(found);
  --clients_[address].running;
  forget_if_idle(address);
  start_next();
}

void JobQueue::set_running_max(std::size_t running_max) {
  assert(running_max > 0);
  limits_.running_max = running_max;
  start_next();
}

bool JobQueue::drop_waiting(Ticket ticket) {
  const auto found = waiting_where_.find(ticket);
  if (found == waiting_where_.end()) return false;
  const std::string address = std::move(found->second);
  waiting_where_.erase(found);
  Client& client = clients_[address];
  std::erase_if(client.waiting, [ticket](const Waiting& job) { return job.ticket == ticket; });
  --waiting_;
  if (client.waiting.empty()) std::erase(turns_, address);
  forget_if_idle(address);
  return true;
}

void JobQueue::start_next() {
  while (running_.size() < limits_.running_max) {
    const auto turn = std::ranges::find_if(
        turns_, [this](const std::string& address) { return clients_[address].running < share(); });
    if (turn == turns_.end()) return;
    const std::string address = std::move(*turn);
    turns_.erase(turn);
    Client& client = clients_[address];
    Waiting job = std::move(client.waiting.front());
    client.waiting.pop_front();
    ++client.running;
    --waiting_;
    if (!client.waiting.empty()) turns_.push_back(address);
    waiting_where_.erase(job.ticket);
    running_.emplace(job.ticket, address);
    // Last, since it may add and end jobs.
    job.start();
  }
}

void JobQueue::forget_if_idle(const std::string& address) {
  const auto client = clients_.find(address);
  if (client->second.running == 0 && client->second.waiting.empty()) clients_.erase(client);
}

}  // namespace slod
