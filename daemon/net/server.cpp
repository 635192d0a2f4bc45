#include "daemon/net/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <exception>
#include <utility>

#include "daemon/net/connection.h"
#include "daemon/net/no_throw.h"
#include "daemon/net/response_text.h"
#include "daemon/net/server_state.h"

namespace slod {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr Duration first_back_off{10};
constexpr Duration longest_back_off{1'000};

/// Reports what ended a coroutine that should have ended by itself.
struct Reporting {
  std::shared_ptr<ServerState> server;

  void operator()(const std::exception_ptr& thrown) const {
    if (!thrown || server->stopped) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      server->report(fmt::format("a connection ended early: {}", error.what()));
    }
  }
};

/// Throws on what ended a coroutine that the server cannot do without: whoever runs the loop ends.
struct Fatal {
  std::shared_ptr<ServerState> server;

  void operator()(const std::exception_ptr& thrown) const {
    if (thrown && !server->stopped) std::rethrow_exception(thrown);
  }
};

std::expected<asio::ip::address, std::string> listen_address(std::string_view host) {
  if (host.empty()) return asio::ip::address_v6::any();
  if (host == "localhost") return asio::ip::address_v4::loopback();
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto address = asio::ip::make_address(host, error);
  if (error) {
    return std::unexpected(
        fmt::format("expected an IP address or localhost to listen on, found '{}'", host));
  }
  return address;
}

/// Closes what cannot be listened on, and says why.
std::string give_up(tcp::acceptor& acceptor, const tcp::endpoint& endpoint,
                    const boost::system::error_code& error) {
  boost::system::error_code ignored;  // it was never open, or is given up
  acceptor.close(ignored);
  return fmt::format("cannot listen on {}, port {}: {}; choose another port",
                     endpoint.address().to_string(), endpoint.port(), error.message());
}

/// Tells a peer beyond the limit so, without waiting for it.
void turn_away(ServerState& server, tcp::socket socket) {
  const Response response = no_room();
  std::string text;
  append_head(text, response, server.date(), After::close);
  text += response.body;
  boost::system::error_code ignored;  // the peer is turned away, told or not
  socket.non_blocking(true, ignored);
  std::array<char, 4096> request;  // what was read already does not turn our close into a reset
  socket.read_some(asio::buffer(request), ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  server.observer(Request{}, response.status, std::chrono::microseconds(0));
}

asio::awaitable<void> accept_connections(std::shared_ptr<ServerState> server) {
  Duration back_off = first_back_off;
  asio::steady_timer pause(server->loop);
  while (server->acceptor.is_open()) {
    auto [error, socket] = co_await server->acceptor.async_accept(no_throw);
    if (server->stopped || !server->acceptor.is_open()) co_return;
    if (error) {
      // Most likely no descriptor is left (EMFILE); one will be, when a connection ends.
      server->report(fmt::format("cannot accept a connection: {}; trying again in {}",
                                 error.message(), format_duration(back_off)));
      server->close_one();
      pause.expires_after(back_off);
      co_await pause.async_wait(no_throw);
      back_off = std::min(back_off * 2, longest_back_off);
      continue;
    }
    back_off = first_back_off;
    boost::system::error_code gone;
    const auto peer = socket.remote_endpoint(gone);
    if (gone) continue;
    const auto address = client_of(peer.address());
    const Place place = server->make_room(address);
    if (place == Place::none) {
      turn_away(*server, std::move(socket));
      continue;
    }
    asio::co_spawn(server->loop, serve(server, std::move(socket), address, place),
                   Reporting{server});
  }
}

/// How often deadlines are looked at: often enough that none is late by more than an eighth.
Duration sweep_interval(const ServerLimits& limits) {
  const Duration shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.write_timeout});
  return std::clamp(shortest / 8, Duration(1), Duration(500));
}

asio::awaitable<void> sweep_connections(std::shared_ptr<ServerState> server) {
  const Duration interval = sweep_interval(server->limits);
  while (!server->stopped) {
    server->sweep_timer.expires_after(interval);
    co_await server->sweep_timer.async_wait(no_throw);
    const auto now = Connection::Clock::now();
    for (Connection* connection : server->connections) {
      if (connection->deadline() <= now) connection->expire();
    }
    server->shared.forget();
  }
}

}  // namespace

Server::Server(asio::io_context& loop, ServerLimits limits, Answer answer, Observer observer,
               Report report, Pool* pool, TermsOf terms_of, SharedPools shared_pools)
    : state_(std::make_shared<ServerState>(loop, limits, std::move(answer), std::move(observer),
                                           std::move(report), pool, std::move(terms_of),
                                           shared_pools)) {}

Server::~Server() {
  state_->stopped = true;
  state_->shared.stop();
  stop_accepting();
  state_->sweep_timer.cancel();
  for (Connection* connection : state_->connections) connection->close();
}

std::expected<std::uint16_t, std::string> Server::bind(std::string_view host, std::uint16_t port) {
  const auto address = listen_address(host);
  if (!address) return std::unexpected(address.error());
  const tcp::endpoint endpoint(*address, port);
  tcp::acceptor& acceptor = state_->acceptor;
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && host.empty()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  const std::uint16_t bound = error ? std::uint16_t(0) : acceptor.local_endpoint(error).port();
  if (error) return std::unexpected(give_up(acceptor, endpoint, error));
  return bound;
}

std::expected<void, std::string> Server::start() {
  tcp::acceptor& acceptor = state_->acceptor;
  boost::system::error_code error;
  const tcp::endpoint endpoint = acceptor.local_endpoint(error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return std::unexpected(give_up(acceptor, endpoint, error));
  asio::co_spawn(state_->loop, accept_connections(state_), Fatal{state_});
  asio::co_spawn(state_->loop, sweep_connections(state_), Fatal{state_});
  return {};
}

std::expected<std::uint16_t, std::string> Server::start(std::string_view host, std::uint16_t port) {
  auto bound = bind(host, port);
  if (!bound) return bound;
  if (auto started = start(); !started) return std::unexpected(std::move(started.error()));
  return bound;
}

void Server::stop_accepting() {
  boost::system::error_code ignored;  // it may be closed already
  state_->acceptor.close(ignored);
}

asio::awaitable<void> Server::drain(Duration limit) {
  const std::shared_ptr<ServerState> state = state_;
  stop_accepting();
  state->draining = true;
  for (Connection* connection : state->connections) {
    if (connection->is_idle()) connection->close();
  }
  const auto deadline = Connection::Clock::now() + limit;
  while (!state->connections.empty() && Connection::Clock::now() < deadline) {
    state->drain_timer.expires_at(deadline);
    co_await state->drain_timer.async_wait(no_throw);
  }
  for (Connection* connection : state->connections) connection->close();
  while (!state->connections.empty()) {
    // What is closed ends in the loop's next turns.
    state->drain_timer.expires_after(Duration(1));
    co_await state->drain_timer.async_wait(no_throw);
  }
  state->stopped = true;
  state->sweep_timer.cancel();
}

void Server::set_jobs_max(std::size_t jobs_max) {
  state_->jobs.set_running_max(jobs_max);
}

std::size_t Server::connections() const {
  return state_->connections.size();
}

}  // namespace slod
