#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/net/job_queue.h"
#include "daemon/net/room.h"
#include "daemon/net/server.h"
#include "daemon/net/shared_answers.h"

namespace slod {

class Connection;

/// What a server and its connections share. The coroutines that serve own it together with the
/// Server; it knows the connections only by address, and each takes itself off the list.
struct ServerState {
  ServerState(boost::asio::io_context& its_loop, ServerLimits its_limits, Server::Answer its_answer,
              Server::Observer its_observer, Server::Report its_report, Pool* its_pool,
              TermsOf its_terms_of, SharedPools shared_pools)
      : loop(its_loop),
        limits(its_limits),
        answer(std::move(its_answer)),
        observer(std::move(its_observer)),
        report(std::move(its_report)),
        pool(its_pool),
        terms_of(std::move(its_terms_of)),
        jobs({.running_max = its_limits.jobs_max, .waiting_max = its_limits.jobs_waiting_max}),
        can_share(shared_pools.usual != nullptr && shared_pools.urgent != nullptr),
        shared(its_loop, shared_pools),
        acceptor(its_loop),
        sweep_timer(its_loop),
        drain_timer(its_loop) {}

  /// The Date header's value, formatted once a second.
  const std::string& date();
  /// Where there is room for a connection of `client`, after what gives way was closed.
  Place make_room(const boost::asio::ip::address& client);
  /// Closes the connection that has waited longest, for its descriptor. Whether there was one.
  bool close_one();
  /// Whether the bodies of all requests fit once the connection that has waited longest for the
  /// rest of its body was closed, if need be. `own` is not closed.
  bool make_room_for_bodies(const Connection& own);

  boost::asio::io_context& loop;
  ServerLimits limits;
  Server::Answer answer;
  Server::Observer observer;
  Server::Report report;
  Pool* pool;        ///< null: there is none
  TermsOf terms_of;  ///< empty: all routes allow a body of ServerLimits::body_bytes_max
  JobQueue jobs;     ///< those that run are counted whether or not a client still waits for them
  bool can_share;
  SharedAnswers shared;
  boost::asio::ip::tcp::acceptor acceptor;
  boost::asio::steady_timer sweep_timer;
  boost::asio::steady_timer drain_timer;  ///< cancelled when the last connection ends
  std::list<Connection*> connections;
  std::map<boost::asio::ip::address, ClientShare> clients;  ///< those with an open connection
  std::size_t body_bytes = 0;                               ///< that requests hold
  bool draining = false;  ///< every connection ends after the request that it is in
  bool stopped = false;   ///< no callback is called after that

 private:
  std::vector<Connection*> open_connections() const;
  void give_way(Connection& connection);

  std::uint64_t gave_way_ = 0;  ///< connections that were closed for others
  std::chrono::steady_clock::time_point gave_way_reported_{};
  std::time_t date_second_ = -1;
  std::string date_;
};

}  // namespace slod
