#pragma once

#include <boost/asio/awaitable.hpp>
#include <expected>
#include <memory>

#include "daemon/net/fetch.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"

namespace slod {

/// An HTTP/1.1 client. It keeps one idle connection per origin and TLS context for GET and HEAD;
/// a connection that the peer closed meanwhile is replaced without the caller's notice. Everything
/// else uses a connection of its own, so nothing is sent twice.
///
/// Not thread-safe: all calls come from the one thread that runs the loop. It must outlive its
/// fetches, and its resolver and pool must outlive it.
class Client {
 public:
  Client(Resolver& resolver, Pool& pool);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Makes the request, and where it says so those that redirects lead to, and reads the reply to
  /// its end. Any status is a reply, not an error. On
  /// cancellation it returns FetchError::Kind::cancelled.
  boost::asio::awaitable<std::expected<Reply, FetchError>> fetch(Fetch request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
