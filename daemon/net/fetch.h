#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/net/message.h"
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
  /// What is wrong with the body of the reply, or too long, or late, is cut off: its status counts.
  bool cut_body = false;
  std::shared_ptr<const TlsContext> tls = {};  ///< null: the system's authorities
  bool accept_gzip = true;
  /// GET and HEAD go on to where redirects lead, at most ten in a row and within `timeout`; never
  /// from https to http, and to another origin without Authorization and Cookie.
  bool follow_redirects = false;
  /// http://[user:password@]host[:port] of an http proxy that is asked in the peer's place: in the
  /// absolute form, or for https in a tunnel. No message shows its user. Empty: none.
  std::string proxy_url = {};
};

struct Reply {
  int status = 0;    ///< 200 to 599
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

}  // namespace slod
