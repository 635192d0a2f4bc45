#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace slod {

/// A file with a secret, in a directory of its own that goes with it.
class SecretFile {
 public:
  explicit SecretFile(const std::string& secret) {
    std::string folder = testing::TempDir() + "slod-secret-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    write(secret);
  }
  ~SecretFile() { std::filesystem::remove_all(folder_); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;

  std::string path() const { return folder_ / "secret"; }
  void write(const std::string& secret) { std::ofstream(path()) << secret << "\n"; }
  void remove() { std::filesystem::remove(path()); }

 private:
  std::filesystem::path folder_;
};

}  // namespace slod
