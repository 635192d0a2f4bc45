#include "daemon/process/out_of_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace slod {
namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOD_HAS_ITS_OWN_NEW
#endif
#endif

struct Ended {
  int status = 0;
  std::string err;  ///< what it wrote to stderr
};

/// How a process ends that does `work` with little memory.
Ended with_little_memory(const std::function<int()>& work) {
  std::array<int, 2> pipe_ends{};
  EXPECT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(pipe_ends[1], STDERR_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    end_when_out_of_memory();
    const rlimit little{.rlim_cur = 512U << 20, .rlim_max = 512U << 20};
    setrlimit(RLIMIT_AS, &little);
    _exit(work());
  }
  close(pipe_ends[1]);
  Ended ended;
  std::array<char, 256> bytes{};
  for (ssize_t size = 0; (size = read(pipe_ends[0], bytes.data(), bytes.size())) > 0;) {
    ended.err.append(bytes.data(), static_cast<std::size_t>(size));
  }
  close(pipe_ends[0]);
  waitpid(child, &ended.status, 0);
  return ended;
}

int take_all() {
  std::vector<std::unique_ptr<char[]>> taken;
  for (int i = 0; i < 1000; ++i) taken.push_back(std::make_unique<char[]>(16 << 20));
  return 0;
}

TEST(OutOfMemory, EndsTheProcessWithOneLine) {
#ifdef SLOD_HAS_ITS_OWN_NEW
  GTEST_SKIP() << "expected no sanitizer, which has an operator new of its own";
#endif
  const Ended ended = with_little_memory(take_all);
  EXPECT_TRUE(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 1) << ended.status;
  EXPECT_TRUE(ended.err.starts_with("slod: out of memory: it ends at once")) << ended.err;
  EXPECT_EQ(ended.err.find('\n'), ended.err.size() - 1) << ended.err;
}

TEST(OutOfMemory, IsThrownToWhoeverDealsWithItAndToNobodyElse) {
#ifdef SLOD_HAS_ITS_OWN_NEW
  GTEST_SKIP() << "expected no sanitizer, which has an operator new of its own";
#endif
  const auto deal_with_it = [] {
    const OutOfMemoryThrows throws;
    try {
      take_all();
    } catch (const std::bad_alloc&) {
      return 7;
    }
    return 0;
  };
  Ended ended = with_little_memory(deal_with_it);
  EXPECT_TRUE(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 7) << ended.status;
  EXPECT_EQ(ended.err, "");
  ended = with_little_memory([&] { return deal_with_it() == 7 ? take_all() : 0; });
  EXPECT_TRUE(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 1) << ended.status;
}

}  // namespace
}  // namespace slod
