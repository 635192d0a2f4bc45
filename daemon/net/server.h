#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/pool.h"
#include "daemon/net/request_terms.h"
#include "daemon/net/route_reply.h"
#include "daemon/net/shared_answers.h"
#include "lib/time/instant.h"

namespace slod {

struct ServerState;

/// What peers may cost. Beyond a limit one gets 408, 413, 431 or 503, and its connection ends.
struct ServerLimits {
  std::size_t header_bytes_max = 16 * 1024;  ///< request line and header; below 64 KiB
  std::size_t body_bytes_max = 1024 * 1024;  ///< after the removal of chunk framing
  /// Of all requests together, beyond the first 16 KiB of each.
  std::size_t all_bodies_bytes_max = 16 * 1024 * 1024;
  /// Open at the same time. Those that wait for bytes of their client give way to new ones, and
  /// only where none does a new one gets 503.
  std::size_t connections_max = 1024;
  /// Of these, from one IPv4 address or one /64 network of IPv6, which may be a proxy before many.
  std::size_t per_client_max = 512;
  /// Beyond connections_max, for one request each to a route that always has room.
  std::size_t spare_connections = 64;
  Duration header_timeout{10'000};     ///< from a request's first byte to its header's end
  Duration body_timeout{20'000};       ///< from there to the end of the body
  Duration idle_timeout{75'000};       ///< between requests
  Duration write_timeout{20'000};      ///< for one response
  std::size_t jobs_max = 20;           ///< on the pool at the same time
  std::size_t jobs_waiting_max = 512;  ///< for a turn on the pool
  Duration job_timeout{120'000};       ///< for a job that names none, until it is asked to stop
  Duration job_grace{2'000};           ///< from there until the peer gets a 503 without it
};

/// An HTTP/1.0 and HTTP/1.1 server: keep-alive, pipelining in order, HEAD, 100-continue, chunked
/// request bodies, gzip for who accepts it. It refuses what Beast 1.81 would let through (ambiguous
/// framing, missing or double Host, obsolete folding); every error it makes is JSON.
///
/// Not thread-safe: everything, callbacks included, happens on the one thread that runs the loop,
/// but for a PoolJob's run. Destroying it closes what is open and asks all jobs to stop, without
/// waiting for them; no callback is called after that.
class Server {
 public:
  /// Replies at once, with a response or with a job for the pool: it must not block. What it throws
  /// becomes a 500 and a report.
  using Answer = std::function<RouteReply(const Request&)>;
  /// Called once per response sent, those to unreadable requests included (their method and
  /// target may be empty). `took` is from the request's first byte to the end of its writing.
  using Observer = std::function<void(const Request&, int status, std::chrono::microseconds took)>;
  /// Called with a sentence for the operator: an exception in Answer, an accept that failed.
  using Report = std::function<void(std::string_view sentence)>;

  /// `pool`, which must outlive it, runs the jobs. They may hold all of its threads for minutes,
  /// so it should be no pool that something urgent waits for. Without one, no route may reply with
  /// job (it would become a 500), and long responses are sent as they are. Without `terms_of` each
  /// route allows the longest body, and none always has room. Without `shared_pools` no route may
  /// reply with a shared job.
  Server(boost::asio::io_context& loop, ServerLimits limits, Answer answer, Observer observer,
         Report report, Pool* pool = nullptr, TermsOf terms_of = {}, SharedPools shared_pools = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Takes the port, but no connection yet. `host` is an IP address, "localhost" or "" (every
  /// address); port 0 leaves the choice to the system. Call it once. Returns the port, or what
  /// could not be done and why.
  std::expected<std::uint16_t, std::string> bind(std::string_view host, std::uint16_t port);

  /// Listens on the port that was bound, and serves. Call it once.
  std::expected<void, std::string> start();

  /// bind(), then start().
  std::expected<std::uint16_t, std::string> start(std::string_view host, std::uint16_t port);

  /// Takes no more connections; those that are open go on.
  void stop_accepting();

  /// Stops accepting, closes idle connections, lets requests that have begun finish within
  /// `limit`, then closes what is left. Returns when no connection is open.
  boost::asio::awaitable<void> drain(Duration limit);

  std::size_t connections() const;

  /// As ServerLimits::jobs_max, from now on.
  void set_jobs_max(std::size_t jobs_max);

 private:
  std::shared_ptr<ServerState> state_;  ///< shared with the coroutines that serve
};

}  // namespace slod
