#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slod {

/// What decided what a sample means that does not simply continue its counter.
enum class Rule : std::uint8_t {
  start_time,      ///< the sample itself says since when its counter has counted
  process_start,   ///< process_start_time_seconds: the process began again, is new, or an old one
  restart,         ///< counters of the process fell: all of them began again
  went_on,         ///< a series that was gone or low is where it stood, or higher
  dip,             ///< a fall without a restart: the maximum stands
  rename,          ///< it continues a series that is gone
  plausible,       ///< nothing but that its process can have counted so much
  implausible,     ///< its process cannot have counted so much: its history, or another counter
  shared_address,  ///< two processes answer at its address: it counts nothing
};

inline constexpr std::array all_rules{Rule::start_time, Rule::process_start, Rule::restart,
                                      Rule::went_on,    Rule::dip,           Rule::rename,
                                      Rule::plausible,  Rule::implausible,   Rule::shared_address};

constexpr std::string_view to_string(Rule rule) {
  switch (rule) {
    case Rule::start_time:
      return "start_time";
    case Rule::process_start:
      return "process_start";
    case Rule::restart:
      return "restart";
    case Rule::went_on:
      return "went_on";
    case Rule::dip:
      return "dip";
    case Rule::rename:
      return "rename";
    case Rule::plausible:
      return "plausible";
    case Rule::implausible:
      return "implausible";
    case Rule::shared_address:
      return "shared_address";
  }
  return "";
}

/// How many samples of a batch each rule decided.
class RuleCounts {
 public:
  void add(Rule rule, std::size_t samples = 1) { counts_[index_of(rule)] += samples; }
  std::size_t of(Rule rule) const { return counts_[index_of(rule)]; }

  bool operator==(const RuleCounts&) const = default;

 private:
  static std::size_t index_of(Rule rule) { return static_cast<std::size_t>(rule); }

  std::array<std::size_t, all_rules.size()> counts_{};
};

}  // namespace slod
