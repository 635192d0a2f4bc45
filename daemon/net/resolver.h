#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/time/instant.h"

namespace slod {

struct ResolverLimits {
  std::size_t lookups_max = 64;  ///< at the same time; further names wait for their turn
  Duration fresh_for{30'000};    ///< an answer this young is used without asking again
  Duration patience{2'000};      ///< how long a lookup may take before the last answer is used
};

/// Finds the addresses of names, each name on a thread of its own while it is looked up: Asio
/// resolves all names of a loop on one thread, where a dead target's name would hold up a page.
/// The last good answer is kept, and used when asking again fails or hangs.
///
/// It is getaddrinfo and not c-ares, which could be cancelled and would need no threads, because
/// names must mean what they mean to every other program of the machine: /etc/nsswitch.conf, mDNS,
/// systemd-resolved. c-ares speaks DNS and reads /etc/hosts, and nothing else.
///
/// Not thread-safe: called on the loop's thread. getaddrinfo cannot be interrupted, so it is never
/// waited for: a lookup's thread is not joined and holds nothing but its own mailbox. When the
/// resolver is destroyed the mailbox is closed, and the thread drops its answer whenever it comes;
/// when the process exits the thread ends with it. A lookup never keeps the loop running.
class Resolver {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;
  /// Looks a name up, blocking; called on a thread of its own. The error is a sentence.
  using Lookup = std::function<std::expected<Addresses, std::string>(const std::string& name)>;

  explicit Resolver(boost::asio::io_context& loop);
  Resolver(boost::asio::io_context& loop, ResolverLimits limits, Lookup lookup);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The addresses of `host`, at least one, best first. IP literals are themselves. The error is a
  /// sentence that names the host.
  boost::asio::awaitable<std::expected<Addresses, std::string>> resolve(
      std::string host, std::chrono::steady_clock::time_point deadline);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the coroutines that wait
};

/// getaddrinfo, for stream sockets.
std::expected<Resolver::Addresses, std::string> system_lookup(const std::string& name);

}  // namespace slod
