#include "daemon/process/last_words.h"

#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>

namespace slod {

void say_last_words(std::string_view line) {
  constexpr int patience_ms = 200;
  pollfd stderr_end{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (::poll(&stderr_end, 1, patience_ms) != 1 || (stderr_end.revents & POLLOUT) == 0) return;
  constexpr std::string_view begin = "slod: ";
  constexpr std::string_view end = "\n";
  std::array<iovec, 3> parts{};
  std::size_t count = 0;
  for (const std::string_view part : {begin, line, end}) {
    parts[count++] = {.iov_base = const_cast<char*>(part.data()), .iov_len = part.size()};
  }
  // Whether it was written or not, there is nothing more to do.
  [[maybe_unused]] const ssize_t written = ::writev(STDERR_FILENO, parts.data(), parts.size());
}

}  // namespace slod
