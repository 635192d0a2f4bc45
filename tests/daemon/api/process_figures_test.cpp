#include "daemon/api/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <ctime>
#include <memory>

namespace slod {
namespace {

TEST(ProcessFigures, AreThoseOfThisProcess) {
  const auto figures = process_figures();
  ASSERT_TRUE(figures);
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  const double cpu_seconds =
      static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) / 1e9;
  EXPECT_LE(figures->cpu_seconds, cpu_seconds + 0.02) << "counted in ticks of 10 ms";
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_LE(figures->start_unix_seconds, now + 1);
  EXPECT_GT(figures->start_unix_seconds, now - 300);
  EXPECT_GT(figures->resident_bytes, 1U << 20);
  EXPECT_GE(figures->open_files_max, figures->open_files);
}

TEST(ProcessFigures, SeeMemoryAndFilesThatAreTaken) {
  const auto before = process_figures();
  constexpr std::size_t bytes = std::size_t{64} << 20;
  const auto memory = std::make_unique<char[]>(bytes);
  for (std::size_t at = 0; at < bytes; at += 4096) memory[at] = 1;
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto after = process_figures();
  close(file);
  ASSERT_TRUE(before && after);
  EXPECT_EQ(after->open_files, before->open_files + 1);
  EXPECT_GT(after->resident_bytes, before->resident_bytes + bytes / 2)
      << static_cast<int>(memory[0]);
}

}  // namespace
}  // namespace slod
