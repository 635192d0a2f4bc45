#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/pool.h"
#include "daemon/net/resolver.h"
#include "daemon/net/tls.h"
#include "lib/time/instant.h"

namespace slod {

/// One request to make. Host, Content-Length, Connection and Accept-Encoding are the client's own
/// and must not be among `headers`.
struct Fetch {
  std::string method = "GET";
  std::string url = {};     ///< http or https, without user information
  bool secret_url = false;  ///< the path is a secret (Slack's webhooks): no message shows it
  Fields headers = {};
  std::string body = {};
  Duration timeout{10'000};                       ///< for all of it, name lookup to last byte
  std::size_t body_bytes_max = 16 * 1024 * 1024;  ///< of the reply, after decompression
  std::shared_ptr<const TlsContext> tls = {};     ///< null: the system's authorities
  bool accept_gzip = true;
};

struct Reply {
  int status = 0;    ///< 200 to 599; redirects are not followed
  Fields headers;    ///< names in lower case
  std::string body;  ///< decompressed
  std::optional<Duration>
      retry_after;  ///< how long to wait, where the peer said so; never negative

  /// The value of the first header `lower_case_name`, or empty text where there is none.
  std::string_view header(std::string_view lower_case_name) const;
};

struct FetchError {
  enum class Kind { bad_url, resolve, connect, tls, timeout, too_large, protocol, cancelled };
  Kind kind;
  /// What was tried, on what, what happened. Shows scheme, host, port and path of the URL (without
  /// the path if it is secret), and never its query, a header or a body.
  std::string message;
};

std::string_view to_string(FetchError::Kind kind);

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

  /// Makes the request and reads the reply to its end. Any status is a reply, not an error. On
  /// cancellation it returns FetchError::Kind::cancelled.
  boost::asio::awaitable<std::expected<Reply, FetchError>> fetch(Fetch request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slod
