#pragma once

#include <functional>

#include "lib/time/instant.h"

namespace slod {

class Engine;

/// Pure work that the engine wants done off the loop (rules, slices judged by expressions), because
/// it may take more than a millisecond. `run` is called once, on any thread; it owns all that it
/// touches, and where its evaluation throws, it returns what says so. What it returns is then
/// called on the engine's thread, with the engine and the time; it counts for nothing if a reload
/// overtook it.
struct Job {
  using Apply = std::move_only_function<void(Engine& engine, Instant now)>;
  std::move_only_function<Apply()> run;
};

}  // namespace slod
