#include "daemon/api/process_figures.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace slod {
namespace {

namespace fs = std::filesystem;

/// The fields of /proc/self/stat behind the name, which may hold blanks and parentheses: field 3 of
/// proc(5) comes first.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  std::vector<std::string> fields;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(text.substr(name_end + 1));
  for (std::string field; rest >> field;) fields.push_back(std::move(field));
  return fields;
}

/// Seconds since the epoch at which the system started; 0 where /proc/stat does not say.
double boot_unix_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

std::size_t open_files() {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the one that reads the directory
}

}  // namespace

std::optional<ProcessFigures> process_figures() {
  // Numbers as in proc(5), less the three fields up to and with the name, counted from 0.
  constexpr std::size_t utime = 14 - 3;
  constexpr std::size_t stime = 15 - 3;
  constexpr std::size_t starttime = 22 - 3;
  constexpr std::size_t rss = 24 - 3;
  const std::vector<std::string> fields = stat_fields();
  if (fields.size() <= rss) return std::nullopt;
  const auto number = [&](std::size_t field) {
    return std::strtod(fields[field].c_str(), nullptr);
  };
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page_bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  return ProcessFigures{
      .cpu_seconds = (number(utime) + number(stime)) / ticks_per_second,
      .start_unix_seconds = boot_unix_seconds() + number(starttime) / ticks_per_second,
      .resident_bytes = static_cast<std::size_t>(number(rss)) * page_bytes,
      .open_files = open_files(),
      .open_files_max = files.rlim_cur,
  };
}

}  // namespace slod
