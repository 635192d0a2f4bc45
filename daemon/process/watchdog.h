#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "daemon/process/systemd.h"
#include "lib/time/instant.h"

namespace slod {

/// A thread that only watches: it ends the process where the loop hangs, or where slod was asked to
/// end and does not, so that whatever started it can start it again. It counts its own looks rather
/// than the time, so that a machine that sleeps or a process that is stopped is no hang.
class Watchdog {
 public:
  struct Limits {
    Duration hang = std::chrono::seconds(60);      ///< without a sign of the loop
    Duration shutdown = std::chrono::seconds(30);  ///< from the wish to end to the end
    Duration look = std::chrono::seconds(1);
  };
  enum class Reason { hang, shutdown };
  /// Ends the process, and does not return; a test's may.
  using End = std::function<void(Reason, const std::string& last_words)>;

  /// The limits of slod. A manager that watches too is told in time, and the loop gets three
  /// quarters of the time that it gives, if that is less.
  static Limits limits_for(const Systemd& systemd);
  /// Says the words; aborts where the loop hangs, and else exits 1.
  static void end_process(Reason reason, const std::string& last_words);

  Watchdog(const Systemd& systemd, Limits limits, End end = end_process);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Begins to watch. To be called once, on the loop's thread, after the handlers of SIGTERM and
  /// SIGINT were set: those that come count from their arrival, also while the loop hangs.
  void watch();
  /// The loop does its work. To be called about once a look, on the loop's thread.
  void beat() { beats_.fetch_add(1, std::memory_order_relaxed); }
  /// slod begins to end. From any thread.
  void expect_end() { is_ending_.store(true); }

  Duration look_interval() const { return limits_.look; }

 private:
  void run();
  void look();

  const Systemd& systemd_;
  Limits limits_;
  End end_;
  std::atomic<unsigned> beats_ = 0;
  std::atomic<bool> is_ending_ = false;
  int missed_ = 0;  ///< looks in a row without a beat
  int ending_ = 0;  ///< looks since slod begins to end
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;  ///< guarded by mutex_
  std::thread thread_;
};

}  // namespace slod
