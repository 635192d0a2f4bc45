#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <list>
#include <memory>
#include <string>

#include "daemon/net/job_queue.h"
#include "daemon/net/server.h"

namespace slod {

class Connection;

/// What a server and its connections share. The coroutines that serve own it together with the
/// Server; it knows the connections only by address, and each takes itself off the list.
struct ServerState {
  ServerState(boost::asio::io_context& its_loop, ServerLimits its_limits, Server::Answer its_answer,
              Server::Observer its_observer, Server::Report its_report, Pool* its_pool)
      : loop(its_loop),
        limits(its_limits),
        answer(std::move(its_answer)),
        observer(std::move(its_observer)),
        report(std::move(its_report)),
        pool(its_pool),
        jobs({.running_max = its_limits.jobs_max, .waiting_max = its_limits.jobs_waiting_max}),
        acceptor(its_loop),
        sweep_timer(its_loop),
        drain_timer(its_loop) {}

  /// The Date header's value, formatted once a second.
  const std::string& date();

  boost::asio::io_context& loop;
  ServerLimits limits;
  Server::Answer answer;
  Server::Observer observer;
  Server::Report report;
  Pool* pool;     ///< null: there is none
  JobQueue jobs;  ///< those that run are counted whether or not a client still waits for them
  boost::asio::ip::tcp::acceptor acceptor;
  boost::asio::steady_timer sweep_timer;
  boost::asio::steady_timer drain_timer;  ///< cancelled when the last connection ends
  std::list<Connection*> connections;
  bool draining = false;  ///< every connection ends after the request that it is in
  bool stopped = false;   ///< no callback is called after that

 private:
  std::time_t date_second_ = -1;
  std::string date_;
};

}  // namespace slod
