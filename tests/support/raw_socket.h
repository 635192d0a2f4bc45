#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slod {

/// A blocking TCP socket on loopback that sends exactly the bytes it is given. Every read ends
/// after `patience_seconds` at the latest, with a test failure.
class RawSocket {
 public:
  static constexpr int patience_seconds = 10;

  explicit RawSocket(int descriptor);
  RawSocket(RawSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RawSocket& operator=(RawSocket&&) = delete;
  ~RawSocket();

  /// Sends all of `bytes`; false if the peer has closed.
  bool send(std::string_view bytes);
  /// What one read gives; empty at the peer's end of the connection.
  std::string read_some();
  /// Reads up to and including `mark`, or to the end of the connection.
  std::string read_until(std::string_view mark);
  /// Reads exactly `count` bytes, or fewer at the end of the connection.
  std::string read_exactly(std::size_t count);
  std::string read_to_end();

  void shutdown_send();
  /// Ends the connection for both sides; a read in another thread returns.
  void shutdown();
  /// Closes with a reset, as a crashed peer's kernel does.
  void reset();
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
  std::string read_ahead_;
};

/// Connects to a port of 127.0.0.1.
RawSocket connect_raw(std::uint16_t port);

/// A response as it came.
struct RawResponse {
  int status = 0;    ///< 0: the connection ended before a header was complete
  std::string head;  ///< status line and header, with the empty line
  std::string body;  ///< as long as Content-Length says

  /// The value of a header, its name in any case; empty where there is none.
  std::string header(std::string_view name) const;
};

/// Reads one response. `has_body` is false for the response to HEAD.
RawResponse read_response(RawSocket& socket, bool has_body = true);

}  // namespace slod
