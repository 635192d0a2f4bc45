#include "daemon/files/files.h"

#include <fmt/format.h>
#include <glob.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace slod {

std::expected<std::string, std::string> read_file(const std::string& path, std::size_t bytes_max) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return std::unexpected("a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::unexpected(std::strerror(errno));
  std::string bytes(bytes_max + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) return std::unexpected(std::strerror(errno));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > bytes_max) {
    return std::unexpected(fmt::format("more than {} bytes", bytes_max));
  }
  return bytes;
}

std::expected<std::string, std::string> read_regular_file(const std::string& path,
                                                          std::size_t bytes_max) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::is_other(status)) return std::unexpected("not a regular file");
  return read_file(path, bytes_max);
}

std::expected<std::string, std::string> read_secret(const std::string& path) {
  auto secret = read_regular_file(path, 64 << 10);
  if (!secret) return std::unexpected(fmt::format("cannot read {}: {}", path, secret.error()));
  while (!secret->empty() && (secret->back() == '\n' || secret->back() == '\r')) secret->pop_back();
  if (secret->empty()) return std::unexpected(fmt::format("{} is empty", path));
  return secret;
}

std::vector<std::string> matching_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (glob(pattern.c_str(), GLOB_MARK, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      const std::string_view path = found.gl_pathv[i];
      if (!path.ends_with('/')) files.emplace_back(path);
    }
  }
  globfree(&found);
  return files;
}

}  // namespace slod
