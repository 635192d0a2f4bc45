#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/scripted_server.h"

namespace slod {

/// A POST as it came.
struct Posted {
  std::string target;  ///< "/v2/enqueue"
  std::string head;    ///< request line and header
  std::string body;
};

/// What a receiver does with a message after it has read all of it.
struct Reaction {
  enum class Kind {
    reply,
    close,    ///< closes without a word: the message is taken, its acknowledgement lost
    reset,    ///< the same, as a crashed peer does it
    silence,  ///< says nothing until the sender gives up
  };

  Kind kind = Kind::reply;
  int status = 200;
  std::string body = {};
  std::string headers = {};  ///< each with its CR LF
};

/// A server on loopback that records every POST before it reacts to it. Thread-safe.
class RecordingServer {
 public:
  /// Called for message number `index`, counted from 0, on a thread of the server's.
  using React = std::function<Reaction(const Posted& message, std::size_t index)>;

  struct Received {
    Posted message;
    Reaction reaction;
  };

  explicit RecordingServer(React react);

  std::uint16_t port() const { return server_.port(); }
  std::string url(std::string_view path) const { return server_.url(path); }
  std::vector<Received> received() const;

 private:
  void serve(RawSocket& socket);

  React react_;
  mutable std::mutex mutex_;
  std::vector<Received> received_;
  ScriptedServer server_;  ///< last: its threads use all of the above
};

/// What PagerDuty's Events API v2 says: 202, or 400 where something that it demands is missing.
Reaction react_as_pagerduty(const Posted& message);

/// What a Slack incoming webhook says: "ok", or 400 where there is no text.
Reaction react_as_slack(const Posted& message);

/// Does what `first` says to the first messages, and `then` to the rest.
RecordingServer::React in_turn(std::vector<Reaction> first, Reaction (*then)(const Posted&));

}  // namespace slod
