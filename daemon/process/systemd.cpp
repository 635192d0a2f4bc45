#include "daemon/process/systemd.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace slod {
namespace {

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// A socket that is connected to `address`; -1: it cannot be.
int connected_to(std::string_view address) {
  sockaddr_un remote{};
  remote.sun_family = AF_UNIX;
  const bool is_known = address.starts_with('/') || address.starts_with('@');
  if (!is_known || address.size() >= sizeof(remote.sun_path)) return -1;
  address.copy(remote.sun_path, address.size());
  if (address.front() == '@') remote.sun_path[0] = '\0';
  // The length matters: the name of an abstract socket ends with it, and not with a null byte.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  const int opened = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (opened < 0) return -1;
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(opened, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  if (::connect(opened, reinterpret_cast<const sockaddr*>(&remote), length) == 0) return opened;
  ::close(opened);
  return -1;
}

}  // namespace

Systemd::Systemd(const std::string& address, std::optional<std::chrono::microseconds> watchdog)
    : socket_(connected_to(address)), watchdog_(watchdog) {}

Systemd::~Systemd() {
  if (socket_ >= 0) ::close(socket_);
}

std::string Systemd::address_of_environment() {
  return std::string(variable("NOTIFY_SOCKET"));
}

std::optional<std::chrono::microseconds> Systemd::watchdog_of_environment() {
  const auto limit = number(variable("WATCHDOG_USEC"));
  const std::string_view pid = variable("WATCHDOG_PID");
  const bool is_meant = pid.empty() || number(pid) == static_cast<std::uint64_t>(::getpid());
  constexpr std::uint64_t limit_most = 1'000'000'000'000;  // 11 days
  if (!limit || *limit == 0 || *limit > limit_most || !is_meant) return std::nullopt;
  return std::chrono::microseconds(*limit);
}

void Systemd::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  // Without the time, systemd waits for ever for a reload of a service of Type=notify-reload.
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

void Systemd::send(std::string_view message) const {
  // What cannot be sent is not missed: who waits for it acts as if slod were dead.
  if (socket_ >= 0) ::send(socket_, message.data(), message.size(), MSG_NOSIGNAL);
}

}  // namespace slod
