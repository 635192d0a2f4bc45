#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace slod {

/// Whatever started slod and wants to know how it does, as systemd does: by the protocol of
/// sd_notify(3), a datagram to a Unix socket. Where there is none, nothing is sent.
/// Thread-safe.
class Systemd {
 public:
  /// `address` is that of the socket, "/run/..." or "@abstract"; empty: there is none. `watchdog`:
  /// it ends slod that does not say for so long that it is alive.
  Systemd(const std::string& address, std::optional<std::chrono::microseconds> watchdog);
  ~Systemd();
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  /// What $NOTIFY_SOCKET names.
  static std::string address_of_environment();
  /// What $WATCHDOG_USEC says, if it is meant for this process; $WATCHDOG_PID may be absent.
  static std::optional<std::chrono::microseconds> watchdog_of_environment();

  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

  /// slod serves; also after each reload, whatever came of it.
  void ready() const { send("READY=1"); }
  void reloading() const;
  void stopping() const { send("STOPPING=1"); }
  void alive() const { send("WATCHDOG=1"); }

 private:
  void send(std::string_view message) const;

  int socket_ = -1;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace slod
