#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/net/message.h"
#include "daemon/net/request_terms.h"

namespace slod {

/// Turns the bytes of a connection into requests, one after another. No socket, no clock.
///
/// Beast's parser reads the request; what Beast 1.81 accepts and must not is refused here, in two
/// places: the raw header is checked before the parser sees it (line endings, obsolete folding,
/// control bytes), and the fields after (one Host, one way to frame the body, target, method).
/// A trailer never becomes a header.
class RequestReader {
 public:
  enum class State {
    header,    ///< more bytes are needed, or `next` was just called
    body,      ///< the header is complete and good, more bytes are needed
    complete,  ///< request() is ready
    refused,   ///< refusal() says why; the connection must end
  };

  /// No body may be longer than `body_bytes_max`, whatever `terms_of` allows; without terms all
  /// may be that long.
  RequestReader(std::size_t header_bytes_max, std::size_t body_bytes_max, TermsOf terms_of = {});
  ~RequestReader();

  /// Reads on. `received` holds all bytes that were received and not yet consumed; returns how many
  /// of them are consumed now. Stops at the end of the header, and at the end of the request.
  std::size_t read(std::string_view received);
  /// Starts over for the next request of the connection.
  void next();
  /// Gives the request up for a reason that its bytes do not show, such as their slowness.
  void refuse(int status, std::string_view sentence);

  State state() const { return state_; }
  Request& request() { return request_; }
  /// The error to answer with: 400, 405, 413, 417, 431, 501 or 505, what the terms have, or what
  /// `refuse` was given.
  const Response& refusal() const { return refusal_; }
  /// Whether the peer waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// Whether the peer wants to go on after this request (false until the header is complete).
  bool keep_alive() const { return keep_alive_; }
  bool is_http_1_0() const { return is_http_1_0_; }
  /// Whether the route of the request does (false until the header is complete).
  bool always_has_room() const { return always_has_room_; }
  /// The memory that the body takes so far.
  std::size_t body_capacity() const { return request_.body.capacity(); }

 private:
  class Parser;

  std::size_t read_header(std::string_view received);
  std::size_t read_body(std::string_view received);
  void finish();
  void check_header();
  void check_framing();
  void check_target();
  void check_terms();
  void refuse_body();

  std::size_t header_bytes_max_;
  std::size_t body_bytes_max_;
  TermsOf terms_of_;
  std::size_t body_limit_ = 0;  ///< of the current request
  State state_ = State::header;
  std::size_t line_begin_ = 0;  ///< of the header's first line that is not complete yet
  std::size_t scanned_ = 0;     ///< bytes of the header in which every line ending was looked at
  bool expects_continue_ = false;
  bool keep_alive_ = false;
  bool is_http_1_0_ = false;
  bool always_has_room_ = false;
  Request request_;
  Response refusal_;
  std::unique_ptr<Parser> parser_;
};

}  // namespace slod
