#include "daemon/process/out_of_memory.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "daemon/process/last_words.h"

namespace slod {
namespace {

thread_local int throwers = 0;
std::atomic_flag is_ending;

/// To be called by operator new where there is no memory.
void out_of_memory() {
  if (throwers > 0) throw std::bad_alloc();
  if (!is_ending.test_and_set()) {
    say_last_words(
        "out of memory: it ends at once, to be started again from its state; give it more memory, "
        "or lower query.memory, the limits of queries, or the number of series that it reads");
  }
  _exit(EXIT_FAILURE);
}

}  // namespace

void end_when_out_of_memory() {
  std::set_new_handler(out_of_memory);
}

OutOfMemoryThrows::OutOfMemoryThrows() {
  ++throwers;
}

OutOfMemoryThrows::~OutOfMemoryThrows() {
  --throwers;
}

}  // namespace slod
