#include "tests/support/raw_socket.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

namespace slod {

RawSocket::RawSocket(int descriptor) : descriptor_(descriptor) {
  const timeval patience{.tv_sec = patience_seconds, .tv_usec = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

RawSocket::~RawSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool RawSocket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string RawSocket::read_some() {
  if (!read_ahead_.empty()) return std::exchange(read_ahead_, {});
  std::array<char, 16384> bytes;
  const auto count = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
    ADD_FAILURE() << "expected bytes or an end within " << patience_seconds << " s";
  }
  return count <= 0 ? std::string() : std::string(bytes.data(), static_cast<std::size_t>(count));
}

std::string RawSocket::read_until(std::string_view mark) {
  std::string text;
  for (std::size_t found = std::string::npos; found == std::string::npos;) {
    const std::string more = read_some();
    if (more.empty()) return text;
    text += more;
    found = text.find(mark);
    if (found == std::string::npos) continue;
    read_ahead_ = text.substr(found + mark.size());
    text.resize(found + mark.size());
  }
  return text;
}

std::string RawSocket::read_exactly(std::size_t count) {
  std::string text;
  while (text.size() < count) {
    const std::string more = read_some();
    if (more.empty()) return text;
    text += more;
  }
  read_ahead_ = text.substr(count);
  text.resize(count);
  return text;
}

std::string RawSocket::read_to_end() {
  std::string text;
  for (std::string more = read_some(); !more.empty(); more = read_some()) text += more;
  return text;
}

void RawSocket::shutdown_send() {
  ::shutdown(descriptor_, SHUT_WR);
}

void RawSocket::shutdown() {
  ::shutdown(descriptor_, SHUT_RDWR);
}

void RawSocket::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

RawSocket connect_raw(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ADD_FAILURE() << "cannot connect to port " << port;
  }
  return RawSocket(descriptor);
}

std::string RawResponse::header(std::string_view name) const {
  std::size_t line = head.find("\r\n");
  while (line != std::string::npos && line + 2 < head.size()) {
    line += 2;
    const std::size_t colon = head.find(':', line);
    const std::size_t end = head.find("\r\n", line);
    if (colon < end && colon - line == name.size() &&
        strncasecmp(head.data() + line, name.data(), name.size()) == 0) {
      const std::size_t value = head.find_first_not_of(' ', colon + 1);
      return head.substr(value, end - value);
    }
    line = end;
  }
  return {};
}

RawResponse read_response(RawSocket& socket, bool has_body) {
  RawResponse response;
  response.head = socket.read_until("\r\n\r\n");
  if (!response.head.ends_with("\r\n\r\n")) return response;
  response.status = std::atoi(response.head.c_str() + std::string_view("HTTP/1.1 ").size());
  const std::string length = response.header("Content-Length");
  if (has_body && !length.empty()) {
    response.body = socket.read_exactly(static_cast<std::size_t>(std::atoll(length.c_str())));
  }
  return response;
}

}  // namespace slod
