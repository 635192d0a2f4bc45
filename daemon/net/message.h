#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slod {

/// Name and value, in the order they came.
using Fields = std::vector<std::pair<std::string, std::string>>;

/// A request as the server hands it on: complete, within its limits, and free of every ambiguity
/// that could make two readers of it disagree.
struct Request {
  std::string method;  ///< "GET", "POST"; HEAD reaches the answer as "GET"
  std::string target;  ///< as received, without scheme and host: "/freeze/api?change=fix"
  std::string path;    ///< percent-decoded, UTF-8, no ".", ".." or empty segments: "/freeze/api"
  Fields query;        ///< decoded; those of a POSTed form, then those of the target, as in Go
  Fields headers;      ///< names in lower case; trailers of a chunked body are never among them
  std::string body;
  std::string remote;  ///< address and port of the peer: "127.0.0.1:51234", "[::1]:51234"

  /// The value of the first header `lower_case_name`, or empty text where there is none.
  std::string_view header(std::string_view lower_case_name) const;
  /// The value of the first query parameter `name`, or null where there is none.
  const std::string* parameter(std::string_view name) const;
  /// All values of the query parameter `name`, in their order. They live as long as the request.
  std::vector<std::string_view> parameters(std::string_view name) const;
};

/// What the server sends back. Content-Length, Connection, Date and Server are the server's own
/// and must not be among `headers`; X-Content-Type-Options and Cache-Control replace its defaults.
/// A name that is no token, or a control byte in a value, makes the response a 500.
struct Response {
  int status = 200;  ///< 200 to 599
  std::string content_type = "application/json";
  std::string body = {};
  Fields headers = {};
  /// Lives until the response is sent: what counts the memory of the body. Mostly null.
  std::shared_ptr<const void> kept = nullptr;
};

/// `{"error":"<sentence>"}`: what was wrong, and what would be right.
Response json_error(int status, std::string_view sentence);

/// Whether `name` may be a header's name (RFC 9110, 5.6.2: a token).
bool is_token(std::string_view name);
/// Whether `value` may be a header's value: no control byte but the tab.
bool is_field_value(std::string_view value);

}  // namespace slod
