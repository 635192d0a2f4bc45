#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>

#include "lib/time/instant.h"

namespace slod {

/// A task that is to go on whatever it meets.
struct SupervisedTask {
  std::function<boost::asio::awaitable<void>()> make;
  /// Called with what it threw, before it is made again.
  std::function<void(const std::string& error)> failed;
  /// What it throws from then on is thrown on.
  std::function<bool()> is_over;
  Duration first_wait = std::chrono::seconds(1);
};

/// Runs a task until it returns, and again each time it throws: after `first_wait`, then after
/// twice as long each time, up to a minute, until it ran well for that long.
boost::asio::awaitable<void> supervise(SupervisedTask task);

}  // namespace slod
