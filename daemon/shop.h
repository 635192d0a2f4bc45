#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace slod {

/// The web shop of the demo: a server on a thread of its own whose /metrics shows the traffic of
/// fifty requests a second, of which one in ten fails during an outage. It also takes webhooks,
/// as a person on call would.
class Shop {
 public:
  static constexpr std::chrono::seconds outage_begins{20};
  static constexpr std::chrono::seconds outage_ends{30};

  /// `paged` is called with the summary of each alert that arrives, on the shop's thread.
  explicit Shop(std::function<void(const std::string& summary)> paged);
  ~Shop();
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  std::uint16_t port() const { return port_; }
  /// Since the shop opened.
  std::chrono::duration<double> open_for() const;

 private:
  struct Loop;

  std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::now();
  std::unique_ptr<Loop> loop_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

/// The shop's /metrics page when it has been open for `open_seconds`.
std::string shop_metrics(double open_seconds);

}  // namespace slod
