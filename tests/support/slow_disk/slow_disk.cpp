// Loaded before libc (LD_PRELOAD): while the file that SLOD_SLOW_DISK names is there, no fsync
// ends. That is how a disk looks that hangs, without an error.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>

namespace {

void wait_for_the_disk() {
  const char* const held = std::getenv("SLOD_SLOW_DISK");
  const timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
  while (held && access(held, F_OK) == 0) nanosleep(&pause, nullptr);
}

int synced(long number, int file) {
  wait_for_the_disk();
  return static_cast<int>(syscall(number, file));
}

}  // namespace

extern "C" int fsync(int file) {
  return synced(SYS_fsync, file);
}

extern "C" int fdatasync(int file) {
  return synced(SYS_fdatasync, file);
}
