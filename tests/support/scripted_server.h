#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/raw_socket.h"

namespace slod {

/// A server on a loopback port of the system's choice that does to each connection what its script
/// says, each on a thread of its own. Thread-safe.
class ScriptedServer {
 public:
  /// What happens to connection number `index`, counted from 0; it is closed when this returns.
  using Script = std::function<void(RawSocket& socket, std::size_t index)>;

  explicit ScriptedServer(Script script);
  /// Cuts what is open; scripts that read then see the end.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url(std::string_view path) const;
  std::size_t connections() const;

 private:
  void accept();

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool is_stopping_ = false;
  std::list<RawSocket> sockets_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

/// A script that reads one request's header and sends `reply`, then closes.
ScriptedServer::Script reply_with(std::string reply);

}  // namespace slod
