#pragma once

#include <cstddef>
#include <optional>

namespace slod {

/// What the operating system counts of this process. Source: proc(5).
struct ProcessFigures {
  double cpu_seconds = 0;         ///< user and system time since the start
  double start_unix_seconds = 0;  ///< when it started, to about a second
  std::size_t resident_bytes = 0;
  std::size_t open_files = 0;
  std::size_t open_files_max = 0;
};

/// Nullopt where /proc is not mounted or not readable.
std::optional<ProcessFigures> process_figures();

}  // namespace slod
