#pragma once

namespace slod {

/// From now on, whoever gets no memory ends the process at once, with a line on stderr and exit
/// code 1: half of what a daemon does would fail from there on, and it would no longer know which.
void end_when_out_of_memory();

/// While one lives, a thread that gets no memory sees std::bad_alloc instead, as for a job that a
/// client asked for and whose failure harms nothing else.
class OutOfMemoryThrows {
 public:
  OutOfMemoryThrows();
  ~OutOfMemoryThrows();
  OutOfMemoryThrows(const OutOfMemoryThrows&) = delete;
  OutOfMemoryThrows& operator=(const OutOfMemoryThrows&) = delete;
};

}  // namespace slod
