#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace slod {

/// Whose job runs next, where more are asked for than may run at the same time. Addresses take
/// turns, so that one with a hundred jobs delays another one by one job; of one address, the first
/// to come is the first to run. No address has more than three quarters of the places, so that the
/// long jobs of one leave some to others. To be used on one thread.
class JobQueue {
 public:
  struct Limits {
    std::size_t running_max = 20;   ///< >= 1
    std::size_t waiting_max = 512;  ///< of all addresses together
  };
  using Start = std::move_only_function<void()>;
  using Ticket = std::uint64_t;

  explicit JobQueue(Limits limits) : limits_(limits) {}

  /// Calls `start` when it is the job's turn, which may be before the return. Nullopt: too many
  /// wait, and it will never be called.
  std::optional<Ticket> add(std::string_view address, Start start);
  /// The job has ended, or is not wanted any longer if it waits still. Any ticket, once or twice.
  void end(Ticket ticket);

  /// Whether a job of this address would start at once.
  bool has_place(std::string_view address) const;
  void set_running_max(std::size_t running_max);
  std::size_t running() const { return running_.size(); }
  std::size_t waiting() const { return waiting_; }

 private:
  struct Waiting {
    Ticket ticket;
    Start start;
  };
  struct Client {
    std::size_t running = 0;
    std::deque<Waiting> waiting;
  };

  std::size_t share() const;
  void start_next();
  bool drop_waiting(Ticket ticket);
  void forget_if_idle(const std::string& address);

  Limits limits_;
  Ticket last_ticket_ = 0;
  std::size_t waiting_ = 0;
  std::unordered_map<std::string, Client> clients_;        ///< by address; none is idle
  std::unordered_map<Ticket, std::string> running_;        ///< addresses of the jobs that run
  std::unordered_map<Ticket, std::string> waiting_where_;  ///< addresses of those that wait
  std::deque<std::string> turns_;                          ///< addresses where jobs wait
};

}  // namespace slod
