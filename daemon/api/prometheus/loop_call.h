#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace slod::prometheus_api {

/// Has a function called on the loop's thread, soon. May be called on any thread.
using Post = std::function<void(std::function<void()>)>;

/// Calls `function` on the loop's thread and waits for its value; nullopt where a stop is requested
/// first. For threads of a pool, since the loop never waits for one. `function` may be called after
/// the return, or never, so it owns all that it touches but what lives as long as the loop.
template <class Function>
std::optional<std::invoke_result_t<Function&>> on_loop(const Post& post,
                                                       const std::stop_token& stop,
                                                       Function function) {
  struct State {
    explicit State(Function f) : function(std::move(f)) {}
    Function function;
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<std::invoke_result_t<Function&>> value;
  };
  auto state = std::make_shared<State>(std::move(function));
  post([state] {
    auto value = state->function();
    const std::lock_guard lock(state->mutex);
    state->value = std::move(value);
    state->changed.notify_all();
  });
  std::unique_lock lock(state->mutex);
  // Looks at the token now and then, since a stop_callback of libstdc++ 12 may never return.
  while (!state->value && !stop.stop_requested()) {
    state->changed.wait_for(lock, std::chrono::milliseconds(20));
  }
  return std::exchange(state->value, std::nullopt);
}

}  // namespace slod::prometheus_api
