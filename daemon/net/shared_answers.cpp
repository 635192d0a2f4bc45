#include "daemon/net/shared_answers.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <exception>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "daemon/net/encoding.h"

namespace slod {
namespace asio = boost::asio;
namespace {

using ResponsePointer = std::shared_ptr<const Response>;

/// One response on its way to all who asked for it.
struct SharedAnswer {
  explicit SharedAnswer(SharedJob its_job) : job(std::move(its_job)), source(job.source) {}

  bool is_of(const std::shared_ptr<const void>& other) const {
    return !source.owner_before(other) && !other.owner_before(source);
  }
  bool is_wanted() const {
    return std::ranges::any_of(waits, [](const auto& wait) { return !wait.expired(); });
  }

  SharedJob job;
  std::weak_ptr<const void> source;  ///< of the job, also once that is done
  std::vector<std::weak_ptr<SharedWait>> waits;
  ResponsePointer plain;
  ResponsePointer encoded;
  bool is_encoding = false;
};
using AnswerPointer = std::shared_ptr<SharedAnswer>;

/// The answers of one name.
struct Slot {
  AnswerPointer made;
  AnswerPointer running;
  AnswerPointer next;  ///< begins when the running one has ended
};

void end(SharedWait& wait, ResponsePointer response, std::exception_ptr thrown) {
  wait.response = std::move(response);
  wait.thrown = std::move(thrown);
  if (wait.on_end) std::exchange(wait.on_end, nullptr)();
}

void fail(SharedAnswer& answer, const std::exception_ptr& thrown) {
  for (const auto& left : std::exchange(answer.waits, {})) {
    if (const auto wait = left.lock()) end(*wait, nullptr, thrown);
  }
}

}  // namespace

struct SharedAnswers::State {
  State(asio::io_context& its_loop, SharedPools its_pools) : loop(its_loop), pools(its_pools) {}

  using Self = std::shared_ptr<State>;
  static void start(const Self& self, const std::string& name);
  static asio::awaitable<void> make(Self self, std::string name, AnswerPointer answer);
  static void settle(const Self& self, const AnswerPointer& answer);
  static asio::awaitable<void> encode_for_all(Self self, AnswerPointer answer);

  Pool& pool_of(const SharedAnswer& answer) const {
    Pool* const pool = answer.job.is_urgent ? pools.urgent : pools.usual;
    assert(pool != nullptr);
    return *pool;
  }

  asio::io_context& loop;
  SharedPools pools;
  std::map<std::string, Slot> slots;
  bool is_stopped = false;
};

/// Begins with what waits, unless something is being made or no client waits for it any longer.
void SharedAnswers::State::start(const Self& self, const std::string& name) {
  Slot& slot = self->slots[name];
  if (self->is_stopped || slot.running || !slot.next) return;
  slot.running = std::exchange(slot.next, nullptr);
  if (!slot.running->is_wanted()) {
    slot.running = nullptr;
    return;
  }
  asio::co_spawn(self->loop, make(self, name, slot.running), [](const std::exception_ptr&) {});
}

asio::awaitable<void> SharedAnswers::State::make(Self self, std::string name,
                                                 AnswerPointer answer) {
  std::exception_ptr thrown;
  try {
    answer->plain =
        co_await self->pool_of(*answer).run([run = std::move(answer->job.run)]() mutable {
          Response response = run();
          encode(response, false);
          return std::make_shared<const Response>(std::move(response));
        });
  } catch (...) {
    thrown = std::current_exception();
  }
  if (self->is_stopped) co_return;
  Slot& slot = self->slots[name];
  slot.made = thrown ? nullptr : answer;
  slot.running = nullptr;
  answer->job.source = nullptr;
  thrown ? fail(*answer, thrown) : settle(self, answer);
  start(self, name);
}

/// Gives the response to those who wait for it, and has it encoded for those who want it so.
void SharedAnswers::State::settle(const Self& self, const AnswerPointer& answer) {
  bool is_encoding_wanted = false;
  for (const auto& left : std::exchange(answer->waits, {})) {
    const auto wait = left.lock();
    if (!wait) continue;
    if (!wait->gzip_accepted) {
      end(*wait, answer->plain, nullptr);
    } else if (answer->encoded) {
      end(*wait, answer->encoded, nullptr);
    } else {
      answer->waits.push_back(left);
      is_encoding_wanted = true;
    }
  }
  if (self->is_stopped || !is_encoding_wanted || std::exchange(answer->is_encoding, true)) return;
  asio::co_spawn(self->loop, encode_for_all(self, answer), [](const std::exception_ptr&) {});
}

asio::awaitable<void> SharedAnswers::State::encode_for_all(Self self, AnswerPointer answer) {
  std::exception_ptr thrown;
  try {
    answer->encoded = co_await self->pool_of(*answer).run([plain = answer->plain] {
      Response copy = *plain;
      encode(copy, true);
      return std::make_shared<const Response>(std::move(copy));
    });
  } catch (...) {
    thrown = std::current_exception();
  }
  if (self->is_stopped) co_return;
  thrown ? fail(*answer, thrown) : settle(self, answer);
}

SharedAnswers::SharedAnswers(asio::io_context& loop, SharedPools pools)
    : state_(std::make_shared<State>(loop, pools)) {}

SharedAnswers::~SharedAnswers() = default;

std::shared_ptr<SharedWait> SharedAnswers::ask(SharedJob job, bool gzip_accepted,
                                               std::function<void()> on_end) {
  auto wait = std::make_shared<SharedWait>();
  wait->gzip_accepted = gzip_accepted;
  wait->on_end = std::move(on_end);
  const std::string name = job.name;
  Slot& slot = state_->slots[name];
  for (const AnswerPointer& known : {slot.made, slot.running}) {
    if (!known || !known->is_of(job.source)) continue;
    known->waits.push_back(wait);
    if (known->plain) State::settle(state_, known);
    return wait;
  }
  // Whoever waits for an older one that has not begun gets this one.
  auto next = std::make_shared<SharedAnswer>(std::move(job));
  if (slot.next) next->waits = std::move(slot.next->waits);
  next->waits.push_back(wait);
  slot.next = std::move(next);
  State::start(state_, name);
  return wait;
}

void SharedAnswers::stop() {
  state_->is_stopped = true;
}

void SharedAnswers::forget() {
  for (auto at = state_->slots.begin(); at != state_->slots.end();) {
    Slot& slot = at->second;
    if (slot.made && slot.made->source.expired() && !slot.made->is_wanted()) slot.made = nullptr;
    const bool is_empty = !slot.made && !slot.running && !slot.next;
    at = is_empty ? state_->slots.erase(at) : std::next(at);
  }
}

}  // namespace slod
