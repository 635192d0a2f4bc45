#include "daemon/net/resolver.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace slod {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Answer = std::expected<Resolver::Addresses, std::string>;

constexpr std::size_t addresses_max = 16;

/// What is known of one name.
struct Name {
  Resolver::Addresses addresses;  ///< the last good answer; empty before the first
  Clock::time_point answered;     ///< when that came
  std::string error;              ///< of the last lookup, empty if it was good
  bool is_sought = false;         ///< a lookup runs, or waits for its turn
  Clock::time_point asked;        ///< since when
  std::uint64_t lookups_done = 0;
  std::list<asio::steady_timer*> waiting;
};

/// Takes the timer off the list again, however the coroutine that waits for it ends.
class PlaceInLine {
 public:
  PlaceInLine(std::list<asio::steady_timer*>& list, asio::steady_timer& timer)
      : list_(list), place_(list.insert(list.end(), &timer)) {}
  ~PlaceInLine() { list_.erase(place_); }
  PlaceInLine(const PlaceInLine&) = delete;
  PlaceInLine& operator=(const PlaceInLine&) = delete;

 private:
  std::list<asio::steady_timer*>& list_;
  std::list<asio::steady_timer*>::iterator place_;
};

struct AddressesEnd {
  void operator()(addrinfo* found) const { freeaddrinfo(found); }
};

}  // namespace

struct Resolver::State {
  /// Where a lookup's thread leaves its answer. Closed (no loop) once the resolver is gone.
  struct Mailbox {
    std::mutex mutex;
    asio::io_context* loop = nullptr;
    std::weak_ptr<State> owner;
  };

  State(asio::io_context& its_loop, ResolverLimits its_limits, Lookup its_lookup)
      : loop(its_loop), limits(its_limits), lookup(std::move(its_lookup)) {}

  void seek(const std::string& host);
  void start_lookups();
  void finish(const std::string& host, Answer answer);
  static void look_up(std::shared_ptr<Mailbox> mailbox, Lookup lookup, std::string host);

  asio::io_context& loop;
  ResolverLimits limits;
  Lookup lookup;
  std::unordered_map<std::string, Name> names;  ///< its elements never move
  std::deque<std::string> queue;
  std::size_t running = 0;
  std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
};

void Resolver::State::seek(const std::string& host) {
  Name& name = names[host];
  if (name.is_sought) return;
  name.is_sought = true;
  name.asked = Clock::now();
  queue.push_back(host);
  start_lookups();
}

void Resolver::State::start_lookups() {
  while (!queue.empty() && running < limits.lookups_max) {
    std::string host = std::move(queue.front());
    queue.pop_front();
    try {
      std::thread thread(look_up, mailbox, lookup, host);
      // Left to itself: getaddrinfo cannot be interrupted, and joining would wait for it.
      thread.detach();
      ++running;
    } catch (const std::system_error& error) {
      finish(host, std::unexpected(fmt::format("cannot look up {}: {}", host, error.what())));
    }
  }
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the thread must own them.
void Resolver::State::look_up(std::shared_ptr<Mailbox> mailbox, Lookup lookup, std::string host) {
  Answer answer;
  try {
    answer = lookup(host);
    if (answer && answer->empty()) {
      answer = std::unexpected(fmt::format("the name {} has no address", host));
    }
  } catch (const std::exception& error) {
    answer = std::unexpected(fmt::format("cannot look up {}: {}", host, error.what()));
  }
  const std::lock_guard lock(mailbox->mutex);
  if (mailbox->loop == nullptr) return;
  asio::post(*mailbox->loop, [owner = mailbox->owner, host, answer = std::move(answer)]() mutable {
    const std::shared_ptr<State> state = owner.lock();
    if (!state) return;
    --state->running;
    state->finish(host, std::move(answer));
    state->start_lookups();
  });
}

void Resolver::State::finish(const std::string& host, Answer answer) {
  Name& name = names[host];
  name.is_sought = false;
  ++name.lookups_done;
  if (answer) {
    name.addresses = std::move(*answer);
    name.answered = Clock::now();
    name.error.clear();
  } else {
    name.error = std::move(answer.error());
  }
  for (asio::steady_timer* timer : name.waiting) timer->cancel();
}

Resolver::Resolver(asio::io_context& loop) : Resolver(loop, {}, system_lookup) {}

Resolver::Resolver(asio::io_context& loop, ResolverLimits limits, Lookup lookup)
    : state_(std::make_shared<State>(loop, limits, std::move(lookup))) {
  state_->mailbox->loop = &loop;
  state_->mailbox->owner = state_;
}

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mailbox->mutex);
  state_->mailbox->loop = nullptr;
}

asio::awaitable<Answer> Resolver::resolve(std::string host, Clock::time_point deadline) {
  boost::system::error_code no_literal;
  const auto literal = asio::ip::make_address(host, no_literal);
  if (!no_literal) co_return Addresses{literal};

  const std::shared_ptr<State> state = state_;
  Name& name = state->names[host];
  const bool has_answer = !name.addresses.empty();
  if (has_answer && Clock::now() - name.answered < state->limits.fresh_for) {
    co_return name.addresses;
  }
  const std::uint64_t lookups_before = name.lookups_done;
  state->seek(host);
  const auto patient_until = has_answer ? name.asked + state->limits.patience : deadline;
  if (name.lookups_done == lookups_before) {
    asio::steady_timer timer(state->loop, std::min(patient_until, deadline));
    const PlaceInLine place(name.waiting, timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (!name.addresses.empty()) co_return name.addresses;
  if (name.lookups_done == lookups_before) {
    co_return std::unexpected(fmt::format("no answer for the name {} in time", host));
  }
  co_return std::unexpected(name.error);
}

Answer system_lookup(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (failed != 0) {
    return std::unexpected(fmt::format("cannot look up {}: {}", name, gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, AddressesEnd> end(found);
  Resolver::Addresses addresses;
  for (const addrinfo* at = found; at != nullptr && addresses.size() < addresses_max;
       at = at->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (at->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const char*>(at->ai_addr), at->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    endpoint.resize(at->ai_addrlen);
    addresses.push_back(endpoint.address());
  }
  return addresses;
}

}  // namespace slod
