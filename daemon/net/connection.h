#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/net/message.h"
#include "daemon/net/request_reader.h"
#include "daemon/net/room.h"
#include "daemon/net/route_reply.h"
#include "daemon/net/running_job.h"
#include "daemon/net/server_state.h"

namespace slod {

/// One connection of the server, from accept to close. It lives in the frame of `serve`.
///
/// While a route's job runs on the pool, the connection reads on, to notice that the peer leaves;
/// what it reads is kept for the next request.
///
/// Every wait has a deadline. Deadlines are not timers of their own, which would cost more than the
/// wait itself: the server looks at all connections some times a second and calls `expire` on those
/// that are late.
class Connection {
 public:
  using Clock = std::chrono::steady_clock;

  Connection(std::shared_ptr<ServerState> server, boost::asio::ip::tcp::socket socket,
             const boost::asio::ip::address& client, Place place);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Serves requests until one side has had enough.
  boost::asio::awaitable<void> run();

  /// Whether it waits for a request of which no byte has come.
  bool is_idle() const { return is_idle_; }
  /// Whose connection it is, for limits.
  const ClientShare& client() const { return client_->second; }
  /// Whether it is closed where another one needs its place: it waits for bytes of its client.
  bool gives_way() const { return gives_way_; }
  /// Since when it waits for a request, or for its rest.
  Clock::time_point waits_since() const { return waits_since_; }
  /// What it holds of the body of a request, beyond the first bytes, which are free.
  std::size_t held_bytes() const { return held_bytes_; }
  bool is_open() const { return socket_.is_open(); }
  Clock::time_point deadline() const { return deadline_; }
  /// Interrupts the operation that is late.
  void expire();
  /// Ends the connection at once.
  void close();

 private:
  enum class Received { bytes, end, late };
  using ResponsePointer = std::shared_ptr<const Response>;  ///< many may send the same

  boost::asio::awaitable<bool> read_request();
  boost::asio::awaitable<bool> read_body();
  boost::asio::awaitable<Received> receive();
  boost::asio::awaitable<bool> respond(const Response& response, bool keep_alive);
  boost::asio::awaitable<bool> send(std::string_view head, std::string_view body);
  boost::asio::awaitable<void> linger();
  boost::asio::awaitable<ResponsePointer> answer();
  boost::asio::awaitable<ResponsePointer> await(PoolJob job, bool gzip_accepted);
  boost::asio::awaitable<ResponsePointer> await(SharedJob job, bool gzip_accepted);
  template <class Ended, class Left>
  boost::asio::awaitable<void> read_on_until(Ended has_ended, Left on_left);
  RouteReply ask();
  void wait_for_request();
  void hold(std::size_t bytes);
  void give_back();
  void leave_client();
  Response checked(Response response);
  Response failed(std::string_view fault);
  std::string_view address();
  bool has_room() const;
  void wake();
  void allow(Duration limit);

  std::shared_ptr<ServerState> server_;
  boost::asio::ip::tcp::socket socket_;
  std::map<boost::asio::ip::address, ClientShare>::iterator client_;  ///< the end: it is closed
  bool is_spare_;  ///< for one request to a route that always has room
  std::list<Connection*>::iterator place_;
  Clock::time_point deadline_;
  Clock::time_point began_;  ///< when the first byte of the current request came
  Clock::time_point waits_since_;
  bool gives_way_ = true;
  std::size_t held_bytes_ = 0;
  bool is_idle_ = false;
  bool is_late_ = false;
  bool has_filled_buffer_ = false;      ///< with bytes of a body, by the last read
  bool has_peer_ended_ = false;         ///< it will send nothing more
  std::shared_ptr<RunningJob> job_;     ///< null: none is waited for
  std::shared_ptr<SharedWait> shared_;  ///< null: no shared answer is waited for
  boost::asio::steady_timer job_ends_;  ///< waited for while nothing can be read
  RequestReader reader_;
  std::string head_;          ///< of the response, kept for its memory
  std::vector<char> buffer_;  ///< received bytes are [buffer_begin_, buffer_end_)
  std::size_t buffer_begin_ = 0;
  std::size_t buffer_end_ = 0;
};

/// Runs a connection; ends when it ends.
boost::asio::awaitable<void> serve(std::shared_ptr<ServerState> server,
                                   boost::asio::ip::tcp::socket socket,
                                   boost::asio::ip::address client, Place place);

}  // namespace slod
