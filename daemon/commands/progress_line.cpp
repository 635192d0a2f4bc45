#include "daemon/commands/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <utility>

#include "daemon/commands/say.h"

namespace slod {

ProgressLine::ProgressLine(Duration length) : length_(length), is_terminal_(isatty(2) == 1) {}

void ProgressLine::show(Duration elapsed, std::string_view message) {
  std::string line =
      fmt::format("{} of {}: {}", whole_seconds(elapsed), format_duration(length_), said(message));
  if (is_terminal_) {
    // A line that wraps could not be taken back.
    winsize window{};
    if (ioctl(2, TIOCGWINSZ, &window) == 0 && window.ws_col > 1) {
      line.resize(std::min<std::size_t>(line.size(), window.ws_col - 1U));
    }
    fmt::print(stderr, "\r\x1b[K{}", line);
    is_dirty_ = true;
  } else if (const auto tenth = elapsed * 10 / length_; tenth > shown_tenth_ && line != shown_) {
    shown_tenth_ = tenth;
    fmt::print(stderr, "{}\n", line);
    shown_ = std::move(line);
  }
}

void ProgressLine::clear() {
  if (std::exchange(is_dirty_, false)) fmt::print(stderr, "\r\x1b[K");
}

std::string whole_seconds(Duration elapsed) {
  return format_duration(std::chrono::floor<std::chrono::seconds>(elapsed));
}

}  // namespace slod
