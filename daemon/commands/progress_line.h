#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/time/instant.h"

namespace slod {

/// How far a watch has come, on stderr: one line that is rewritten on a terminal; elsewhere a line
/// for each tenth of the watch that has something new to say.
class ProgressLine {
 public:
  /// `length` is that of the watch.
  explicit ProgressLine(Duration length);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(Duration elapsed, std::string_view message);
  /// Takes the line off a terminal.
  void clear();

 private:
  Duration length_;
  bool is_terminal_;
  bool is_dirty_ = false;
  std::int64_t shown_tenth_ = -1;
  std::string shown_;
};

/// How long a watch took, as people write it: "4m13s".
std::string whole_seconds(Duration elapsed);

}  // namespace slod
