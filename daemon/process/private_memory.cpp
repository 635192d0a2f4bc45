#include "daemon/process/private_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string_view>

namespace slod {
namespace {

// The sanitizers look for leaks in a process of their own, which must be able to see this one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif
#else
constexpr bool is_sanitized = false;
#endif

}  // namespace

void keep_memory_private() {
  const char* asked = std::getenv("SLOD_CORE_DUMPS");
  if (is_sanitized || (asked != nullptr && std::string_view(asked) == "1")) return;
  // Either is enough, and a sandbox may forbid one.
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace slod
