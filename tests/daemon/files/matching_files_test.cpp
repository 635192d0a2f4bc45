#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "daemon/files/files.h"

namespace slod {
namespace {

namespace fs = std::filesystem;

class MatchingFiles : public testing::Test {
 protected:
  MatchingFiles() {
    std::string pattern = (fs::temp_directory_path() / "slod-files-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    fs::create_directory(folder_ / "c.yml");
    for (const char* name : {"b.yml", "a.yml", "a.yaml", ".hidden.yml", "[x].yml"}) {
      std::ofstream(folder_ / name) << "x";
    }
  }
  ~MatchingFiles() override { fs::remove_all(folder_); }

  std::vector<std::string> names(const std::string& pattern) const {
    std::vector<std::string> found;
    for (const std::string& path : matching_files((folder_ / pattern).string())) {
      found.push_back(fs::path(path).filename().string());
    }
    return found;
  }

 private:
  fs::path folder_;
};

using Names = std::vector<std::string>;

TEST_F(MatchingFiles, AreSortedAndNoDirectories) {
  EXPECT_EQ(names("*.yml"), (Names{"[x].yml", "a.yml", "b.yml"}));
  EXPECT_EQ(names("?.y[am]*"), (Names{"a.yaml", "a.yml", "b.yml"}));
  EXPECT_EQ(names("a.yml"), Names{"a.yml"});
  EXPECT_EQ(names("none*"), Names{});
  EXPECT_EQ(names("none.yml"), Names{});
  EXPECT_EQ(names("c.yml"), Names{});
}

}  // namespace
}  // namespace slod
