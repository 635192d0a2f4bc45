#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace slod {

/// A new directory, removed with its owner.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path state_file() const { return path_ / "slod.db"; }

 private:
  std::filesystem::path path_;
};

std::string bytes_of(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);
/// The bytes of each file of a directory, by name.
std::map<std::string, std::string> all_bytes(const std::filesystem::path& directory);

/// Runs `work` in another process that ends without any clean-up, as a crash would. True: `work`
/// returned true.
bool in_other_process(const std::function<bool()>& work);

}  // namespace slod
