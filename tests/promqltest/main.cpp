#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/promqltest/judge.h"
#include "tests/promqltest/script.h"

/// promqltest [-v] DIR|FILE...: runs files of Prometheus's test language for PromQL on slod's
/// evaluator and prints one line for each. Exit code 0: no case failed; 1: some did; 2: wrong
/// usage.
namespace slod::promqltest {
namespace {

namespace fs = std::filesystem;

/// Experimental syntax that slod does not have: cases that use it are skipped, and counted. There
/// is none at present.
struct Lacking {
  const char* pattern;  ///< RE2, searched in the query
  const char* reason;
};
constexpr std::array<Lacking, 0> lacking{};

const char* reason_to_skip(const Eval& eval) {
  const auto found = std::ranges::find_if(lacking, [&eval](const Lacking& one) {
    return re2::RE2::PartialMatch(eval.query, one.pattern);
  });
  return found == lacking.end() ? nullptr : found->reason;
}

struct Counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::size_t skipped = 0;
};

class Run {
 public:
  explicit Run(bool is_verbose) : is_verbose_(is_verbose) {}

  void file(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    const std::string content = text.str();
    const Counts counts = run(path, parse_script(content));
    fmt::print("{}: {} passed, {} failed, {} skipped\n", path.filename().string(), counts.passed,
               counts.failed, counts.skipped);
    total_.passed += counts.passed;
    total_.failed += counts.failed;
    total_.skipped += counts.skipped;
  }

  int finish() const {
    for (const auto& [reason, count] : reasons_) fmt::print("skipped {}: {}\n", count, reason);
    fmt::print("total: {} passed, {} failed, {} skipped\n", total_.passed, total_.failed,
               total_.skipped);
    return total_.failed == 0 ? 0 : 1;
  }

 private:
  Counts run(const fs::path& path, const std::vector<Command>& commands) {
    Counts counts;
    Memory memory;
    for (const Command& command : commands) {
      if (const auto* load = std::get_if<Load>(&command.what)) {
        memory.load(*load);
      } else if (const auto* eval = std::get_if<Eval>(&command.what)) {
        if (const char* reason = reason_to_skip(*eval)) {
          ++counts.skipped;
          ++reasons_[reason];
          continue;
        }
        const std::string problem = judge(*eval, memory);
        ++(problem.empty() ? counts.passed : counts.failed);
        if (!problem.empty()) note(path, command.line, eval->query + "\n    " + problem);
      } else if (const auto* unread = std::get_if<Unread>(&command.what)) {
        ++counts.failed;
        note(path, command.line, unread->why);
      } else {
        memory.clear();
      }
    }
    return counts;
  }

  void note(const fs::path& path, std::size_t line, const std::string& what) const {
    if (is_verbose_) fmt::print("  {}:{}: {}\n", path.filename().string(), line, what);
  }

  bool is_verbose_;
  Counts total_;
  std::map<std::string, std::size_t> reasons_;
};

int usage() {
  fmt::print(stderr, "usage: promqltest [-v] DIR|FILE...\n");
  return 2;
}

int main(std::vector<std::string> arguments) {
  const bool is_verbose = std::erase(arguments, "-v") > 0;
  if (arguments.empty()) return usage();
  Run run(is_verbose);
  for (const std::string& argument : arguments) {
    std::vector<fs::path> files;
    if (fs::is_directory(argument)) {
      for (const auto& entry : fs::directory_iterator(argument)) {
        if (entry.path().extension() == ".test") files.push_back(entry.path());
      }
      std::ranges::sort(files);
    } else if (fs::is_regular_file(argument)) {
      files.emplace_back(argument);
    } else {
      fmt::print(stderr, "promqltest: {}: expected a file or a directory\n", argument);
      return 2;
    }
    for (const fs::path& path : files) run.file(path);
  }
  return run.finish();
}

}  // namespace
}  // namespace slod::promqltest

int main(int count, char** values) {
  return slod::promqltest::main({values + 1, values + count});
}
