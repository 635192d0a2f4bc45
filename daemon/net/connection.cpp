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
/// How long the reads of a body become, where its bytes come fast.
constexpr std::size_t body_buffer_bytes = 16 * 1024;

/// After an error the peer may still be sending. Closing now would make the kernel reset the
/// connection, and the peer might never see the answer; so we read on for a moment.
constexpr Duration linger_limit{2'000};
constexpr std::size_t linger_bytes_max = 256 * 1024;

/// What a request may hold of its body that no limit for all requests counts: so small ones always
/// have room.
constexpr std::size_t free_body_bytes = 16 * 1024;

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

std::shared_ptr<const Response> whole(Response response) {
  return std::make_shared<const Response>(std::move(response));
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> server, asio::ip::tcp::socket socket,
                       const asio::ip::address& client, Place place)
    : server_(std::move(server)),
      socket_(std::move(socket)),
      client_(server_->clients.try_emplace(client).first),
      is_spare_(place == Place::spare),
      job_ends_(server_->loop, Clock::time_point::max()),
      reader_(server_->limits.header_bytes_max, server_->limits.body_bytes_max, server_->terms_of),
      buffer_(first_buffer_bytes) {
  wait_for_request();
  ++client_->second.connections;
  place_ = server_->connections.insert(server_->connections.end(), this);
  allow(server_->limits.idle_timeout);
  reader_.request().remote = peer_of(socket_);
  boost::system::error_code ignored;  // without it answers are slower, and still right
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  if (job_) job_->leave();
  hold(0);
  leave_client();
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
  hold(0);
  leave_client();
}

/// Counts for its client no more.
void Connection::leave_client() {
  const auto client = std::exchange(client_, server_->clients.end());
  if (client == server_->clients.end()) return;
  if (--client->second.connections == 0) server_->clients.erase(client);
}

void Connection::wait_for_request() {
  gives_way_ = true;
  waits_since_ = Clock::now();
}

/// Notes how much of a body it holds.
void Connection::hold(std::size_t bytes) {
  server_->body_bytes -= held_bytes_;
  held_bytes_ = bytes;
  server_->body_bytes += held_bytes_;
}

/// Gives back the memory that the request took, so that an idle connection keeps little.
void Connection::give_back() {
  hold(0);
  if (buffer_begin_ != buffer_end_ || buffer_.size() == first_buffer_bytes) return;
  buffer_ = std::vector<char>(first_buffer_bytes);
  buffer_begin_ = buffer_end_ = 0;
}

asio::awaitable<void> Connection::run() {
  for (;;) {
    reader_.next();
    give_back();
    wait_for_request();
    const bool is_readable = co_await read_request();
    gives_way_ = false;
    if (server_->stopped || !socket_.is_open()) co_return;
    if (reader_.state() == RequestReader::State::refused) {
      if (co_await respond(reader_.refusal(), false)) co_await linger();
      co_return;
    }
    if (!is_readable) co_return;
    if (is_spare_ && !reader_.always_has_room()) {
      const Response refusal = no_room();
      co_await respond(refusal, false);
      co_return;
    }
    const ResponsePointer response = co_await answer();
    if (!response) co_return;
    const bool keep_alive = reader_.keep_alive() && !server_->draining && !is_spare_;
    const bool is_sent = co_await respond(*response, keep_alive);
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
    const std::size_t held = reader_.body_capacity() + buffer_.size();
    hold(held > free_body_bytes ? held - free_body_bytes : 0);
    if (held_bytes_ > 0 && !server_->make_room_for_bodies(*this)) {
      reader_.refuse(503, "the bodies of all requests are too large together; try again later");
      co_return false;
    }
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
  const bool is_body_fast = has_filled_buffer_ && buffer_.size() < body_buffer_bytes;
  if (buffer_end_ == buffer_.size() || is_body_fast) {
    if (buffer_end_ >= buffer_bytes_max) {
      reader_.refuse(400, "expected less chunk framing and shorter trailers");
      co_return Received::end;
    }
    buffer_.resize(std::min(buffer_.size() * 4, buffer_bytes_max));
  }
  const auto [error, count] = co_await socket_.async_read_some(
      asio::buffer(buffer_.data() + buffer_end_, buffer_.size() - buffer_end_), no_throw);
  if (!error) {
    buffer_end_ += count;
    has_filled_buffer_ =
        reader_.state() == RequestReader::State::body && buffer_end_ == buffer_.size();
    // Where bytes are always there already, nothing waits that could be interrupted.
    if (!is_late_) co_return Received::bytes;
  }
  if (error == asio::error::eof) has_peer_ended_ = true;
  co_return is_late_ ? Received::late : Received::end;
}

/// Null: the server closed the connection meanwhile.
asio::awaitable<Connection::ResponsePointer> Connection::answer() {
  const bool gzip_accepted = accepts_gzip(reader_.request());
  RouteReply reply = ask();
  if (auto* shared = std::get_if<SharedJob>(&reply)) {
    if (server_->can_share) co_return co_await await(std::move(*shared), gzip_accepted);
    co_return whole(failed("the server has no pool for what routes share"));
  }
  if (auto* job = std::get_if<PoolJob>(&reply)) {
    if (server_->pool == nullptr) {
      co_return whole(failed("the server has no pool for the job of a route"));
    }
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
  co_return whole(std::move(response));
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

/// Reads on until `has_ended`, its time is up, or the server closed it. Calls `on_left` once the
/// client has sent its last byte: it may still read.
template <class Ended, class Left>
asio::awaitable<void> Connection::read_on_until(Ended has_ended, Left on_left) {
  bool is_peer_there = true;
  while (!has_ended() && !is_late_ && socket_.is_open()) {
    if (!is_peer_there || !has_room()) {
      co_await job_ends_.async_wait(no_throw);
    } else if (co_await receive() == Received::end && !has_ended() && socket_.is_open()) {
      if (!has_peer_ended_) co_return close();  // it has reset the connection
      is_peer_there = false;
      on_left();
      allow(server_->limits.job_grace);
    }
  }
}

/// As `answer`.
asio::awaitable<Connection::ResponsePointer> Connection::await(PoolJob job, bool gzip_accepted) {
  const auto error = job.error;
  const Duration limit = job.limit.value_or(server_->limits.job_timeout);
  job_ = RunningJob::start(server_, std::move(job), gzip_accepted, address(), [this] { wake(); });
  if (job_ == nullptr) {
    Response refused = error(503, "too many requests wait for their turn; try again later");
    refused.headers.emplace_back("Retry-After", "5");
    co_return whole(checked(std::move(refused)));
  }
  allow(limit + server_->limits.job_grace);
  co_await read_on_until([this] { return job_->has_ended(); }, [this] { job_->request_stop(); });
  const auto ended = std::exchange(job_, nullptr);
  if (!ended->has_ended()) ended->leave();
  if (!socket_.is_open()) co_return nullptr;
  if (!ended->has_ended()) {
    co_return whole(checked(error(503, "the answer took longer than it may")));
  }
  try {
    co_return whole(checked(ended->take()));
  } catch (const std::exception& thrown) {
    co_return whole(failed(thrown.what()));
  }
}

/// As `answer`.
asio::awaitable<Connection::ResponsePointer> Connection::await(SharedJob job, bool gzip_accepted) {
  const auto error = job.error;
  shared_ = server_->shared.ask(std::move(job), gzip_accepted, [this] { wake(); });
  allow(server_->limits.job_timeout);
  co_await read_on_until([this] { return shared_->has_ended(); }, [] {});
  const auto ended = std::exchange(shared_, nullptr);
  ended->on_end = nullptr;
  if (!socket_.is_open()) co_return nullptr;
  if (!ended->has_ended()) {
    co_return whole(checked(error(503, "the answer took longer than it may")));
  }
  try {
    if (ended->thrown) std::rethrow_exception(ended->thrown);
  } catch (const std::exception& thrown) {
    co_return whole(failed(thrown.what()));
  }
  const std::string fault = fault_of(*ended->response);
  co_return fault.empty() ? ended->response : whole(failed(fault));
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

/// `response` lives until the end of the wait.
asio::awaitable<bool> Connection::respond(const Response& response, bool keep_alive) {
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
  wait_for_request();
  std::size_t dropped = 0;
  while (dropped < linger_bytes_max && !is_late_) {
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()), no_throw);
    if (error) co_return;
    dropped += count;
  }
}

asio::awaitable<void> serve(std::shared_ptr<ServerState> server, asio::ip::tcp::socket socket,
                            asio::ip::address client, Place place) {
  if (server->stopped) co_return;  // since it was accepted
  Connection connection(std::move(server), std::move(socket), client, place);
  co_await connection.run();
}

}  // namespace slod
