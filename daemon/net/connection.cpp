#include "daemon/net/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <exception>

#include "daemon/net/encoding.h"
#include "daemon/net/no_throw.h"
#include "daemon/net/response_text.h"

namespace slod {
namespace {

namespace asio = boost::asio;

constexpr std::size_t first_buffer_bytes = 4 * 1024;
/// Bounds the header, a chunk's frame, and the trailers, none of which Beast 1.81 bounds itself.
constexpr std::size_t buffer_bytes_max = 64 * 1024;

/// After an error the peer may still be sending. Closing now would make the kernel reset the
/// connection, and the peer might never see the answer; so we read on for a moment.
constexpr Duration linger_limit{2'000};
constexpr std::size_t linger_bytes_max = 256 * 1024;

/// Gzip of that much holds up the loop for less than a millisecond.
constexpr std::size_t compressed_on_loop_bytes_max = 64 * 1024;

std::string peer_of(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = peer.address().to_string();
  return peer.address().is_v6() ? fmt::format("[{}]:{}", address, peer.port())
                                : fmt::format("{}:{}", address, peer.port());
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> server, asio::ip::tcp::socket socket)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      job_ends_(server_->loop, Clock::time_point::max()),
      reader_(server_->limits.header_bytes_max, server_->limits.body_bytes_max),
      buffer_(first_buffer_bytes) {
  place_ = server_->connections.insert(server_->connections.end(), this);
  allow(server_->limits.idle_timeout);
  reader_.request().remote = peer_of(socket_);
  boost::system::error_code ignored;  // without it answers are slower, and still right
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  if (job_) job_->leave();
  server_->connections.erase(place_);
  if (server_->connections.empty()) server_->drain_timer.cancel();
}

void Connection::allow(Duration limit) {
  is_late_ = false;
  deadline_ = Clock::now() + limit;
}

void Connection::expire() {
  is_late_ = true;
  wake();
}

void Connection::wake() {
  boost::system::error_code ignored;  // a socket that cannot be cancelled has failed already
  socket_.cancel(ignored);
  job_ends_.cancel();
}

void Connection::close() {
  if (job_) job_->request_stop();
  wake();
  boost::system::error_code ignored;  // closed or not, the descriptor is gone
  socket_.close(ignored);
}

asio::awaitable<void> Connection::run() {
  for (;;) {
    reader_.next();
    const bool is_readable = co_await read_request();
    if (server_->stopped) co_return;
    if (reader_.state() == RequestReader::State::refused) {
      if (co_await respond(reader_.refusal(), false)) co_await linger();
      co_return;
    }
    if (!is_readable) co_return;
    auto response = co_await answer();
    if (!response) co_return;
    const bool keep_alive = reader_.keep_alive() && !server_->draining;
    const bool is_sent = co_await respond(std::move(*response), keep_alive);
    if (!is_sent || !keep_alive) co_return;
  }
}

/// Reads up to a complete request (true), or to a refusal or the connection's end (false).
asio::awaitable<bool> Connection::read_request() {
  is_idle_ = buffer_begin_ == buffer_end_;
  allow(server_->limits.idle_timeout);
  if (is_idle_) {
    const Received received = server_->draining ? Received::end : co_await receive();
    is_idle_ = false;
    if (received != Received::bytes) co_return false;
  }
  began_ = Clock::now();
  allow(server_->limits.header_timeout);
  for (;;) {
    const std::string_view received(buffer_.data() + buffer_begin_, buffer_end_ - buffer_begin_);
    const std::size_t consumed = reader_.read(received);
    buffer_begin_ += consumed;
    if (reader_.state() != RequestReader::State::header) break;
    if (consumed > 0 && consumed < received.size()) continue;  // an empty line, and what follows it
    const Received more = co_await receive();
    if (more == Received::late) reader_.refuse(408, "the header did not arrive in time");
    if (more != Received::bytes) co_return false;
  }
  if (reader_.state() == RequestReader::State::body) co_return co_await read_body();
  co_return reader_.state() == RequestReader::State::complete;
}

asio::awaitable<bool> Connection::read_body() {
  if (reader_.expects_continue() && buffer_begin_ == buffer_end_) {
    allow(server_->limits.write_timeout);
    if (!co_await send("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return false;
  }
  allow(server_->limits.body_timeout);
  for (;;) {
    const std::string_view received(buffer_.data() + buffer_begin_, buffer_end_ - buffer_begin_);
    buffer_begin_ += reader_.read(received);
    if (reader_.state() != RequestReader::State::body) break;
    const Received more = co_await receive();
    if (more == Received::late) reader_.refuse(408, "the body did not arrive in time");
    if (more != Received::bytes) co_return false;
  }
  co_return reader_.state() == RequestReader::State::complete;
}

/// Reads at least one byte behind those that are there already.
asio::awaitable<Connection::Received> Connection::receive() {
  // Asio waits for an event before it reads again behind an end, and there may be no more.
  if (has_peer_ended_) co_return Received::end;
  if (buffer_begin_ == buffer_end_) {
    buffer_begin_ = buffer_end_ = 0;
  } else if (buffer_begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + buffer_begin_, buffer_end_ - buffer_begin_);
    buffer_end_ -= buffer_begin_;
    buffer_begin_ = 0;
  }
  const bool wants_more = reader_.state() == RequestReader::State::body;
  if (buffer_end_ == buffer_.size() || (wants_more && buffer_.size() < buffer_bytes_max)) {
    if (buffer_end_ >= buffer_bytes_max) {
      reader_.refuse(400, "expected less chunk framing and shorter trailers");
      co_return Received::end;
    }
    buffer_.resize(wants_more ? buffer_bytes_max : std::min(buffer_.size() * 4, buffer_bytes_max));
  }
  const auto [error, count] = co_await socket_.async_read_some(
      asio::buffer(buffer_.data() + buffer_end_, buffer_.size() - buffer_end_), no_throw);
  if (!error) {
    buffer_end_ += count;
    // Where bytes are always there already, nothing waits that could be interrupted.
    if (!is_late_) co_return Received::bytes;
  }
  if (error == asio::error::eof) has_peer_ended_ = true;
  co_return is_late_ ? Received::late : Received::end;
}

/// Nullopt: the server closed the connection meanwhile.
asio::awaitable<std::optional<Response>> Connection::answer() {
  const bool gzip_accepted = accepts_gzip(reader_.request());
  RouteReply reply = ask();
  if (auto* job = std::get_if<PoolJob>(&reply)) {
    if (server_->pool == nullptr) co_return failed("the server has no pool for the job of a route");
    co_return co_await await(std::move(*job), gzip_accepted);
  }
  Response response = checked(std::move(std::get<Response>(reply)));
  if (response.body.size() <= compressed_on_loop_bytes_max || !is_compressible(response)) {
    encode(response, gzip_accepted);
  } else if (!gzip_accepted || server_->pool == nullptr || !server_->jobs.has_place(address())) {
    encode(response, false);
  } else {
    PoolJob job{.run = [made = std::move(response)](const std::stop_token&) mutable {
      return std::move(made);
    }};
    co_return co_await await(std::move(job), true);
  }
  co_return response;
}

RouteReply Connection::ask() {
  Request& request = reader_.request();
  const bool is_head = request.method == "HEAD";
  if (is_head) request.method = "GET";
  RouteReply reply;
  try {
    reply = server_->answer(request);
  } catch (const std::exception& error) {
    reply = failed(error.what());
  }
  if (is_head) request.method = "HEAD";
  return reply;
}

/// As `answer`.
asio::awaitable<std::optional<Response>> Connection::await(PoolJob job, bool gzip_accepted) {
  const auto error = job.error;
  const Duration limit = job.limit.value_or(server_->limits.job_timeout);
  job_ = RunningJob::start(server_, std::move(job), gzip_accepted, address(), [this] { wake(); });
  if (job_ == nullptr) {
    Response refused = error(503, "too many requests wait for their turn; try again later");
    refused.headers.emplace_back("Retry-After", "5");
    co_return checked(std::move(refused));
  }
  allow(limit + server_->limits.job_grace);
  bool is_peer_there = true;
  while (!job_->has_ended() && !is_late_ && socket_.is_open()) {
    if (!is_peer_there || !has_room()) {
      co_await job_ends_.async_wait(no_throw);
    } else if (co_await receive() == Received::end && !job_->has_ended() && socket_.is_open()) {
      is_peer_there = false;
      job_->request_stop();
      allow(server_->limits.job_grace);
    }
  }
  const auto ended = std::exchange(job_, nullptr);
  if (!ended->has_ended()) ended->leave();
  if (!socket_.is_open()) co_return std::nullopt;
  if (!ended->has_ended()) co_return checked(error(503, "the answer took longer than it may"));
  try {
    co_return checked(ended->take());
  } catch (const std::exception& thrown) {
    co_return failed(thrown.what());
  }
}

/// The peer's, without the port.
std::string_view Connection::address() {
  const std::string_view remote = reader_.request().remote;
  return remote.substr(0, remote.rfind(':'));
}

/// Whether more bytes of requests to come can be kept.
bool Connection::has_room() const {
  return buffer_end_ - buffer_begin_ < buffer_bytes_max;
}

Response Connection::checked(Response response) {
  const std::string fault = fault_of(response);
  return fault.empty() ? std::move(response) : failed(fault);
}

Response Connection::failed(std::string_view fault) {
  server_->report(fmt::format("answered {} with 500: {}", reader_.request().path, fault));
  return json_error(500, "an internal error kept slod from answering");
}

asio::awaitable<bool> Connection::respond(Response response, bool keep_alive) {
  const After after = !keep_alive             ? After::close
                      : reader_.is_http_1_0() ? After::keep_alive_http_1_0
                                              : After::keep_alive;
  head_.clear();
  append_head(head_, response, server_->date(), after);
  const bool with_body = has_body(response.status) && reader_.request().method != "HEAD";
  allow(server_->limits.write_timeout);
  const bool is_sent =
      co_await send(head_, with_body ? std::string_view(response.body) : std::string_view());
  if (server_->stopped) co_return false;
  server_->observer(reader_.request(), response.status,
                    std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began_));
  co_return is_sent;
}

asio::awaitable<bool> Connection::send(std::string_view head, std::string_view body) {
  const std::array<asio::const_buffer, 2> parts = {asio::buffer(head.data(), head.size()),
                                                   asio::buffer(body.data(), body.size())};
  const auto [error, count] = co_await asio::async_write(socket_, parts, no_throw);
  co_return !error;
}

asio::awaitable<void> Connection::linger() {
  boost::system::error_code failed;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  if (failed) co_return;
  allow(linger_limit);
  std::size_t dropped = 0;
  while (dropped < linger_bytes_max && !is_late_) {
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()), no_throw);
    if (error) co_return;
    dropped += count;
  }
}

asio::awaitable<void> serve(std::shared_ptr<ServerState> server, asio::ip::tcp::socket socket) {
  if (server->stopped) co_return;  // since it was accepted
  Connection connection(std::move(server), std::move(socket));
  co_await connection.run();
}

}  // namespace slod
