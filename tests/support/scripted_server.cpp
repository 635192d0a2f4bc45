#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace slod {

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (::bind(listener_, any, size) == 0 && ::listen(listener_, 64) == 0 &&
      ::getsockname(listener_, any, &size) == 0) {
    port_ = ntohs(address.sin_port);
  }
  acceptor_ = std::jthread([this] { accept(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (RawSocket& socket : sockets_) socket.shutdown();
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  threads_.clear();  // joins
  ::close(listener_);
}

std::string ScriptedServer::url(std::string_view path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void ScriptedServer::accept() {
  for (;;) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) return;
    const std::lock_guard lock(mutex_);
    const auto socket = sockets_.emplace(sockets_.end(), descriptor);
    if (is_stopping_) return;
    threads_.emplace_back([this, socket, index = threads_.size()] {
      script_(*socket, index);
      const std::lock_guard relock(mutex_);
      sockets_.erase(socket);
    });
  }
}

ScriptedServer::Script reply_with(std::string reply) {
  return [reply = std::move(reply)](RawSocket& socket, std::size_t) {
    socket.read_until("\r\n\r\n");
    socket.send(reply);
  };
}

}  // namespace slod
