#include "tests/lib/rules/promtool.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace slod::rules {
namespace {

namespace fs = std::filesystem;

std::string program() {
  const char* peers = std::getenv("SLOD_PEERS");
  const fs::path own =
      fs::path(peers ? peers : SLOD_SOURCE_DIR "/build/peers") / "usr/bin/promtool";
  if (fs::exists(own)) return own.string();
  return std::system("command -v promtool >/dev/null 2>&1") == 0 ? "promtool" : "";
}

}  // namespace

std::optional<PromtoolAnswer> promtool(const std::map<std::string, std::string>& files,
                                       const std::string& arguments) {
  const std::string path = program();
  if (path.empty()) return std::nullopt;
  std::string pattern = (fs::temp_directory_path() / "slod-promtool-XXXXXX").string();
  const fs::path folder = ::mkdtemp(pattern.data());
  for (const auto& [name, text] : files) std::ofstream(folder / name) << text;
  const std::string command =
      "cd '" + folder.string() + "' && '" + path + "' " + arguments + " 2>&1";
  PromtoolAnswer answer;
  if (FILE* pipe = ::popen(command.c_str(), "r")) {
    std::array<char, 4096> block{};
    while (const std::size_t count = std::fread(block.data(), 1, block.size(), pipe)) {
      answer.text.append(block.data(), count);
    }
    answer.is_content = ::pclose(pipe) == 0;
  }
  fs::remove_all(folder);
  return answer;
}

}  // namespace slod::rules
