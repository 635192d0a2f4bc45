#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lib/hash/keyed.h"
#include "lib/time/instant.h"

namespace slod {

/// The metric that says when its process began, in seconds since 1970.
/// Source: Prometheus, "Writing client libraries", process metrics.
inline constexpr std::string_view process_start_metric = "process_start_time_seconds";

/// The processes whose counters a source shows, each the series with the same `job` and `instance`,
/// and in them the families, each the series of one metric. Both are known while any series of
/// theirs is. Not thread-safe.
class ProcessBook {
 public:
  struct Process {
    std::size_t series = 0;             ///< that are known; 0: not used
    std::uint32_t last_batch = 0;       ///< the number of the last batch that had any of its series
    std::uint32_t batch_before = 0;     ///< of the one before that
    std::optional<Instant> start = {};  ///< what process_start_metric said last
    std::uint32_t began_in = 0;  ///< the number of the last batch that showed it to begin again
    std::uint64_t job_hash = 0;  ///< fnv_hash
    std::string name = {};

    void in_batch(std::uint32_t number) {
      if (last_batch == number) return;
      batch_before = last_batch;
      last_batch = number;
    }
  };
  struct Family {
    std::size_t series = 0;  ///< that are known; 0: not used
    std::uint32_t process = 0;
    double events = 0;     ///< of the batch under way
    bool went_on = false;  ///< one of its counters ever did
    /// The highest recently: with each batch it falls by a tenth, or rises to ten times and 100
    /// more at most, so that one jump says little.
    double rate_per_second = 0;
    std::uint64_t metric_hash = 0;
    std::string name = {};
  };

  /// The family of one series more.
  std::uint32_t add_series(std::string_view metric, std::string_view job,
                           std::string_view instance);
  /// A series of this family is forgotten.
  void remove_series(std::uint32_t family);
  void clear() { *this = {}; }

  Family& family(std::uint32_t index) { return families_[index]; }
  Process& process(std::uint32_t index) { return processes_[index]; }
  const Process& process(std::uint32_t index) const { return processes_[index]; }
  Process& process_of(std::uint32_t family) { return processes_[families_[family].process]; }
  const Process& process_of(std::uint32_t family) const {
    return processes_[families_[family].process];
  }

  /// The events of a batch are complete: they came in this time (> 0).
  void end_batch(Duration time);
  /// The highest rate of the families of a process; nullopt where no counter of it ever went on.
  std::optional<double> rate_of(std::uint32_t process) const;
  /// The highest rate of the families of the same metric in all processes of the same job.
  std::optional<double> rate_of_job(std::uint32_t family) const;

 private:
  std::uint32_t process_named(std::string_view job, std::string_view instance);

  std::vector<Process> processes_;
  std::vector<Family> families_;
  std::vector<std::uint32_t> unused_processes_;
  std::vector<std::uint32_t> unused_families_;
  std::unordered_map<std::string, std::uint32_t, KeyedHash> process_by_name_;
  std::unordered_map<std::string, std::uint32_t, KeyedHash> family_by_name_;
};

}  // namespace slod
