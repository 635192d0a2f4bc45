#include "daemon/files/files.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace slod {
namespace {

/// A folder of its own for each test, gone at its end.
class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string name = (std::filesystem::temp_directory_path() / "slod-files-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder_ = name;
  }
  ~FilesTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string written(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
    return path(name);
  }

  std::filesystem::path folder_;
};

TEST_F(FilesTest, ReadsAFileUpToItsLimit) {
  const std::string file = written("f", "abc");
  EXPECT_EQ(read_file(file, 3), "abc");
  EXPECT_EQ(read_file(file, 2).error(), "more than 2 bytes");
  EXPECT_EQ(read_file(path("none"), 3).error(), "No such file or directory");
  EXPECT_EQ(read_file(folder_.string(), 3).error(), "a directory");
}

TEST_F(FilesTest, CutsTheEndsOfLinesOffTheEndOfASecret) {
  EXPECT_EQ(read_secret(written("s", " key\r\n\n")), " key");
  const std::string empty = written("e", "\n");
  EXPECT_EQ(read_secret(empty).error(), empty + " is empty");
}

TEST_F(FilesTest, ReadsASecretThroughALink) {
  std::filesystem::create_symlink(written("s", "key\n"), path("link"));
  EXPECT_EQ(read_secret(path("link")), "key");
}

/// Whoever opens a pipe that nobody writes to waits for ever, and the whole daemon with him.
TEST_F(FilesTest, RefusesAPipeAtOnceAlsoThroughALink) {
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  std::filesystem::create_symlink(path("pipe"), path("link"));
  for (const std::string& name : {path("pipe"), path("link")}) {
    EXPECT_EQ(read_file(name, 10).error(), "a pipe, not a regular file");
    EXPECT_EQ(read_secret(name).error(), "cannot read " + name + ": a pipe, not a regular file");
  }
}

TEST_F(FilesTest, RefusesWhateverIsNoRegularFile) {
  EXPECT_EQ(read_file("/dev/zero", 10).error(), "a device, not a regular file");
  EXPECT_EQ(read_secret("/dev/null").error(),
            "cannot read /dev/null: a device, not a regular file");
  EXPECT_EQ(read_file(folder_.string(), 10).error(), "a directory");
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  path("socket").copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(read_file(path("socket"), 10).error(), "a socket, not a regular file");
  close(socket);
}

}  // namespace
}  // namespace slod
