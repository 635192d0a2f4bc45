#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/lib/engine/world.h"

namespace slod {

/// What the SLO of a history counts.
enum class CountedAs {
  bad,         ///< availability: the errors among all requests, of one metric
  good,        ///< availability: a metric of all requests, and another one of the good ones
  throughput,  ///< slices with at most a number of requests
  latency,     ///< the requests above a bound
};

/// What a history does beside counting.
struct Habits {
  bool restarts = false;       ///< processes begin again between reads
  bool shows_start = false;    ///< pages have process_start_time_seconds
  bool is_lazy = false;        ///< a counter appears with its first event
  bool dips = false;           ///< a page is at times of a moment ago
  bool renames = false;        ///< a label of all series changes
  bool shows_history = false;  ///< a counter appears that counted long before
  bool rolls_out = false;      ///< processes are replaced by others with another instance
  bool flips = false;          ///< over a server: another replica of it answers, a moment behind
  bool expires = false;        ///< a series that stands is taken away, and begins at 0 again
  bool moves = false;          ///< errors of one path are taken away as another path has some
  bool has_gaps = false;       ///< reads fail for a while
  bool is_skewed = false;      ///< over a server: its clock is wrong
  bool sets_clock = false;     ///< and is set at times
  bool has_two_sources = false;
};

/// Processes of which it is known what they counted, on pages of their own or over a server, and
/// what slod says of them.
class ProcessHistory {
 public:
  ProcessHistory(CountedAs counted, const Habits& habits, bool is_server, std::uint64_t seed);

  /// Twelve hours of reads; says at each whether the truth is within what slod says.
  void run();

  /// At the end, as parts of the truth: from the least to the worst, and the point value's error.
  double width() const;
  double off() const;

 private:
  /// One process: its counters by series, and what slod was shown of them.
  struct Process {
    std::string instance;
    double start = 0;
    std::map<std::string, double> counters;
    std::map<std::string, double> shown;
    std::map<std::string, int> stands;  ///< for how many reads
    int version = 1;
    int path = 1;
  };
  struct Source {
    std::string name;
    std::vector<Process> processes;
    double fails_until = 0;
  };

  int below(int sides) { return static_cast<int>(random_() % static_cast<std::uint64_t>(sides)); }
  Process begun(double start);
  std::vector<std::string> series_of(const Process& process, std::string_view code) const;
  void add(Process& process, std::string_view code, double events);
  bool has(const Process& process, std::string_view code) const;
  void take_away(Process& process, std::string_view code);
  void change(Process& process);
  void expire(Process& process);
  void count(Process& process);
  void read(Source& source);
  std::string page(Source& source);
  std::string page(Process& process, std::string_view stamp);
  void note(const std::string& series, double events);
  void end_slice();
  double truth() const;
  void compare() const;

  CountedAs counted_;
  Habits habits_;
  bool is_server_;
  std::mt19937_64 random_;
  World world_;
  std::vector<Source> sources_;
  int begun_ = 0;
  double skew_ = 0;
  bool is_other_replica_ = false;
  double now_ = 0;
  double in_slice_ = 0;  ///< events of the slice that has not ended
  double total_ = 0;
  double bad_ = 0;
};

}  // namespace slod
